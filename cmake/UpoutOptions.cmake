# Language, warnings, tuning and sanitizers for every target of the suite.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

add_library(upout_options INTERFACE)
target_include_directories(upout_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(upout_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 warns of overlapping copies inside std::string's operator+ where there are none (GCC bug 105651).
  target_compile_options(upout_options INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ without optimization does not see that a coroutine's operator delete belongs to its operator new with arguments.
  target_compile_options(upout_options INTERFACE -Wno-mismatched-new-delete)
endif()
if(UPOUT_WERROR)
  target_compile_options(upout_options INTERFACE -Werror)
endif()
if(UPOUT_NATIVE)
  target_compile_options(upout_options INTERFACE -march=native)
endif()
if(UPOUT_SANITIZE)
  target_compile_options(upout_options INTERFACE -fsanitize=${UPOUT_SANITIZE} -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Where it instruments, g++ 12 takes members of std::variant and std::regex for uninitialized (GCC bug 105616).
    target_compile_options(upout_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  target_link_options(upout_options INTERFACE -fsanitize=${UPOUT_SANITIZE})
endif()
if(UPOUT_SANITIZE MATCHES "thread")
  # The sanitizer cannot see free-standing fences; the kernel uses none on shared data.
  target_compile_options(upout_options INTERFACE -Wno-tsan)
endif()
if(UPOUT_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "UPOUT_FUZZ needs clang, which has libFuzzer: cmake --preset fuzz")
  endif()
  # Where an input goes is seen everywhere; only the programs of tests/fuzz link the fuzzer's main. What is embedded is long, and files that
  # are compiled as one see each other's names.
  target_compile_options(upout_options INTERFACE -fsanitize=fuzzer-no-link -fno-sanitize-recover=all
                                                 -Wno-overlength-strings -Wno-shadow)
endif()
