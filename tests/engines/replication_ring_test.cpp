#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "engines/shared_nothing/ring_engine.h"
#include "tests/engines/session_checks.h"

/// Copies of partitions, between ranks that are threads.
namespace upout::engines::shared_nothing {
namespace {

using namespace std::chrono_literals;

/// How often there is which record.
struct Census {
  std::map<std::pair<kernel::Key, std::string>, unsigned> records;
  void visit(kernel::Key key, std::span<const std::byte> value) {
    ++records[{key, std::string(reinterpret_cast<const char*>(value.data()), value.size())}];
  }
  void merge(const Census& other) {
    for (const auto& [record, times] : other.records) records[record] += times;
  }
  bool are_all(unsigned times) const {
    return std::ranges::all_of(records, [times](const auto& each) { return each.second == times; });
  }
};

class ReplicatedRing : public ::testing::Test {
 protected:
  static constexpr unsigned ranks = 3;

  std::unique_ptr<RingEngine> make(const CopyPolicy& copies, platform::Timestamp suspicion) {
    Options options{.oversubscribe = true,
                    .expected_records = 1000,
                    .partitions = 5,
                    .value_bytes = 100'000,
                    .copies = copies};
    options.copy_timing.suspicion = suspicion;
    const auto map = platform::WorkerMap::create(topology_).value();
    return std::move(*RingEngine::create(topology_, map, ranks, options));
  }

  platform::Topology topology_ = std::move(*platform::Topology::discover());
};

/// Longer than anybody is kept from its turn here.
constexpr platform::Timestamp patient = 20s;

TEST_F(ReplicatedRing, KeepsCopiesAlike) {
  for (const unsigned copies : {2U, 3U}) {
    for (const Acknowledge acknowledge :
         {Acknowledge::none, Acknowledge::one, Acknowledge::quorum, Acknowledge::all}) {
      const auto engine = make({copies, acknowledge}, patient);
      for (unsigned session_number = 0; session_number < 2; ++session_number) {
        engine->run_on_workers([&](auto& session, WorkerId id) {
          const kernel::Key first = 10'000'000 * session_number + 1'000'000 * id.global;
          testing::exercise(session, first, 200, 8);
          testing::exercise(session, first + 500'000, 10, 100'000);
        });
      }
      EXPECT_EQ(engine->record_count(), 2U * ranks * (100U + 5U));
      EXPECT_EQ(engine->copies(), copies);
      const Census census = engine->aggregate(Census{}, Copies::all);
      EXPECT_EQ(census.records.size(), engine->record_count());
      EXPECT_TRUE(census.are_all(copies));
      EXPECT_EQ(engine->replicas(0)->members().view().number, 0U);
    }
  }
}

/// One is away for a while, and the others take over what it served; when it comes back it gets copies anew.
TEST_F(ReplicatedRing, FollowsWhoIsAwayAndTakesItBack) {
  constexpr kernel::Key keys = 300;
  const auto engine = make({3, Acknowledge::all}, 100ms);
  std::atomic<unsigned> unknown{0};
  std::atomic<kernel::Key> unknown_key{keys};
  std::atomic<bool> is_back{false};
  const auto put_all = [&](auto& session, kernel::Key salt) {
    for (kernel::Key key = 0; key < keys; ++key) {
      const auto value = testing::value_of(key + salt, 40);
      kernel::Operation put{.kind = kernel::OperationKind::put, .key = key, .input = value};
      testing::perform(session, std::span(&put, 1));
      if (put.status == kernel::Status::ok) continue;
      ++unknown;
      unknown_key = key;
    }
  };
  engine->run_on_workers([&](auto& session, WorkerId id) {
    if (id.global == 0) put_all(session, 0);
  });
  EXPECT_EQ(unknown, 0U);
  engine->run_on_workers([&](auto& session, WorkerId id) {
    const auto serve = [&session](auto how_long) {
      const auto begin = std::chrono::steady_clock::now();
      while (std::chrono::steady_clock::now() - begin < how_long) session.serve_once();
    };
    if (id.global == 2) {
      serve(100ms);  // the others have heard of it
      std::this_thread::sleep_for(600ms);
      serve(100ms);  // and hear that it is back
      is_back = true;
    }
    if (id.global == 0) put_all(session, 1000);
    while (!is_back) session.serve_once();
  });
  EXPECT_LE(unknown, 1U) << "one was under way";
  const View& view = engine->replicas(0)->members().view();
  EXPECT_GE(view.number, 2U);
  for (const View::Copies& of : view.copies) {
    EXPECT_EQ(of.members.size(), 3U);
    EXPECT_NE(of.primary(), 2) << "who comes back is a backup";
  }
  const Census census = engine->aggregate(Census{}, Copies::all);
  EXPECT_EQ(census.records.size(), keys);
  EXPECT_TRUE(census.are_all(3));
  engine->run_on_workers([&](auto& session, WorkerId id) {
    for (kernel::Key key = id.global; key < keys; key += ranks) {
      if (key == unknown_key) continue;  // it may have been done
      std::vector<std::byte> value(40);
      kernel::Operation get{.key = key, .output = value};
      testing::perform(session, std::span(&get, 1));
      EXPECT_TRUE(value == testing::value_of(key + 1000, 40))
          << key << ", status " << static_cast<int>(get.status);
    }
  });
}

}  // namespace
}  // namespace upout::engines::shared_nothing
