#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/cli/shell.h"

namespace upout::cli::testing {

/// Waits for the end of all processes that write a result to `json`, or to a file whose name begins so.
inline void expect_nobody_left(const std::string& json) {
  // Written so that the pattern does not match the command line that looks for it.
  std::string left = "?";
  for (int i = 0; i < 100 && !left.empty(); ++i) {
    left = shell("pgrep -f -- '[-]-json " + json + "'").out;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(left, "") << "processes left behind";
}

}  // namespace upout::cli::testing
