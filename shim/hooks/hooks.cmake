# libpodpool.so: hooks + host + ipc, freestanding (see shim/host/host.h for the law it lives by).
# Never with sanitizers or fuzzer flags: it is loaded into programs that have neither, and under a
# libc it was not built with. What the flags promise, scripts/check-exports verifies.
file(GLOB PP_SHIM_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/shim/hooks/*.c
	${CMAKE_SOURCE_DIR}/shim/host/*.c ${CMAKE_SOURCE_DIR}/shim/ipc/*.c)

add_library(libpodpool SHARED ${PP_SHIM_SOURCES})
set_target_properties(libpodpool PROPERTIES PREFIX "" OUTPUT_NAME libpodpool NO_SONAME ON
	LINK_DEPENDS ${CMAKE_SOURCE_DIR}/shim/hooks/hooks.map)
target_include_directories(libpodpool PRIVATE ${CMAKE_SOURCE_DIR}/shim ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(libpodpool PRIVATE _GNU_SOURCE)
target_compile_options(libpodpool PRIVATE
	-Wall -Wextra -Werror -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wpointer-arith
	-O2 -fPIC -ffreestanding -fno-strict-aliasing -fvisibility=hidden -fno-plt
	-fno-stack-protector -U_FORTIFY_SOURCE -fno-sanitize=all
	# unwind tables stay: a thread cancelled inside connect(), and a SIGTERM handler that leaves by
	# pthread_exit, are unwound through our frames
	-fasynchronous-unwind-tables)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
	target_compile_options(libpodpool PRIVATE -fno-tree-loop-distribute-patterns)
endif()
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
	target_compile_options(libpodpool PRIVATE -march=x86-64)
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
	target_compile_options(libpodpool PRIVATE -mno-outline-atomics) # its constructor crashes on musl
endif()
target_link_options(libpodpool PRIVATE -nostdlib -fno-sanitize=all
	-Wl,--hash-style=both -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,defs -Wl,-z,initfirst
	-Wl,-soname,libpodpool.so -Wl,--version-script=${CMAKE_SOURCE_DIR}/shim/hooks/hooks.map)

# The same room for unit tests, hosted: libc's memcpy, sanitizers welcome.
file(GLOB PP_HOST_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/shim/host/*.c)
list(FILTER PP_HOST_SOURCES EXCLUDE REGEX "/mem\\.c$")
add_library(pp_host_test STATIC ${PP_HOST_SOURCES})
target_link_libraries(pp_host_test PUBLIC pp_ipc pp_flags)
