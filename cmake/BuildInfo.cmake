# upout_build_info(TARGET)
# Compiles into the target what was built and how (harness/build_info.h). Git is asked at every build, and the source
# is written anew only if its answer has changed, so that nothing is compiled for nothing.
#
# The same file is the script that asks and writes (cmake -D... -P BuildInfo.cmake).
if(CMAKE_SCRIPT_MODE_FILE)
  set(UPOUT_COMMIT "unknown")
  set(UPOUT_DIRTY "std::nullopt")
  if(GIT)
    execute_process(COMMAND ${GIT} rev-parse --show-prefix HEAD WORKING_DIRECTORY ${SOURCE}
                    OUTPUT_VARIABLE answer ERROR_QUIET RESULT_VARIABLE failed)
    # A first line that is not empty is the way down from the top of somebody else's repository.
    if(NOT failed AND answer MATCHES "^\n([0-9a-f]+)\n$")
      set(UPOUT_COMMIT ${CMAKE_MATCH_1})
      execute_process(COMMAND ${GIT} status --porcelain --untracked-files=no WORKING_DIRECTORY ${SOURCE}
                      OUTPUT_VARIABLE changes ERROR_QUIET RESULT_VARIABLE failed)
      if(NOT failed)
        set(UPOUT_DIRTY "false")
        if(changes)
          set(UPOUT_DIRTY "true")
        endif()
      endif()
    endif()
  endif()
  configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
  return()
endif()

set(UPOUT_BUILD_INFO_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(upout_build_info target)
  find_program(GIT_EXECUTABLE git)
  if(NOT GIT_EXECUTABLE)
    set(GIT_EXECUTABLE "")
  endif()
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  get_target_property(options upout_options INTERFACE_COMPILE_OPTIONS)
  list(FILTER options EXCLUDE REGEX "^-W")
  list(JOIN options " " options)
  set(flags "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}} ${options}")
  string(REGEX REPLACE " +" " " flags "${flags}")
  string(STRIP "${flags}" flags)
  set(native "false")
  if(UPOUT_NATIVE)
    set(native "true")
  endif()

  set(output ${CMAKE_CURRENT_BINARY_DIR}/build_info.cpp)
  add_custom_target(
    ${target}_build_info
    COMMAND ${CMAKE_COMMAND} -DGIT=${GIT_EXECUTABLE} -DSOURCE=${PROJECT_SOURCE_DIR}
            -DTEMPLATE=${CMAKE_CURRENT_SOURCE_DIR}/build_info.cpp.in -DOUTPUT=${output}
            -DUPOUT_VERSION=${PROJECT_VERSION} "-DUPOUT_COMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
            "-DUPOUT_FLAGS=${flags}" "-DUPOUT_BUILD_TYPE=${CMAKE_BUILD_TYPE}" -DUPOUT_NATIVE=${native}
            "-DUPOUT_SANITIZER=${UPOUT_SANITIZE}" -P ${UPOUT_BUILD_INFO_SCRIPT}
    BYPRODUCTS ${output}
    COMMENT "Asking git what is built"
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
  add_dependencies(${target} ${target}_build_info)
endfunction()
