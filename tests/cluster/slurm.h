#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "platform/cpu_list.h"
#include "tests/cluster/cluster.h"

namespace upout::cluster {

/// Whether it is so before the time is over, which is long: this machine may have much else to do.
inline bool eventually(const std::function<bool()>& is_so,
                       std::chrono::seconds time = std::chrono::minutes(1)) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

/// A command on the login host of the cluster's Slurm.
inline Ended login(const std::string& command) {
  return script("slurm login " + command);
}

/// Begins with a Slurm of three nodes and leaves none behind; skips the test where none can be had.
class Slurm : public Cluster {
 protected:
  void SetUp() override {
    Cluster::SetUp();
    if (!IsSkipped()) slurm_up();
  }

  void slurm_up() {
    const Ended ended = script("slurm up 3");
    if (ended.status == 77) GTEST_SKIP() << ended.err;
    ASSERT_EQ(ended.status, 0) << ended.err;
  }

  static std::string host(int number) {
    return std::string(std::getenv("UPOUT_CLUSTER")) + "-" + std::to_string(number);
  }

  Scratch scratch_;
};

/// Where srun says that it has put a task ("--cpu-bind=verbose" writes a line for each to stderr).
struct TaskPlace {
  std::string host;
  std::string cpus;  ///< as Linux lists them
};

/// The processors of a mask such as 0x3, of a machine where they follow each other.
inline std::string cpus_of_mask(unsigned long mask) {
  const int first = __builtin_ctzl(mask);
  const int last = 63 - __builtin_clzl(mask);
  return std::to_string(first) + (last > first ? "-" + std::to_string(last) : "");
}

inline std::map<unsigned, TaskPlace> task_places(const std::string& verbose) {
  static const std::regex line(
      R"(cpu-bind=MASK - (\S+), task +(\d+) +\d+ \[\d+\]: mask (?:\|?)(0x[0-9a-fA-F]+))");
  std::map<unsigned, TaskPlace> places;
  for (std::sregex_iterator found(verbose.begin(), verbose.end(), line), end; found != end; ++found)
    places[static_cast<unsigned>(std::stoul((*found)[2]))] = {
        (*found)[1], cpus_of_mask(std::stoul((*found)[3], nullptr, 16))};
  return places;
}

/// That each rank says that it was given what Slurm says, and that its workers have bound themselves inside
/// that, each to a processor of its own.
inline void expect_bound_as_given(const nlohmann::json& document,
                                  const std::map<unsigned, TaskPlace>& places) {
  const nlohmann::json& environment = document.at("environment");
  const nlohmann::json& deployment = document.at("runs").at(0).at("deployment");
  ASSERT_EQ(environment.at("processes").size(), places.size());
  ASSERT_EQ(deployment.at("ranks"), places.size());
  for (const auto& [rank, place] : places) {
    EXPECT_EQ(environment["processes"].at(rank).at("host"), place.host);
    EXPECT_EQ(environment["processes"].at(rank).at("given_cpus"), place.cpus);
  }
  const auto threads = deployment.at("threads_per_rank").get<unsigned>();
  std::set<std::string> processors;
  for (const nlohmann::json& worker : environment.at("workers")) {
    const TaskPlace& place = places.at(worker.at("worker").get<unsigned>() / threads);
    const auto given = platform::parse_cpu_list(place.cpus);
    EXPECT_EQ(std::ranges::count(given.value(), worker.at("asked_cpu").get<unsigned>()), 1) << worker;
    EXPECT_EQ(worker.at("achieved"), true) << worker;
    processors.insert(place.host + ":" + worker.at("asked_cpu").dump());
  }
  EXPECT_EQ(processors.size(), environment.at("workers").size()) << "two on one processor";
  EXPECT_EQ(deployment.at("oversubscribed"), false);
}

}  // namespace upout::cluster
