#include "kernel/remote_hash_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "kernel/reclamation.h"
#include "kernel/store.h"
#include "platform/memory.h"
#include "platform/reserve.h"
#include "tests/history/linearizability.h"
#include "tests/kernel/interruption.h"
#include "tests/kernel/register_client.h"
#include "tests/kernel/values.h"

namespace upout::kernel {
namespace {

using Result = RemoteHashReader::Result;
using history::Recorder;
using history::RegisterOperation;
using testing::Bytes;
using testing::pattern;
using testing::RegisterClient;
using testing::RegisterValue;

/// A window as a rank has one: what a store's memory is taken from.
struct Window {
  explicit Window(std::size_t bytes = std::size_t{64} << 20) : region(*platform::Region::map(bytes)) {}

  RemoteMemory memory() const {
    const auto begin = reinterpret_cast<std::uintptr_t>(region.bytes().data());
    return {begin, begin + region.bytes().size()};
  }

  platform::Region region;
  platform::Reserve reserve{region.bytes()};
};

/// As a network that keeps no order: the words of all fetches of a round, in whatever order they come.
class Fetcher {
 public:
  explicit Fetcher(std::uint64_t seed) : random_(seed) {}

  void fetch(std::span<const RemoteHashReader::Fetch> fetches, bool dawdles = false) {
    words_.clear();
    for (const RemoteHashReader::Fetch& fetch : fetches) {
      for (std::size_t at = 0; at < fetch.into.size(); at += sizeof(std::uint64_t)) {
        words_.push_back({reinterpret_cast<std::uint64_t*>(fetch.address + at), fetch.into.data() + at});
      }
    }
    std::shuffle(words_.begin(), words_.end(), random_);
    for (const Word& word : words_) {
      const std::uint64_t value = std::atomic_ref(*word.from).load(std::memory_order_acquire);
      std::memcpy(word.to, &value, sizeof(value));
      if (dawdles && random_() % 16 == 0) std::this_thread::yield();
    }
  }
  std::uint64_t draw() { return random_(); }

 private:
  struct Word {
    std::uint64_t* from;
    std::byte* to;
  };
  std::mt19937_64 random_;
  std::vector<Word> words_;
};

/// One thread is both sides: what the owner does comes between two rounds of the reader's choice.
class RemoteHashReaderTest : public ::testing::Test {
 protected:
  /// Reads; `between[i]` happens after round i.
  template <class... Between>
  Result read(Key key, Between&&... between) {
    return read_from(RemoteTable::of(*bench.store->hash()), key, std::forward<Between>(between)...);
  }
  template <class... Between>
  Result read_from(RemoteTable table, Key key, Between&&... between) {
    const std::vector<std::function<void()>> events{std::forward<Between>(between)...};
    value.assign(room, std::byte{0xee});
    operation = {.kind = OperationKind::get, .key = key, .output_offset = offset, .output = value};
    rounds = 0;
    Result result = reader.begin(table, window.memory(), operation);
    while (result == Result::more) {
      fetcher.fetch(reader.fetches());
      if (rounds < events.size()) events[rounds]();
      ++rounds;
      result = reader.step();
    }
    if (result == Result::done) value.resize(operation.output_size);
    return result;
  }
  void expect_value(const Bytes& expected) {
    EXPECT_EQ(operation.status, Status::ok);
    EXPECT_EQ(value, expected);
  }
  /// Memory that has been freed is there to be used again.
  void let_grace_periods_pass() {
    bench.worker.cache().free_retired();
    announce_quiescent();
    drain_deferred_actions();
  }

