#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/record.h"
#include "tests/cli/shell.h"

namespace upout::cli::testing {

inline const std::string program = UPOUT_PROGRAM;

/// `upout` itself with these arguments.
inline Ended upout(const std::string& arguments) {
  return shell(program + " " + arguments);
}

/// The same as some ranks that may share cores: these tests are about what is said and stored, not how fast.
inline std::string under_mpirun(int ranks, const std::string& arguments, const std::string& options = "") {
  return std::string(UPOUT_MPIRUN) + " " + options + " -n " + std::to_string(ranks) +
         " " UPOUT_MPIRUN_SHARING " " + program + " " + arguments;
}
inline Ended mpirun(int ranks, const std::string& arguments) {
  return shell(under_mpirun(ranks, arguments));
}

/// The only run of a valid result file.
inline nlohmann::json read_run(const std::string& path) {
  const auto document = harness::read_document(path);
  EXPECT_TRUE(document) << (document ? "" : document.error().to_string());
  return document ? document->at("runs").at(0) : nlohmann::json();
}

/// Small and short: a smoke test of the whole path. A window is long enough for one worker of several to have
/// had a turn in it, on a machine that is busy with other things.
inline const std::string small =
    " -p recordcount=2000 --seconds 0.3 --repetitions 6 --warmup 0.005 --quiet --oversubscribe ";
inline constexpr double small_window_seconds = 0.05;

/// In all windows of a run: a single one may have seen nothing, if something else had the machine meanwhile.
inline std::uint64_t operations_of(const nlohmann::json& run) {
  std::uint64_t sum = 0;
  for (const nlohmann::json& repetition : run["repetitions"])
    sum += repetition["operations"].get<std::uint64_t>();
  return sum;
}

}  // namespace upout::cli::testing
