# tests/unit/<room>/test_<file>.c: one Check binary per source file, named unit.<room>.<file> in ctest.
# It links only its room and base: a unit test that needs more shows a layering mistake.
function(pp_unit_tests room)
	file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${room}/test_*.c)
	foreach(source ${sources})
		get_filename_component(stem ${source} NAME_WE)
		string(REPLACE "test_" "" file ${stem})
		set(target unit.${room}.${file})
		add_executable(${target} ${source})
		set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
		target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support)
		target_compile_definitions(${target} PRIVATE
			PP_FIXTURES="${CMAKE_SOURCE_DIR}/tests/fixtures")
		target_link_libraries(${target} PRIVATE ${ARGN} PkgConfig::CHECK)
		add_test(NAME ${target} COMMAND ${target})
		# Check's own 4 s are too few on a machine that has other work
		set_tests_properties(${target} PROPERTIES ENVIRONMENT CK_DEFAULT_TIMEOUT=60)
	endforeach()
endfunction()

foreach(room base wire session ipc pool cgroup drain config)
	pp_unit_tests(${room} pp_${room})
endforeach()
pp_unit_tests(broker pp_broker) # those files of it that have no effects
if(TARGET libpodpool)
	include(tests/preload/preload.cmake)
endif()
if(TARGET pp_host_test)
	pp_unit_tests(host pp_host_test)
endif()

# tests/fuzz/fuzz_<file>.c: LLVMFuzzerTestOneInput. With PP_FUZZ a libFuzzer binary; always a replay of
# tests/fuzz/corpus/<file>/ under ctest, so that a crash once found stays found.
set(fuzz_rooms pp_wire pp_session pp_ipc pp_config pp_cgroup pp_host_test)
file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
foreach(source ${fuzzers})
	get_filename_component(stem ${source} NAME_WE)
	string(REPLACE "fuzz_" "" file ${stem})
	set(rooms ${fuzz_rooms})
	if(file STREQUAL planner) # takes the parts it needs out of the broker, and stands in for the rest
		set(rooms pp_broker)
	endif()
	add_executable(replay.${file} ${source} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
	set_target_properties(replay.${file} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
	target_link_libraries(replay.${file} PRIVATE ${rooms})
	add_test(NAME fuzz.replay.${file}
		COMMAND replay.${file} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${file})
	if(PP_FUZZ)
		add_executable(fuzz.${file} ${source})
		set_target_properties(fuzz.${file} PROPERTIES
			RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
		target_link_libraries(fuzz.${file} PRIVATE ${rooms})
		target_link_options(fuzz.${file} PRIVATE -fsanitize=fuzzer)
	endif()
endforeach()