  Window window;
  testing::Bench<Shared> bench{{.memory = {.reserve = &window.reserve}}};
  RemoteHashReader reader;
  Fetcher fetcher{7};
  Operation operation;
  Bytes value;
  std::size_t room = 4096;
  std::uint32_t offset = 0;
  std::size_t rounds = 0;
};

TEST_F(RemoteHashReaderTest, ReadsWhatIsThereInFourRounds) {
  bench.put(1, pattern(100, 1));
  ASSERT_EQ(read(1), Result::done);
  expect_value(pattern(100, 1));
  EXPECT_EQ(rounds, 4u);
  EXPECT_FALSE(reader.has_found_growth());
}

TEST_F(RemoteHashReaderTest, ReadsValuesOfAllSizesAndAnyRangeOfThem) {
  Bytes local;
  for (const std::size_t size : {0, 1, 7, 8, 9, 100, 1000, 4096}) bench.put(size, pattern(size, size));
  for (const std::size_t size : {0, 1, 7, 8, 9, 100, 1000, 4096}) {
    for (offset = 0; offset < 4200; offset += offset < 12 ? 1 : 997) {
      for (room = 0; room < 4200; room += room < 12 ? 1 : 997) {
        local.resize(room);
        std::uint32_t copied = 0;
        ASSERT_EQ(bench.store->get(size, offset, local, copied), Status::ok);
        local.resize(copied);
        ASSERT_EQ(read(size), Result::done);
        ASSERT_EQ(value, local) << size << " bytes, " << room << " from " << offset;
      }
    }
  }
}

TEST_F(RemoteHashReaderTest, AMissNeedsOneRoundWhereThereIsOneBucket) {
  bench.put(1, pattern(100, 1));
  ASSERT_EQ(read(2), Result::done);
  EXPECT_EQ(operation.status, Status::not_found);
  EXPECT_EQ(rounds, 1u);
}

TEST_F(RemoteHashReaderTest, FindsAllKeysOfATableThatHasGrownAndMissesAllOthers) {
  const RemoteTable first = RemoteTable::of(*bench.store->hash());
  constexpr Key keys = 20'000;
  for (Key key = 0; key < keys; ++key) ASSERT_EQ(bench.put(key, pattern(24, key)), Status::ok);
  std::size_t asked = 0;
  for (const RemoteTable& table : {first, RemoteTable::of(*bench.store->hash())}) {
    for (Key key = 0; key < 2 * keys; ++key) {
      if (read_from(table, key) == Result::ask_owner) {
        ++asked;
      } else if (key < keys) {
        ASSERT_EQ(operation.status, Status::ok) << key;
        ASSERT_EQ(value, pattern(24, key));
      } else {
        ASSERT_EQ(operation.status, Status::not_found) << key;
      }
      ASSERT_EQ(reader.has_found_growth(), table.word() == first.word());
    }
  }
  EXPECT_LT(asked, 4 * keys / 500) << "only where two keys have the same tag";
}

TEST_F(RemoteHashReaderTest, FindsKeysInTheMiddleOfAGrowth) {
  Key key = 0;
  while (!bench.store->hash()->is_growing()) bench.put(++key, pattern(24, 0));
  for (Key other = 1; other <= key; ++other) {
    if (read(other) == Result::ask_owner) continue;
    ASSERT_EQ(operation.status, Status::ok) << other;
  }
  EXPECT_TRUE(bench.store->hash()->is_growing());
}

TEST_F(RemoteHashReaderTest, AnUpdateBetweenAnyTwoRoundsIsSeenWholeOrNotAtAll) {
  for (std::size_t after = 0; after < 4; ++after) {
    bench.put(1, pattern(100, 1));
    std::vector<std::function<void()>> events(4, [] {});
    events[after] = [&] { bench.put(1, pattern(96, 2)); };
    ASSERT_EQ(read(1, events[0], events[1], events[2], events[3]), Result::done);
    expect_value(after == 3 ? pattern(100, 1) : pattern(96, 2));
  }
}

TEST_F(RemoteHashReaderTest, WhatIsReplacedBetweenAnyTwoRoundsIsReadFromItsNewPlace) {
  for (std::size_t after = 0; after < 4; ++after) {
    bench.put(1, pattern(100, 1));
    std::vector<std::function<void()>> events(4, [] {});
    events[after] = [&] {
      bench.put(1, pattern(1000, 2));
      let_grace_periods_pass();
      bench.put(2 + after, pattern(100, 3));  // where the old record was
    };
    ASSERT_EQ(read(1, events[0], events[1], events[2], events[3]), Result::done);
    expect_value(after == 3 ? pattern(100, 1) : pattern(1000, 2));
  }
}

/// The overflow bucket that is about to be read is one of another chain by then.
TEST_F(RemoteHashReaderTest, AChainThatMovesWhileItIsReadIsNoMiss) {
  constexpr std::size_t rounds_beside_an_overflow_bucket = 5;
  Key key = 0;
  do {
    bench.put(++key, pattern(24, 0));
  } while (read(key) != Result::done || rounds != rounds_beside_an_overflow_bucket);
  const auto move = [&] {
    const std::size_t buckets = bench.store->hash()->bucket_count();
    Key other = 1'000'000;
    while (bench.store->hash()->bucket_count() == buckets) bench.put(++other, pattern(24, 0));
    let_grace_periods_pass();
    while (!bench.store->hash()->is_growing()) bench.put(++other, pattern(24, 0));
  };
  ASSERT_EQ(read(key, move), Result::done);
  expect_value(pattern(24, 0));
}

TEST_F(RemoteHashReaderTest, WhatIsRemovedIsMissed) {
  bench.put(1, pattern(100, 1));
  ASSERT_EQ(read(1, [&] { bench.remove(1); }), Result::done);
  EXPECT_EQ(operation.status, Status::not_found);
}

/// The block has the same key again, settled, but nobody was ever to see that record.
TEST_F(RemoteHashReaderTest, ARecordThatWasNeverInsertedIsNotSeen) {
  bench.put(1, pattern(100, 1));
  const auto reuse = [&] {
    bench.put(1, pattern(1000, 2));  // to another block
    let_grace_periods_pass();
    ASSERT_EQ(bench.insert(1, pattern(100, 3)), Status::exists);  // in the first one
  };
  ASSERT_EQ(read(1, reuse), Result::done);
  expect_value(pattern(1000, 2));
}

/// The first record with a block's address is never inserted; the second has the same key, and its slot, too.
/// All of it happens between the look at the header and the rest.
TEST_F(RemoteHashReaderTest, TwoRecordsInOneBlockHaveDifferentVersions) {
  bench.put(1, pattern(100, 1));
  Header first(0);
  Header second(0);
  ASSERT_EQ(bench.insert(1, pattern(200, 2)), Status::exists);
  const auto* block = static_cast<Record<Shared>*>(bench.worker.cache().allocate(SizeClass::of(16 + 200)));
  first = block->header();
  bench.worker.cache().free(const_cast<Record<Shared>*>(block), SizeClass::of(16 + 200));
  EXPECT_FALSE(first.is_settled());
  ASSERT_EQ(bench.insert(2, pattern(200, 3)), Status::ok);
  const Record<Shared>* record = bench.store->find(2);
  ASSERT_EQ(record, block);
  second = record->header();
  EXPECT_GT(second.version(), first.version());
}

TEST_F(RemoteHashReaderTest, ALockedRecordIsLeftToItsOwner) {
  bench.put(1, pattern(100, 1));
  Record<Shared>* record = bench.store->find(1);
  Header before(0);
  ASSERT_EQ(record->lock(before, 1), Status::ok);
  EXPECT_EQ(read(1), Result::ask_owner);
  EXPECT_LE(rounds, RemoteHashReader::most_attempts + 1u);
  record->unlock(before);
  EXPECT_EQ(read(1), Result::done);
}

TEST_F(RemoteHashReaderTest, WhatLiesOutsideTheWindowIsLeftToItsOwner) {
  Window small(std::size_t{5} << 20);  // the first chunk of the heap, and not the second
  const auto other = std::move(*Store<Shared>::create({.memory = {.reserve = &small.reserve}}));
  Worker worker(other->heap());
  const Bytes large = pattern(60'000, 1);
  for (Key key = 0; key < 100; ++key) ASSERT_EQ(other->put(worker, key, large), Status::ok);
  std::size_t done = 0;
  std::size_t asked = 0;
  Bytes output(large.size());
  for (Key key = 0; key < 100; ++key) {
    Operation get{.kind = OperationKind::get, .key = key, .output = output};
    Result result = reader.begin(RemoteTable::of(*other->hash()), small.memory(), get);
    while (result == Result::more) {
      for (const RemoteHashReader::Fetch& fetch : reader.fetches()) {
        ASSERT_GE(fetch.address, small.memory().begin);
        ASSERT_LE(fetch.address + fetch.into.size(), small.memory().end);
      }
      fetcher.fetch(reader.fetches());
      result = reader.step();
    }
    ++(result == Result::done ? done : asked);
  }
  EXPECT_GT(done, 20u);
  EXPECT_GT(asked, 20u);
}

// Histories
// ----------------------------------------------------------------------------------------------------------------------

constexpr unsigned writers = 2;
constexpr unsigned readers = 2;
constexpr Key keys = 3;

/// What many clients saw of a few keys after the other, and how many gets had to be left to the owner.
struct Observed {
  std::vector<RegisterOperation> history;
  std::size_t reads = 0;
  std::size_t asked = 0;
};

/// Not registered: no grace period waits for it.
void read_remotely(const Store<Shared>& store, const Window& window, RemoteTable table, Key first_key,
                   std::size_t steps, Recorder<RegisterOperation>::Log& log, Fetcher& fetcher,
                   std::atomic<std::size_t>& asked) {
  RemoteHashReader reader;
  std::array<std::byte, RegisterValue::most_bytes> output{};
  for (std::size_t step = 0; step < steps; ++step) {
    const Key key = first_key + fetcher.draw() % keys;
    if (step % 16 == 0) table = RemoteTable::of(*store.hash());
    RegisterOperation& recorded = log.begin({.kind = OperationKind::get, .key = key});
    Operation get{.kind = OperationKind::get, .key = key, .output = output};
    Result result = reader.begin(table, window.memory(), get);
    while (result == Result::more) {
      fetcher.fetch(reader.fetches(), true);
      result = reader.step();
    }
    if (result == Result::ask_owner) {  // as if it had never ended: a get that tells nothing
      ++asked;
      continue;
    }
    recorded.status = get.status;
    if (get.status == Status::ok)
      recorded.read = RegisterValue::read(std::span(output).first(get.output_size));
    log.end(recorded);
  }
}

/// Other keys come and go, so that blocks of all sizes change hands and the table grows.
void churn(Store<Shared>& store, Worker& worker, Key first, std::size_t steps, std::mt19937_64& random) {
  for (std::size_t step = 0; step < steps; ++step) {
    const Key key = first + random() % 64;
    if (random() % 2 == 0) {
      store.remove(worker, key);
    } else {
      store.put(worker, key, RegisterValue(random()).bytes());
    }
    if (step % 8 == 0) worker.cache().free_retired();
    announce_quiescent();
  }
}

Observed observe(std::uint64_t seed, std::size_t histories) {
  constexpr std::size_t turns = 12;
  constexpr std::size_t steps_a_turn = 5;
  Window window;
  const auto store = std::move(*Store<Shared>::create({.memory = {.reserve = &window.reserve}}));
  Recorder<RegisterOperation> recorder(writers + readers);
  std::atomic<std::size_t> asked = 0;
  std::atomic<std::size_t> arrived = 0;
  std::atomic<unsigned> finished = 0;
  const testing::Interruption interruption;
  {
    std::vector<std::jthread> running;
    for (unsigned thread = 0; thread < writers + readers; ++thread) {
      running.emplace_back([&, thread] {
        Fetcher fetcher(seed * 100 + thread);
        std::mt19937_64 random(seed * 100 + thread);
        for (std::size_t i = 0; i < histories; ++i) {
          ++arrived;
          while (arrived < (i + 1) * (writers + readers)) std::this_thread::yield();
          const Key first_key = i * keys;
          if (thread >= writers) {
            read_remotely(*store, window, RemoteTable::of(*store->hash()), first_key, turns * steps_a_turn,
                          recorder.log(thread), fetcher, asked);
            continue;
          }
          const ReaderRegistration registration;
          Worker worker(store->heap());
          RegisterClient client(*store, worker, recorder.log(thread), (seed + i) * writers + thread);
          for (std::size_t turn = 0; turn < turns; ++turn) {
            client.run(steps_a_turn, first_key, keys);
            churn(*store, worker, (Key{1} << 32) + i * 16, 8, random);
          }
        }
        ++finished;
      });
    }
    for (std::size_t i = 0; finished < writers + readers; ++i) {
      interruption.stop(running[i % running.size()].native_handle());
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }
  return {recorder.take(), histories * readers * turns * steps_a_turn, asked};
}

TEST(RemoteHashReaderHistory, ReadsBesideWritersAreLinearizable) {
  constexpr std::size_t histories = 150;
  std::size_t reads = 0;
  std::size_t asked = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Observed observed = observe(seed, histories);
    reads += observed.reads;
    asked += observed.asked;
    std::erase_if(observed.history,
                  [](const RegisterOperation& operation) { return operation.is_pending(); });
    const auto verdict = history::check_linearizable(observed.history);
    ASSERT_TRUE(verdict) << "seed " << seed << ": " << verdict.explanation;
  }
  EXPECT_LT(asked, reads / 4) << "what the owner answers tests nothing";
}

}  // namespace
}  // namespace upout::kernel
