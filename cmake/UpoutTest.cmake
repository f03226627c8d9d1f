include(GoogleTest)

set(UPOUT_MPIRUN ${MPIEXEC_EXECUTABLE})

# What tests need around them: Open MPI starts as root only if it is told to (containers and CI often are root), and
# sanitizers have to be told what is not ours.
set(UPOUT_TEST_ENVIRONMENT OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)
if(UPOUT_SANITIZE MATCHES "thread")
  list(APPEND UPOUT_TEST_ENVIRONMENT "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp")
elseif(UPOUT_SANITIZE MATCHES "address")
  list(APPEND UPOUT_TEST_ENVIRONMENT "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0")
  list(APPEND UPOUT_TEST_ENVIRONMENT "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
endif()

# upout_test(NAME SOURCES file... LIBRARIES target... [LABELS label...])
# One GoogleTest program of a room; each of its tests is a ctest test named NAME.Suite.Test.
function(upout_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  add_executable(test_${name} ${TEST_SOURCES})
  target_link_libraries(test_${name} PRIVATE ${TEST_LIBRARIES} GTest::gtest_main)
  set(properties TIMEOUT 300 ENVIRONMENT "${UPOUT_TEST_ENVIRONMENT}")
  if(TEST_LABELS)
    list(APPEND properties LABELS "${TEST_LABELS}")
  endif()
  gtest_discover_tests(test_${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()
