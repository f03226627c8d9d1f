#include <string>

#include "tests/cluster/cluster.h"

namespace upout::cluster {
namespace {

class Scripts : public Cluster {
 protected:
  static std::string namespaces() {
    return shell("ip netns list | awk '{ print $1 }' | grep \"^$UPOUT_CLUSTER-\" | sort | tr '\\n' ' '").out;
  }
  static std::string expected_namespaces(int hosts) {
    const std::string cluster = std::getenv("UPOUT_CLUSTER");
    std::string names;
    for (int host = 1; host <= hosts; ++host) names += cluster + "-" + std::to_string(host) + " ";
    return hosts == 0 ? "" : names + cluster + "-switch ";
  }
  /// Whether a packet of the first host's comes to the second one, which refuses it: nobody listens there.
  static bool second_host_answers() {
    const Ended ended = on_host(1, "timeout 5 bash -c 'echo >/dev/tcp/10.77.0.2/9'");
    return ended.err.find("Connection refused") != std::string::npos;
  }
};

TEST_F(Scripts, UpMakesHostsAndDownRemovesThem) {
  UPOUT_CLUSTER_UP("3");
  EXPECT_EQ(namespaces(), expected_namespaces(3));
  EXPECT_EQ(script("down").status, 0);
  EXPECT_EQ(namespaces(), "");
  EXPECT_EQ(script("down").status, 0) << "there is nothing to remove";
}

TEST_F(Scripts, TheMachinesOwnNetworkStaysAsItIs) {
  const std::string look = "ip -br link; ip -4 route; ip -6 route; ip rule";
  const std::string before = shell(look).out;
  UPOUT_CLUSTER_UP("2");
  EXPECT_EQ(shell(look).out, before);
}

TEST_F(Scripts, UpBeginsAnewWhateverIsThere) {
  UPOUT_CLUSTER_UP("3");
  ASSERT_EQ(shell("ip netns delete $UPOUT_CLUSTER-switch && ip netns delete $UPOUT_CLUSTER-2").status, 0);
  UPOUT_CLUSTER_UP("2");
  EXPECT_EQ(namespaces(), expected_namespaces(2));
  EXPECT_TRUE(second_host_answers());
}

TEST_F(Scripts, UpLeavesAClusterAloneInWhichSomethingRunsAndDownEndsIt) {
  UPOUT_CLUSTER_UP("2");
  ASSERT_EQ(shell("ip netns exec $UPOUT_CLUSTER-2 sleep 100 & sleep 0.2").status, 0);
  const Ended again = script("up 3");
  EXPECT_EQ(again.status, 1);
  EXPECT_NE(again.err.find("something runs"), std::string::npos) << again.err;
  EXPECT_EQ(namespaces(), expected_namespaces(2));
  EXPECT_EQ(script("down").status, 0);
  EXPECT_EQ(script("up 3").status, 0);
}

TEST_F(Scripts, ACutLinkCarriesNothingUntilItIsMended) {
  UPOUT_CLUSTER_UP("2");
  EXPECT_TRUE(second_host_answers());
  ASSERT_EQ(script("link 2 down").status, 0);
  EXPECT_FALSE(second_host_answers());
  ASSERT_EQ(script("link 2 up").status, 0);
  EXPECT_TRUE(second_host_answers());
}

TEST_F(Scripts, EachRankRunsOnAHostOfItsOwn) {
  UPOUT_CLUSTER_UP("3");
  const std::string cluster = std::getenv("UPOUT_CLUSTER");
  const Ended ended = script("run 3 bash -c 'echo $(hostname) $(ip -br -4 address show eth0)' | sort");
  for (const std::string host : {"1", "2", "3"})
    EXPECT_NE(ended.out.find(cluster + "-" + host + " eth0"), std::string::npos) << ended.out;
  for (const std::string host : {"1", "2", "3"})
    EXPECT_NE(ended.out.find("10.77.0." + host + "/24"), std::string::npos) << ended.out;
}

TEST_F(Scripts, WhatMakesNoSenseIsRefusedWithStatus2) {
  for (const std::string arguments :
       {"up", "up 0", "up x", "up 2 3", "up 201", "up 2 --rate", "up 2 --rate fast", "up --fast 2", "down 2",
        "link", "link 1", "link 1 sideways", "run", "run 2", "run x true"}) {
    EXPECT_EQ(script(arguments).status, 2) << arguments;
  }
}

TEST_F(Scripts, RunSaysWhichHostsAreMissing) {
  UPOUT_CLUSTER_UP("1");
  const Ended ended = script("run 2 true");
  EXPECT_EQ(ended.status, 1);
  EXPECT_NE(ended.err.find("1 hosts, not 2"), std::string::npos) << ended.err;
}

TEST_F(Scripts, WithoutRootTheySaySo) {
  if (shell("unshare --user true").status != 0) GTEST_SKIP() << "no user namespaces here";
  for (const std::string arguments : {"up 2", "down", "link 1 down", "run 2 true"}) {
    const Ended ended = shell("unshare --user " UPOUT_CLUSTER_DIR "/" + arguments);
    EXPECT_EQ(ended.status, 77) << arguments;
    EXPECT_NE(ended.err.find("only root"), std::string::npos) << arguments << ": " << ended.err;
  }
}

}  // namespace
}  // namespace upout::cluster
