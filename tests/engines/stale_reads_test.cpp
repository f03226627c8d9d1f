#include "engines/shared_nothing/replication/stale_reads.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/session.h"
#include "engines/shared_nothing/sim_transport.h"
#include "tests/engines/replicated_rank.h"

namespace upout::engines::shared_nothing {
namespace {

using platform::Timestamp;
using namespace std::chrono_literals;

std::vector<std::byte> changes_of(std::initializer_list<kernel::Key> keys) {
  std::vector<std::byte> changes;
  for (const kernel::Key key : keys) kernel::append_redo(changes, {.key = key});
  return changes;
}

TEST(StaleReads, MissesWhatWasMadeBeforeAndCameAfter) {
  StaleReads reads;
  std::vector<CopyRead> ended;
  reads.note(7, 100us);
  reads.take(changes_of({7, 8}), 60us, ended);
  reads.take(changes_of({8}), 70us, ended);
  reads.take(changes_of({7, 7}), 90us, ended);
  EXPECT_TRUE(ended.empty()) << "more that was made before may come";
  reads.take(changes_of({7}), 100us, ended);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].when, Timestamp(100us));
  EXPECT_EQ(ended[0].versions, 3U);
  EXPECT_EQ(ended[0].age, Timestamp(40us));
}

TEST(StaleReads, LooksAfterSomeAndNotTooMany) {
  StaleReads reads;
  std::vector<CopyRead> ended;
  for (std::uint64_t i = 0; i < 10 * StaleReads::one_of; ++i) reads.note(i, 1us);
  reads.end_all(ended);
  EXPECT_EQ(ended.size(), 10U);
  for (const CopyRead& read : ended) EXPECT_EQ(read.versions, 0U);
  for (std::uint64_t i = 0; i < 2 * StaleReads::most_open * StaleReads::one_of; ++i) reads.note(i, 1us);
  EXPECT_EQ(reads.give_up(), StaleReads::most_open);
  reads.end_all(ended);
  EXPECT_EQ(ended.size(), 10U);
}

TEST(ChangeTimes, AreThoseOfTheTurn) {
  ChangeTimes times;
  times.note(100, 1us);
  times.note(180, 2us);
  EXPECT_EQ(times.of(0).made, Timestamp(1us));
  EXPECT_EQ(times.of(99).end, 100U);
  EXPECT_EQ(times.of(100).made, Timestamp(2us));
  times.forget_before(150);
  EXPECT_EQ(times.of(150).made, Timestamp(2us));
}

/// Ranks' clocks tell different times.
class SkewedTransport : public SimTransport {
 public:
  SkewedTransport(SimNetwork& network, int rank) : SimTransport(network, rank), ahead_(rank * 5ms) {}
  Timestamp now() const noexcept { return SimTransport::now() + ahead_; }
  Timestamp ahead() const noexcept { return ahead_; }

 private:
  Timestamp ahead_;
};

struct Rank {
  Rank(SimNetwork& network, int number, const Options& deployment)
      : transport(network, number),
        map(*make_map(deployment, static_cast<unsigned>(network.ranks()))),
        partitions(*make_partitions(deployment, map, static_cast<unsigned>(number))),
        replicas(*make_replicas(deployment, map, partitions, static_cast<unsigned>(number),
                                ReplicatedRank<SimTransport>::hosts(network.ranks()))),
        session(transport, partitions, map, {.replicas = replicas.get()}) {}

  /// Nothing: it has not been done at once.
  bool perform(kernel::Operation& operation) {
    kernel::Operation* const one = &operation;
    Completed done;
    session.submit({&one, 1}, done);
    return !done.empty();
  }
  void poll() {
    Completed done;
    session.poll(done);
  }

  SkewedTransport transport;
  PartitionMap map;
  Partitions<> partitions;
  std::unique_ptr<Replicas<kernel::Exclusive>> replicas;
  Session<SkewedTransport> session;
};

