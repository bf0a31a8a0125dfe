# tests/preload/victims/<name>.c: small programs that know nothing of podpool, run with and without
# the shim by tests/preload/test_*.py. Built without sanitizers: libpodpool.so is preloaded into them.
file(GLOB victims CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/preload/victims/*.c)
find_program(PP_MUSL_GCC musl-gcc)
foreach(source ${victims})
	get_filename_component(name ${source} NAME_WE)
	add_executable(victim.${name} ${source})
	set_target_properties(victim.${name} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/victims OUTPUT_NAME ${name})
	target_compile_definitions(victim.${name} PRIVATE _GNU_SOURCE)
	target_compile_options(victim.${name} PRIVATE -Wall -Wno-deprecated-declarations)
	target_link_libraries(victim.${name} PRIVATE pthread)
endforeach()

# lib/: what victims load (found by the RUNPATH of victim.load only), and another preload
foreach(name dialler other)
	add_library(victim.${name} SHARED ${CMAKE_SOURCE_DIR}/tests/preload/victims/lib/${name}.c)
	target_compile_definitions(victim.${name} PRIVATE _GNU_SOURCE)
	target_link_libraries(victim.${name} PRIVATE ${CMAKE_DL_LIBS})
	set_target_properties(victim.${name} PROPERTIES OUTPUT_NAME ${name}
		LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/victims/lib)
endforeach()
target_link_options(victim.load PRIVATE -Wl,--enable-new-dtags)
target_link_libraries(victim.load PRIVATE ${CMAKE_DL_LIBS})
set_target_properties(victim.load PROPERTIES BUILD_RPATH "$ORIGIN/lib")
if(PP_MUSL_GCC)
	set(musl ${CMAKE_BINARY_DIR}/tests/victims/connect.musl)
	add_custom_command(OUTPUT ${musl} DEPENDS tests/preload/victims/connect.c
		COMMAND ${PP_MUSL_GCC} -D_GNU_SOURCE -O1 -o ${musl}
			${CMAKE_SOURCE_DIR}/tests/preload/victims/connect.c)
	add_custom_target(victim.musl ALL DEPENDS ${musl})
endif()

add_test(NAME preload.exports COMMAND ${CMAKE_SOURCE_DIR}/scripts/check-exports ${CMAKE_BINARY_DIR})
add_test(NAME preload.victims
	COMMAND /usr/bin/python3 -m pytest -q ${CMAKE_SOURCE_DIR}/tests/preload)
set_tests_properties(preload.victims PROPERTIES ENVIRONMENT "PP_BUILD=${CMAKE_BINARY_DIR}")
