#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "tests/engines/replicated_rank.h"
#include "tests/engines/weather.h"
#include "tests/history/linearizability.h"

/// Ranks of the real engine, with copies of their partitions, in a simulated network: whatever is lost, late,
/// cut, stopped or crashed, what their clients see is linearizable, so nothing that was acknowledged is lost,
/// and in the end all copies are alike.
namespace upout::engines::shared_nothing {
namespace {

using history::RegisterOperation;
using platform::Timestamp;
using namespace std::chrono_literals;

constexpr std::uint32_t partitions = 6;
constexpr kernel::Key keys = 12;
constexpr unsigned operations = 60;  // of each rank
constexpr std::size_t message_bytes = 1024;
using Rank = ReplicatedRank<SimTransport>;

/// Each run makes some dozens of stores, whose memory sanitizers look at byte by byte.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

struct Faults {
  SimOptions network = {};
  Timestamp deadline = 2ms;
  int ranks = 3;
  unsigned clients = 0;  ///< of these, the last ones
  CopyPolicy copies = {.copies = 3, .acknowledge = Acknowledge::all};
  CopyTiming timing = simulated_timing();
  unsigned crashes = 0;  ///< of different ranks, a minority
  unsigned stops = 0;    ///< of ranks, for a while
  unsigned cuts = 0;     ///< of links, or of a rank from all others, for a while
};

Faults faults_of(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Faults faults;
  faults.network.seed = seed;
  faults.network.longest_sleep = 20us;
  faults.network.mean_further_delay = std::chrono::microseconds(random() % 30);
  faults.network.loss = random() % 2 == 0 ? 0 : static_cast<double>(random() % 60) / 1000;
  faults.ranks = random() % 2 == 0 ? 3 : 5;
  faults.copies.copies = 3;
  faults.copies.acknowledge = random() % 2 == 0 ? Acknowledge::all : Acknowledge::quorum;
  // Leases last longer than it takes to replace who holds them, or not.
  faults.timing.suspicion = std::chrono::microseconds(150 + random() % 400);
  faults.timing.lease = std::chrono::microseconds(100 + random() % 700);
  faults.crashes = random() % 3 == 0 ? 0 : 1;
  faults.stops = static_cast<unsigned>(random() % 3);
  faults.cuts = static_cast<unsigned>(random() % 4);
  return faults;
}

struct Outcome {
  std::vector<RegisterOperation> history;
  Timestamp took{};
  unsigned unanswered = 0;
  std::uint64_t refused = 0;
  std::uint32_t views = 0;
  bool is_lost = false;         ///< a partition, with word
  std::string difference = {};  ///< of copies, in the end
};

class Simulation {
 public:
  explicit Simulation(const Faults& faults)
      : faults_(faults),
        network_(faults.ranks, message_bytes, faults.network),
        recorder_(static_cast<unsigned>(faults.ranks)) {
    const Options deployment{.partitions = partitions,
                             .clients = faults.clients,
                             .copies = faults.copies,
                             .copy_timing = faults.timing};
    for (int rank = 0; rank < faults.ranks; ++rank) {
      all_.emplace_back(network_, rank, deployment, faults.deadline,
                        recorder_.log(static_cast<unsigned>(rank)), keys, operations);
    }
  }

  Outcome run() {
    make_faults();
    run_while([](Rank& rank) { return !rank.is_over(); }, 200ms);
    const Timestamp noticed = network_.now() + 12ms;  // whatever has happened
    run_while([&](Rank&) { return network_.now() < noticed; }, 20ms);
    const bool was_settled = run_while([](Rank& rank) { return !rank.session().copies_are_alike(); }, 400ms);
    Outcome outcome{.history = recorder_.take(), .took = network_.now()};
    for (int rank = 0; rank < faults_.ranks; ++rank) {
      Rank& of = all_[static_cast<std::size_t>(rank)];
      outcome.unanswered += of.unanswered();
      outcome.refused += of.refused();
      outcome.views = std::max(outcome.views, of.view().number);
      outcome.is_lost |= !of.lost().empty();
    }
    if (!outcome.is_lost) outcome.difference = was_settled ? difference() : "copies do not settle";
    return outcome;
  }

