#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <mutex>
#include <set>

#include "engines/shared_memory/engine.h"
#include "tests/engines/session_checks.h"

namespace upout::engines::shared_memory {
namespace {

class SharedMemoryEngine : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> make(unsigned threads) {
    return std::move(*Engine::create(topology_, map_,
                                     {.threads = threads, .oversubscribe = true, .expected_records = 100}));
  }
  platform::Topology topology_ = std::move(*platform::Topology::discover());
  platform::WorkerMap map_ = platform::WorkerMap::create(topology_).value();
};

TEST_F(SharedMemoryEngine, RunsEveryWorkerOnceAtTheSameTime) {
  const auto engine = make(3);
  std::barrier<> all_here(3);
  std::mutex mutex;
  std::set<unsigned> seen;
  engine->run_on_workers([&](Engine::Session&, WorkerId id) {
    all_here.arrive_and_wait();  // would hang if they ran one after the other
    const std::lock_guard lock(mutex);
    EXPECT_EQ(id.local, id.global);
    EXPECT_TRUE(seen.insert(id.global).second);
  });
  EXPECT_EQ(seen, (std::set<unsigned>{0, 1, 2}));
}

TEST_F(SharedMemoryEngine, AllWorkersReachOneStore) {
  const auto engine = make(3);
  engine->run_on_workers([&](Engine::Session& session, WorkerId id) {
    testing::exercise(session, 1'000'000ULL * id.global, 300, 8);
    testing::exercise(session, 1'000'000ULL * id.global + 500'000, 20, 5000);
  });
  EXPECT_EQ(engine->record_count(), 3u * (150 + 10));
}

TEST_F(SharedMemoryEngine, WorkersAgreeOnOneInstantAhead) {
  const auto engine = make(3);
  const platform::Clock clock = platform::Clock::calibrate();
  std::array<platform::Timestamp, 3> instants{};
  std::array<platform::Timestamp, 3> before{};
  engine->run_on_workers([&](Engine::Session& session, WorkerId id) {
    before[id.local] = clock.now();
    instants[id.local] = session.agree_on_start(clock);
  });
  EXPECT_EQ(instants[0], instants[1]);
  EXPECT_EQ(instants[0], instants[2]);
  for (const platform::Timestamp instant : before) EXPECT_GT(instants[0], instant);
}

TEST_F(SharedMemoryEngine, SaysWhereItsWorkersHaveBeen) {
  const auto engine = make(1);
  engine->run_on_workers([](Engine::Session&, WorkerId) {});
  const auto bindings = engine->bindings();
  ASSERT_EQ(bindings.size(), 1u);
  EXPECT_FALSE(bindings[0].host.empty());
  ASSERT_GE(bindings[0].asked_cpu, 0);
  EXPECT_EQ(bindings[0].allowed_cpus, std::vector<unsigned>{static_cast<unsigned>(bindings[0].asked_cpu)});
  EXPECT_TRUE(bindings[0].achieved());
}

TEST_F(SharedMemoryEngine, BindsItsWorkersWhereTheMapSays) {
  const unsigned last = topology_.cpus().back();
  const auto map = platform::WorkerMap::create(topology_, {platform::Binding::Order::list, {last}}).value();
  const auto engine = std::move(*Engine::create(topology_, map, {.threads = 1, .expected_records = 100}));
  engine->run_on_workers([](Engine::Session&, WorkerId) {});
  ASSERT_EQ(engine->bindings().size(), 1U);
  EXPECT_EQ(engine->bindings()[0].allowed_cpus, std::vector<unsigned>{last});
  EXPECT_EQ(engine->bindings()[0].node, topology_.node_of_cpu(last));
}

TEST_F(SharedMemoryEngine, RefusesMoreThreadsThanCoresUnlessTold) {
  const auto refused = Engine::create(topology_, map_, {.threads = topology_.cores() + 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "--threads");
  EXPECT_NE(refused.error().expected.find("--oversubscribe"), std::string::npos);
  EXPECT_TRUE(Engine::create(topology_, map_, {.threads = topology_.cores() + 1, .oversubscribe = true}));
}

}  // namespace
}  // namespace upout::engines::shared_memory
