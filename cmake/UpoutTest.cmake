include(GoogleTest)

set(UPOUT_MPIRUN ${MPIEXEC_EXECUTABLE})
execute_process(COMMAND ${UPOUT_MPIRUN} --version OUTPUT_VARIABLE UPOUT_MPIRUN_VERSION ERROR_QUIET)
string(REGEX MATCH "Open MPI|OpenRTE" UPOUT_MPIRUN_IS_OPEN_MPI "${UPOUT_MPIRUN_VERSION}")

# Ranks may share cores in tests: these are about what they say, not how fast. MPICH's launcher does not mind how many there are.
set(UPOUT_MPIRUN_SHARING --bind-to none)
if(UPOUT_MPIRUN_IS_OPEN_MPI)
  list(PREPEND UPOUT_MPIRUN_SHARING --oversubscribe)
endif()

# Open MPI starts as root only if it is told to; containers and CI often are root.
set(UPOUT_MPIRUN_ENVIRONMENT OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)

# MPI libraries unload what they have loaded before the leaks that it left are looked for, so that these cannot be told from
# ours: under a launcher they are not looked for.
set(UPOUT_MPI_LEAKS "")
if(UPOUT_SANITIZE MATCHES "address")
  set(UPOUT_MPI_LEAKS ASAN_OPTIONS=detect_leaks=0)
  list(APPEND UPOUT_MPIRUN_ENVIRONMENT ${UPOUT_MPI_LEAKS})
endif()

# The tests that ThreadSanitizer is for; building them alone saves it the rest.
add_custom_target(concurrent_tests)

# upout_test(NAME SOURCES file... LIBRARIES target... [LABELS label...])
# One GoogleTest program of a room; each of its tests is a ctest test named NAME.Suite.Test. Two of them run at a time, but those that start
# ranks, which lose each other if they wait too long for a core.
function(upout_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  add_executable(test_${name} ${TEST_SOURCES})
  target_link_libraries(test_${name} PRIVATE ${TEST_LIBRARIES} GTest::gtest_main)
  set(properties TIMEOUT 300)
  if("concurrent" IN_LIST TEST_LABELS)
    add_dependencies(concurrent_tests test_${name})
  endif()
  if("mpi" IN_LIST TEST_LABELS)
    list(APPEND properties RUN_SERIAL TRUE)
    if(UPOUT_MPI_LEAKS)
      list(APPEND properties ENVIRONMENT ${UPOUT_MPI_LEAKS})
    endif()
  endif()
  if(TEST_LABELS)
    list(APPEND properties LABELS "${TEST_LABELS}")
  endif()
  gtest_discover_tests(test_${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()
