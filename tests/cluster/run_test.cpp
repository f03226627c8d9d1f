#include <cstdint>
#include <set>
#include <string>
#include <tuple>

#include "tests/cluster/cluster.h"

namespace upout::cluster {
namespace {

std::uint64_t bytes_sent_by(int host) {
  return std::stoull(on_host(host, "cat /sys/class/net/eth0/statistics/tx_bytes").out);
}

class RunOnHosts : public Cluster, public ::testing::WithParamInterface<std::tuple<int, std::string>> {};

TEST_P(RunOnHosts, VerifiesOverTcpWithOneWorkerAHost) {
  const auto [hosts, workload] = GetParam();
  UPOUT_CLUSTER_UP(std::to_string(hosts));
  const nlohmann::json document = run_on_hosts(
      hosts, "-p recordcount=2000 --seconds 0.6 --repetitions 6 --warmup 0.02 --workload " + workload);
  const nlohmann::json& run = document.at("runs").at(0);
  EXPECT_TRUE(run["verification"]["passed"]) << run["verification"].dump(1);
  const auto ranks = static_cast<unsigned>(hosts);
  EXPECT_EQ(run["deployment"]["nodes"], ranks);
  EXPECT_EQ(run["deployment"]["ranks"], ranks);
  EXPECT_EQ(document["environment"]["mpi"]["machines"], 1u);
  EXPECT_NE(run["verdict"].dump().find("own-machines"), std::string::npos) << run["verdict"].dump(1);
  EXPECT_EQ(run["deployment"]["oversubscribed"], false);
  std::set<std::string> names;
  for (const nlohmann::json& worker : document["environment"]["workers"]) names.insert(worker["host"]);
  EXPECT_EQ(document["environment"]["workers"].size(), ranks);
  EXPECT_EQ(names.size(), ranks) << "no host has two";
  // A host serves its share of all reads, and all but its own of these go over the link, a record of 1000
  // bytes each.
  std::uint64_t reads = 0;
  for (const auto& latency : run["summary"]["latency_ns"].items())
    if (latency.key() == "read") reads = latency.value()["count"];
  std::uint64_t sent = 0;
  for (int host = 1; host <= hosts; ++host) sent += bytes_sent_by(host);
  EXPECT_GT(reads, 0U);
  EXPECT_GT(sent, reads * 1000 * (ranks - 1) / ranks / 2);
}

INSTANTIATE_TEST_SUITE_P(Cluster, RunOnHosts,
                         ::testing::Combine(::testing::Values(2, 3),
                                            ::testing::Values<std::string>("ycsb-a", "ycsb-c")),
                         [](const auto& each) {
                           return std::to_string(std::get<0>(each.param)) + "Hosts" +
                                  std::get<1>(each.param)[5];
                         });

using LimitedLinks = Cluster;

TEST_F(LimitedLinks, CarryNoMoreThanTheirRate) {
  constexpr double bytes_a_second = 100e6 / 8;
  constexpr double value_bytes = 100'000;
  UPOUT_CLUSTER_UP("2 --rate 100mbit");
  const nlohmann::json document =
      run_on_hosts(2,
                   "-p recordcount=100 -p fieldcount=1 -p fieldlength=100000 -p requestdistribution=uniform "
                   "--workload ycsb-c --depth 4 --seconds 2 --repetitions 1 --warmup 0.2");
  const nlohmann::json& run = document.at("runs").at(0);
  EXPECT_TRUE(run["verification"]["passed"]);
  // One of two values read is the other host's. Both links may be full, and some more had been sent before
  // the window began; a link without a limit carries a hundred times that.
  const nlohmann::json& window = run["repetitions"][0];
  const double carried =
      window["operations"].get<double>() / 2 * value_bytes / window["seconds"].get<double>();
  EXPECT_GT(carried, 0);
  EXPECT_LT(carried, 2 * bytes_a_second * 1.5);
}

}  // namespace
}  // namespace upout::cluster