 private:
  int any_rank() { return static_cast<int>(network_.random()() % static_cast<std::uint64_t>(faults_.ranks)); }
  /// Within the first operations, mostly.
  Timestamp any_time() { return std::chrono::microseconds(network_.random()() % 400); }
  Timestamp any_duration() { return std::chrono::microseconds(network_.random()() % 2000); }

  void make_faults() {
    for (unsigned i = 0; i < faults_.crashes; ++i)
      network_.at(any_time(), [this, rank = any_rank()] { network_.crash(rank); });
    for (unsigned i = 0; i < faults_.stops; ++i) {
      const Timestamp begin = any_time();
      const Timestamp end = begin + any_duration();
      network_.at(begin, [this, rank = any_rank(), end] { network_.stop(rank, end); });
    }
    for (unsigned i = 0; i < faults_.cuts; ++i) {
      const int one = any_rank();
      const int other = (one + 1 + static_cast<int>(network_.random()() % 2)) % faults_.ranks;
      const bool from_all = network_.random()() % 2 == 0;
      const auto set = [this, one, other, from_all](bool is_up) {
        for (int rank = 0; rank < faults_.ranks; ++rank) {
          if (rank != one && (from_all || rank == other)) network_.set_link(one, rank, is_up);
        }
      };
      const Timestamp begin = any_time();
      network_.at(begin, [set] { set(false); });
      network_.at(begin + any_duration(), [set] { set(true); });
    }
  }

  /// False: it took too long, for some rank that is alive. (Where a partition is lost, nobody waits.)
  template <class IsBusy>
  bool run_while(IsBusy is_busy, Timestamp longest) {
    bool is_over = false;
    const auto goes_on = [&] {
      bool is_any_busy = false;
      for (int rank = 0; rank < faults_.ranks; ++rank) {
        if (!network_.is_alive(rank)) continue;
        Rank& of = all_[static_cast<std::size_t>(rank)];
        if (!of.lost().empty()) return false;
        is_any_busy |= is_busy(of);
      }
      is_over = !is_any_busy;
      return is_any_busy;
    };
    const Timestamp end = network_.now() + longest;
    network_.run([&](int rank) { return all_[static_cast<std::size_t>(rank)].step(); },
                 [&] { return !goes_on() || network_.now() > end; });
    return is_over;
  }

  std::string difference() {
    const View* last = nullptr;
    for (int rank = 0; rank < faults_.ranks; ++rank) {
      const View& view = all_[static_cast<std::size_t>(rank)].view();
      if (network_.is_alive(rank) && (last == nullptr || view.number > last->number)) last = &view;
    }
    for (std::uint32_t partition = 0; partition < partitions; ++partition) {
      const auto& members = last->copies[partition].members;
      const auto expected = all_[static_cast<std::size_t>(members.front())].records(partition);
      for (const int member : members) {
        if (all_[static_cast<std::size_t>(member)].records(partition) != expected)
          return "partition " + std::to_string(partition) + " at rank " + std::to_string(member) +
                 " differs from that at rank " + std::to_string(members.front());
      }
    }
    return {};
  }

