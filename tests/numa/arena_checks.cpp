#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "platform/node_arenas.h"
#include "platform/worker_map.h"
#include "tests/numa/guest.h"

/// oneTBB's threads on a machine with four nodes, of which node N has the processors 2N and 2N + 1.
namespace upout::numa {
namespace {

using namespace platform;

Topology this_topology() {
  return std::move(Topology::discover()).value();
}

TEST(OneTbb, SeesFourNodes) {
  EXPECT_EQ(nodes_seen_by_tbb(this_topology()), (std::vector<unsigned>{0, 1, 2, 3}));
}

/// Nodes that are not in order, one worker on one of them and two on the other.
TEST(OneTbb, RunsTheWorkOfEachNodeOnItsProcessors) {
  const Topology topology = this_topology();
  const std::vector<WorkerPlace> places{{.cpu = 6, .node = 3}, {.cpu = 2, .node = 1}, {.cpu = 3, .node = 1}};
  NodeArenas arenas = NodeArenas::create(topology, places).value();
  ASSERT_EQ(arenas.size(), 2U);
  EXPECT_EQ(arenas.arena_of(3), 0U);
  EXPECT_EQ(arenas.arena_of(1), 1U);
  const std::vector<std::size_t> items = arenas.share_out(31);
  EXPECT_EQ(items, (std::vector<std::size_t>{10, 21}));
  std::mutex mutex;
  std::set<std::vector<unsigned>> allowed[2];
  std::vector<unsigned> times[2] = {std::vector<unsigned>(10), std::vector<unsigned>(21)};
  arenas.run(items, [&](std::size_t arena, std::size_t item) {
    const std::lock_guard lock(mutex);
    allowed[arena].insert(topology.this_thread_cpus());
    ++times[arena].at(item);
  });
  EXPECT_EQ(allowed[0], (std::set<std::vector<unsigned>>{{6, 7}}));
  EXPECT_EQ(allowed[1], (std::set<std::vector<unsigned>>{{2, 3}}));
  for (const auto& of_arena : times) EXPECT_EQ(of_arena, std::vector<unsigned>(of_arena.size(), 1));
  EXPECT_EQ(topology.this_thread_cpus().size(), 8U) << "the main thread is as free as it was";
}

/// While this lives, oneTBB finds no tbbbind.
class NoTbbbind {
 public:
  NoTbbbind() {
    for (const char* folder : {"/lib", "/usr/lib"}) {
      if (!std::filesystem::exists(folder)) continue;
      for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.path().filename().string().starts_with("libtbbbind")) hidden_.push_back(entry.path());
      }
    }
    for (const auto& path : hidden_) std::filesystem::rename(path, path.string() + ".hidden");
  }
  ~NoTbbbind() {
    for (const auto& path : hidden_) std::filesystem::rename(path.string() + ".hidden", path);
  }
  NoTbbbind(const NoTbbbind&) = delete;
  NoTbbbind& operator=(const NoTbbbind&) = delete;

 private:
  std::vector<std::filesystem::path> hidden_;
};

TEST(OneTbb, WithoutTbbbindARunIsRefusedAndTheDoctorSaysSo) {
  const NoTbbbind none;
  const auto refused = cli::testing::shell("upout run --engine shared-memory --threads 8" + testing::small);
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("apt install libtbbbind"), std::string::npos) << refused.err;
  const auto doctor = cli::testing::shell("upout doctor");
  EXPECT_EQ(doctor.status, 1);
  const auto against = doctor.out.find("against publishing");
  EXPECT_LT(doctor.out.find("nodes seen by oneTBB", against), doctor.out.find("\nfine")) << doctor.out;
}

TEST(OneTbb, IsNotNeededForWorkersOfOneNode) {
  const NoTbbbind none;
  const auto ended =
      cli::testing::shell("taskset 3 upout run --engine shared-memory --threads 2" + testing::small);
  EXPECT_EQ(ended.status, 0) << ended.err;
}

}  // namespace
}  // namespace upout::numa