/// One rank writes a record, again and again; another one reads its own copy of it. What is said of some of
/// these reads is what really was.
TEST(StaleReads, AreAsOldAsTheyAreSaidToBe) {
  constexpr Timestamp delay = 100us;
  SimNetwork network(2, 1024, {.least_delay = delay, .mean_further_delay = 0us, .longest_sleep = 7us});
  Options deployment{
      .partitioning = PartitioningKind::range,
      .partitions = 2,
      .largest_key = 1,
      .copies = {.copies = 2, .acknowledge = Acknowledge::none, .read_from = ReadFrom::nearest}};
  std::deque<Rank> all;
  for (int rank = 0; rank < 2; ++rank) all.emplace_back(network, rank, deployment);

  std::vector<Timestamp> made;  // by value, by the network's clock
  std::deque<std::uint64_t> values;
  std::deque<kernel::Operation> puts;
  std::map<Timestamp, std::uint64_t> read;
  const auto write = [&] {
    values.push_back(made.size());
    made.push_back(network.now());
    puts.push_back({.kind = kernel::OperationKind::put,
                    .slot = static_cast<std::uint32_t>(puts.size()),
                    .key = 0,
                    .input = std::as_bytes(std::span(&values.back(), 1))});
    all[0].perform(puts.back());
  };
  const auto look = [&] {
    std::uint64_t value = 0;
    kernel::Operation get{.key = 0, .output = std::as_writable_bytes(std::span(&value, 1))};
    ASSERT_TRUE(all[1].perform(get)) << "it has a copy";
    if (get.status == kernel::Status::ok) read[network.now()] = value;
  };
  network.run(
      [&](int rank) {
        const bool have_met = network.now() > 25ms;  // and compared their clocks
        if (rank == 0 && have_met && network.now() < 40ms) write();
        if (rank == 1 && network.now() > 30ms && network.now() < 39ms) look();
        all[static_cast<std::size_t>(rank)].poll();
        return false;
      },
      [&] { return network.now() > 60ms; });

  const CopyReads& reads = all[1].replicas->reads();
  EXPECT_GE(reads.sampled.size() + StaleReads::most_open, read.size() / StaleReads::one_of);
  EXPECT_EQ(reads.unknown, 0U);
  ASSERT_GT(reads.sampled.size(), 50U);
  EXPECT_LT(reads.clock_error, Timestamp(delay + 20us));
  unsigned compared = 0;
  for (const CopyRead& sample : reads.sampled) {
    const auto found = read.find(sample.when - all[1].transport.ahead());
    if (found == read.end()) continue;
    const Timestamp when = found->first;
    const std::uint64_t value = found->second;
    const auto missed =
        std::ranges::count_if(made, [&](Timestamp each) { return each > made[value] && each < when; });
    EXPECT_NEAR(sample.versions, static_cast<double>(missed), 2) << "a turn's length apart";
    EXPECT_GT(missed, 8) << "made while a message is under way";
    const Timestamp age = when - made[value + 1];
    EXPECT_LT(std::chrono::abs(sample.age - age), Timestamp(15us))
        << sample.age.count() << ' ' << age.count();
    ++compared;
  }
  EXPECT_GT(compared, 50U);
}

/// A copy that has not heard of its primary for long is not read: how old it is, nobody knows.
TEST(StaleReads, AreNoneOfWhoIsCutOff) {
  SimNetwork network(3, 1024, {.least_delay = 2us, .mean_further_delay = 0us, .longest_sleep = 7us});
  Options deployment{
      .partitioning = PartitioningKind::range,
      .partitions = 3,
      .largest_key = 2,
      .copies = {.copies = 3, .acknowledge = Acknowledge::none, .read_from = ReadFrom::nearest},
      .copy_timing = simulated_timing()};
  std::deque<Rank> all;
  for (int rank = 0; rank < 3; ++rank) all.emplace_back(network, rank, deployment);
  network.at(2ms, [&] {
    network.set_link(2, 0, false);
    network.set_link(2, 1, false);
  });
  unsigned read_before = 0;
  unsigned read_late = 0;
  std::deque<kernel::Operation> asked;  // they may never be answered
  std::vector<std::byte> output(8);
  network.run(
      [&](int rank) {
        if (rank == 2) {
          asked.push_back({.slot = static_cast<std::uint32_t>(asked.size()), .key = 0, .output = output});
          const bool is_read = all[2].perform(asked.back());
          if (network.now() < 2ms) read_before += is_read ? 1 : 0;
          if (network.now() > 2ms + 2 * deployment.copy_timing.suspicion) read_late += is_read ? 1 : 0;
        }
        all[static_cast<std::size_t>(rank)].poll();
        return false;
      },
      [&] { return network.now() > 4ms; });
  EXPECT_GT(read_before, 50U);
  EXPECT_EQ(read_late, 0U);
}

}  // namespace
}  // namespace upout::engines::shared_nothing