  Faults faults_;
  SimNetwork network_;
  history::Recorder<RegisterOperation> recorder_;
  std::deque<Rank> all_;
};

TEST(ReplicationSimulation, InFineWeatherAnswersEverything) {
  Faults faults;
  faults.network.longest_sleep = 20us;
  const Outcome outcome = Simulation(faults).run();
  EXPECT_EQ(outcome.unanswered, 0U);
  EXPECT_EQ(outcome.views, 0U);
  EXPECT_EQ(outcome.refused, 0U);
  EXPECT_EQ(outcome.difference, "");
  EXPECT_FALSE(outcome.is_lost);
  EXPECT_EQ(outcome.history.size(), std::size_t{3} * operations);
  for (const RegisterOperation& operation : outcome.history) EXPECT_FALSE(operation.is_pending());
  EXPECT_TRUE(history::check_linearizable(outcome.history));
}

/// A primary that is cut off goes on to answer its own client's reads, and stops before another one takes
/// writes, although nobody can tell it.
TEST(ReplicationSimulation, ACutOffPrimaryReadsNothingOld) {
  unsigned read_alone = 0;
  constexpr std::uint64_t seeds = is_sanitized ? 10 : 100;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SimOptions network_options{.seed = seed, .longest_sleep = 20us};
    Options deployment{.partitioning = PartitioningKind::range,
                       .partitions = 3,
                       .largest_key = 5,
                       .copies = {.copies = 3, .acknowledge = Acknowledge::all},
                       .copy_timing = simulated_timing()};
    deployment.copy_timing.suspicion = 150us;
    deployment.copy_timing.lease = 700us;
    SimNetwork network(3, message_bytes, network_options);
    history::Recorder<RegisterOperation> recorder(3);
    constexpr kernel::Key keys_of_rank_0 = 2;
    constexpr std::size_t reads_only = 1;
    std::deque<Rank> all;
    all.emplace_back(network, 0, deployment, 10ms, recorder.log(0), keys_of_rank_0, 4000U, reads_only);
    all.emplace_back(network, 1, deployment, 10ms, recorder.log(1), keys_of_rank_0, 400U);
    all.emplace_back(network, 2, deployment, 10ms, recorder.log(2), keys_of_rank_0, 0U);
    network.at(200us, [&] {
      network.set_link(0, 1, false);
      network.set_link(0, 2, false);
    });
    network.at(5ms, [&] {
      network.set_link(0, 1, true);
      network.set_link(0, 2, true);
    });
    network.run([&](int rank) { return all[static_cast<std::size_t>(rank)].step(); },
                [&] { return network.now() > 3ms; });
    const auto history = recorder.take();
    const auto verdict = history::check_linearizable(history);
    ASSERT_TRUE(verdict) << verdict.explanation << "\nseed " << seed;
    ASSERT_GT(all[1].view().number, 0U) << "seed " << seed;
    read_alone += static_cast<unsigned>(history.size());
  }
  EXPECT_GT(read_alone, seeds * 500U) << "it hardly read";
}

/// What the checker would see of an engine that loses what it has acknowledged.
TEST(ReplicationSimulation, WithoutAcknowledgementsIsRejected) {
  if (is_sanitized) GTEST_SKIP() << "seldom enough that it takes hundreds of seeds";
  unsigned rejected = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Faults faults = faults_of(seed);
    faults.copies.acknowledge = Acknowledge::none;
    rejected += history::check_linearizable(Simulation(faults).run().history) ? 0 : 1;
  }
  EXPECT_GT(rejected, 5U);
}

TEST(ReplicationSimulation, LosesNothingThatWasAcknowledged) {
  const Seeds seeds(is_sanitized ? 40 : 2000);
  const std::uint64_t count = seeds.end - seeds.first;
  std::uint64_t views = 0;
  std::uint64_t lost = 0;
  unsigned unanswered = 0;
  for (std::uint64_t seed = seeds.first; seed < seeds.end; ++seed) {
    const std::string replay = Seeds::replay(seed, "ReplicationSimulation.LosesNothingThatWasAcknowledged");
    const Outcome outcome = Simulation(faults_of(seed)).run();
    const auto verdict = history::check_linearizable(outcome.history);
    ASSERT_TRUE(verdict) << verdict.explanation << "\n" << replay;
    ASSERT_EQ(outcome.refused, 0U) << replay;
    ASSERT_EQ(outcome.difference, "") << replay;
    views += outcome.views;
    lost += outcome.is_lost ? 1 : 0;
    unanswered += outcome.unanswered;
  }
  if (seeds.is_one()) return;
  EXPECT_GT(views, 2 * count) << "the weather was too fine to show anything";
  EXPECT_GT(unanswered, count);
  EXPECT_LT(lost, count / 10) << "what cannot be served is checked by nobody";
}

