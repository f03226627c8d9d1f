#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "harness/record.h"
#include "tests/cli/shell.h"

namespace upout::cluster {

using cli::testing::Ended;
using cli::testing::Scratch;
using cli::testing::shell;

/// One of the scripts beside this file.
inline Ended script(const std::string& name_and_arguments) {
  return shell(UPOUT_CLUSTER_DIR "/" + name_and_arguments);
}

/// `upout run` of the shared-nothing engine on the first hosts, and what it wrote.
inline nlohmann::json run_on_hosts(int hosts, const std::string& options) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  const Ended ended =
      script("run " + std::to_string(hosts) + " " UPOUT_PROGRAM " run --engine shared-nothing --quiet " +
             options + " --json " + json);
  EXPECT_EQ(ended.status, 0) << ended.err;
  const auto document = harness::read_document(json);
  EXPECT_TRUE(document) << (document ? "" : document.error().to_string());
  return document ? *document : nlohmann::json();
}

/// A command on one host, without MPI.
inline Ended on_host(int host, const std::string& command) {
  return shell("ip netns exec $UPOUT_CLUSTER-" + std::to_string(host) + " " + command);
}

/// Begins with no cluster and leaves none behind; skips the test where none can be had.
class Cluster : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const Ended ended = script("down"); ended.status == 77) GTEST_SKIP() << ended.err;
  }
  void TearDown() override { script("down"); }

  /// Skips or fails the test if there is no cluster afterwards.
  void up(const std::string& arguments) {
    const Ended ended = script("up " + arguments);
    if (ended.status == 77) GTEST_SKIP() << ended.err;
    ASSERT_EQ(ended.status, 0) << ended.err;
  }
};

/// Ends the test if `up` has skipped it or failed.
#define UPOUT_CLUSTER_UP(arguments) \
  up(arguments);                    \
  if (IsSkipped() || HasFatalFailure()) return

}  // namespace upout::cluster