/// A copy that is made while there is one alone takes its place with all that was acknowledged meanwhile.
TEST(ReplicationSimulation, LosesNothingWithTwoCopies) {
  const Seeds seeds(is_sanitized ? 20 : 1000);
  std::uint64_t served = 0;
  for (std::uint64_t seed = seeds.first; seed < seeds.end; ++seed) {
    const std::string replay = Seeds::replay(seed, "ReplicationSimulation.LosesNothingWithTwoCopies");
    Faults faults = faults_of(seed);
    faults.copies = {.copies = 2, .acknowledge = Acknowledge::all};
    faults.ranks = 5;
    faults.crashes = 1;
    faults.cuts += 2;
    const Outcome outcome = Simulation(faults).run();
    const auto verdict = history::check_linearizable(outcome.history);
    ASSERT_TRUE(verdict) << verdict.explanation << "\n" << replay;
    ASSERT_EQ(outcome.refused, 0U) << replay;
    ASSERT_EQ(outcome.difference, "") << replay;
    served += outcome.is_lost ? 0 : 1;
  }
  if (seeds.is_one()) return;
  EXPECT_GT(served, (seeds.end - seeds.first) / 2) << "what cannot be served is checked by nobody";
}

/// A primary that is alone gets another copy, loses the way to it just before that one is in sync, and then
/// dies: what it had acknowledged alone meanwhile, the copy lacks, and must not serve without it.
TEST(ReplicationSimulation, ACopyThatLacksSomethingDoesNotFollow) {
  unsigned followed = 0;
  const std::uint64_t seeds = is_sanitized ? 50 : 1000;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Timestamp later = std::chrono::microseconds(seed % 60);
    constexpr int ranks = 5;
    SimNetwork network(ranks, message_bytes, {.seed = seed, .longest_sleep = 20us});
    const Options deployment{.partitioning = PartitioningKind::range,
                             .partitions = ranks,
                             .largest_key = 2 * ranks - 1,
                             .copies = {.copies = 2, .acknowledge = Acknowledge::all},
                             .copy_timing = simulated_timing()};
    history::Recorder<RegisterOperation> recorder(ranks);
    std::deque<Rank> all;
    constexpr kernel::Key keys_of_rank_0 = 2;
    for (int rank = 0; rank < ranks; ++rank)
      all.emplace_back(network, rank, deployment, 10ms, recorder.log(static_cast<unsigned>(rank)),
                       keys_of_rank_0, rank == 0 || rank == ranks - 1 ? 4000U : 0U);
    const auto copies = [&]() -> const View::Copies& { return all[0].view().copies[0]; };
    network.at(100us, [&] { network.crash(copies().members.at(1)); });
    Timestamp cut{};
    const auto step_rank = [&](int rank) {
      const int joining = copies().joining;
      if (cut == Timestamp{} && joining != View::nobody) {
        cut = network.now() + later;
        network.at(cut, [&network, joining] { network.set_link(0, joining, false); });
        network.at(cut + 200us, [&network] { network.crash(0); });
      }
      return all[static_cast<std::size_t>(rank)].step();
    };
    network.run(step_rank, [&] { return network.now() > 6ms; });
    const auto verdict = history::check_linearizable(recorder.take());
    ASSERT_TRUE(verdict) << verdict.explanation << "\nseed " << seed;
    followed += all[ranks - 1].view().copies[0].is_lost() ? 0 : 1;
  }
  EXPECT_GT(followed, seeds / 10) << "no copy was made in time";
  EXPECT_LT(followed, seeds) << "all copies were made in time";
}

/// Where no rank is left for another copy, a quorum of two is never there again: what waits for it comes back
/// without an answer, and nobody waits for ever.
TEST(ReplicationSimulation, GivesUpWhereNoQuorumIsLeft) {
  unsigned unanswered = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Faults faults;
    faults.network.seed = seed;
    faults.network.longest_sleep = 20us;
    faults.clients = 1;
    faults.copies = {.copies = 2, .acknowledge = Acknowledge::quorum};
    faults.crashes = 1;
    const Outcome outcome = Simulation(faults).run();
    EXPECT_LT(outcome.took, Timestamp(100ms)) << "seed " << seed;
    EXPECT_EQ(outcome.refused, 0U) << "seed " << seed;
    unanswered += outcome.unanswered;
  }
  EXPECT_GT(unanswered, 20U) << "a quorum was there";
}

/// What nobody receives stays somewhere in the transport, and there is only so much room: two ranks that have
/// died together, and with them the copies of something, are waited for, and hardly spoken to meanwhile.
TEST(ReplicationSimulation, SaysLittleToWhoSaysNothing) {
  constexpr int ranks = 5;
  constexpr std::uint64_t survivors = 3;
  constexpr std::uint64_t dead = 2;
  SimNetwork network(ranks, message_bytes, {.longest_sleep = 20us});
  const Options deployment{.partitions = partitions,
                           .copies = {.copies = 2, .acknowledge = Acknowledge::all},
                           .copy_timing = simulated_timing()};
  history::Recorder<RegisterOperation> recorder(ranks);
  std::deque<Rank> all;
  for (int rank = 0; rank < ranks; ++rank)
    all.emplace_back(network, rank, deployment, 10ms, recorder.log(static_cast<unsigned>(rank)), keys, 4000U);
  network.at(200us, [&] {
    network.crash(1);
    network.crash(2);
  });
  const Timestamp silence = simulated_timing().suspicion;
  const Timestamp noticed = 200us + 2 * silence;
  const Timestamp end = noticed + 8 * silence;
  std::uint64_t lost_before = 0;
  network.at(noticed, [&] { lost_before = network.lost(); });
  network.run([&](int rank) { return all[static_cast<std::size_t>(rank)].step(); },
              [&] { return network.now() > end; });
  ASSERT_TRUE(all[0].view().is_alive(1) || all[0].view().is_alive(2)) << "nobody was waited for";
  constexpr std::uint64_t calls = 13;  // one every five heartbeats, and not all that the consensus says
  EXPECT_LE(network.lost() - lost_before, survivors * dead * (calls + 1));
}

/// What backups tell may be old, and is nothing that somebody relies on who has written: without such reads,
/// what clients see is linearizable as ever.
TEST(ReplicationSimulation, LosesNothingWhereBackupsAreRead) {
  const Seeds seeds(is_sanitized ? 100 : 500);
  unsigned old = 0;
  for (std::uint64_t seed = seeds.first; seed < seeds.end; ++seed) {
    const std::string replay = Seeds::replay(seed, "ReplicationSimulation.LosesNothingWhereBackupsAreRead");
    Faults faults = faults_of(seed);
    faults.copies.read_from = seed % 2 == 0 ? ReadFrom::any : ReadFrom::nearest;
    faults.copies.acknowledge = Acknowledge::quorum;  // so that one may be behind what was acknowledged
    Outcome outcome = Simulation(faults).run();
    old += history::check_linearizable(outcome.history) ? 0 : 1;
    std::erase_if(outcome.history,
                  [](const RegisterOperation& each) { return each.kind == kernel::OperationKind::get; });
    const auto verdict = history::check_linearizable(outcome.history);
    ASSERT_TRUE(verdict) << verdict.explanation << "\n" << replay;
    ASSERT_EQ(outcome.refused, 0U) << replay;
    ASSERT_EQ(outcome.difference, "") << replay;
  }
  if (seeds.is_one()) return;
  EXPECT_GT(old, (seeds.end - seeds.first) / 10) << "backups are hardly read";
}

}  // namespace
}  // namespace upout::engines::shared_nothing
