#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <thread>

#include "kernel/reclamation.h"
#include "kernel/scan_entry.h"
#include "kernel/transaction.h"
#include "tests/history/recorder.h"
#include "tests/history/serializability.h"
#include "tests/kernel/transaction_kinds.h"

namespace upout::kernel {
namespace {

using history::Version;
using Recorder = history::Recorder<history::Transaction>;
using Random = std::mt19937_64;

constexpr unsigned partitions = 3;
constexpr unsigned lanes = 6;         // of transactions, on all threads together
constexpr unsigned single_lanes = 3;  // of single operations
constexpr unsigned attempts = 10;     // of each lane in each history
constexpr unsigned operations = 12;   // of each single lane
constexpr Key keys_a_partition = 2;   // of each history
constexpr Key stride = 40;            // between them there is room for others, which are no part of it
constexpr Key partition_size = Key{1} << 40;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t most_histories = 60;
#else
constexpr std::size_t most_histories = 1000;
#endif

bool one_in(unsigned n, Random& random) {
  return random() % n == 0;
}

/// The keys of one history, of which each partition has some.
struct Keys {
  std::size_t history;

  Key first(unsigned partition) const {
    return partition * partition_size + history * keys_a_partition * stride;
  }
  Key last(unsigned partition) const { return first(partition) + (keys_a_partition - 1) * stride; }
  Key any(unsigned partition, Random& random) const {
    return first(partition) + random() % keys_a_partition * stride;
  }
  Key any_between(unsigned partition, Random& random) const {
    return any(partition, random) + 1 + random() % (stride - 1);
  }
  bool contain(Key key) const {
    const auto partition = static_cast<unsigned>(key / partition_size);
    return key >= first(partition) && key <= last(partition) && (key - first(partition)) % stride == 0;
  }
};

/// One thread's access to all partitions.
template <class Policy>
struct Partitions {
  explicit Partitions(std::span<const std::unique_ptr<Store<Policy>>> all) {
    for (const auto& store : all) {
      stores.push_back(store.get());
      workers.emplace_back(store->heap());
    }
  }
  /// Any number of operations.
  void execute(unsigned partition, std::span<Operation* const> batch) {
    stores[partition]->execute(workers[partition], batch);
  }
  bool are_ordered() const { return stores[0]->index_kind() == IndexKind::ordered; }

  std::vector<Store<Policy>*> stores;
  std::deque<Worker> workers;
};

/// Something that goes on by one small step at a time, as if each had to wait for a message.
class Actor {
 public:
  virtual ~Actor() = default;
  /// False: it has done all that it had to do.
  virtual bool step() = 0;
};

// Transactions
// ------------------------------------------------------------------------------------------------------------

/// Random transactions over the partitions, one after the other; whether they commit or not, each is
/// recorded.
template <class Policy>
class Client : public Actor {
 public:
  Client(Partitions<Policy>& all, Recorder::Log& log, Keys of, std::uint64_t seed)
      : scans_(all.are_ordered()), log_(&log), keys_(of), random_(seed) {
    for (unsigned i = 0; i < partitions; ++i) participants_.emplace_back(*all.stores[i], all.workers[i]);
  }

  bool step() override {
    switch (phase_) {
      case Phase::none:
        return begin();
      case Phase::reading:
        read();
        break;
      case Phase::locking:
        lock();
        break;
      case Phase::validating:
        validate();
        break;
      case Phase::installing:
        install();
        break;
      case Phase::aborting:
        abort();
        break;
    }
    return true;
  }

 private:
  enum class Phase : std::uint8_t { none, reading, locking, validating, installing, aborting };

  /// The transaction's part in one partition.
  struct Participant {
    Participant(Store<Policy>& store, Worker& worker) : transaction(store, worker) {}
    Transaction<Policy> transaction;
    bool writes = false;
    bool misses = false;
    bool is_locked = false;
    bool is_validated = false;
  };
  using Participants = std::vector<Participant*>;

  bool begin() {
    if (attempts_++ == attempts) return false;
    recorded_ = &log_->begin();
    accesses_ = 1 + random_() % 4;
    takes_short_cuts_ = one_in(2, random_);
    phase_ = Phase::reading;
    return true;
  }

  // Reading

  void read() {
    if (accesses_ == 0) return one_in(8, random_) ? give_up() : end_reading();
    const auto partition = static_cast<unsigned>(random_() % partitions);
    Participant& in = participants_[partition];
    if (!in.transaction.is_active() && !enter(in)) {
      if (one_in(8, random_)) give_up();  // those that hold each other's partitions would wait for ever
      return;
    }
    --accesses_;
    const bool is_scan = scans_ && one_in(4, random_);
    if (!(is_scan ? scan(in, partition) : access(in, keys_.any(partition, random_)))) give_up();
  }

  bool enter(Participant& in) {
    in.writes = in.misses = in.is_locked = in.is_validated = false;
    return in.transaction.try_begin();
  }

  /// Reads a record, and perhaps writes it. False: the transaction cannot go on.
  bool access(Participant& in, Key key) {
    std::uint64_t word = 0;
    std::uint32_t copied = 0;
    const auto bytes = std::as_writable_bytes(std::span(&word, 1));
    const Status status = in.transaction.read(key, 0, bytes, copied).now();
    if (status == Status::conflict) return false;
    if (status == Status::not_found) {
      recorded_->read(key, std::nullopt);
      in.misses = true;
      return one_in(4, random_) || insert(in, key);
    }
    const Version seen = Version::of_word(word);
    recorded_->read(key, seen);
    switch (random_() % 4) {
      case 0:
        return true;
      case 1:
        return remove(in, key, seen);
      default:
        return update(in, key, seen);
    }
  }
  bool insert(Participant& in, Key key) {
    const Version version = log_->next_version();
    const std::uint64_t word = version.as_word();
    if (in.transaction.insert(key, std::as_bytes(std::span(&word, 1))).now() != Status::ok) return false;
    recorded_->insert(key, version);
    return in.writes = true;
  }
  bool remove(Participant& in, Key key, Version seen) {
    if (in.transaction.remove(key).now() != Status::ok) return false;
    recorded_->remove(key, seen);
    return in.writes = true;
  }
  bool update(Participant& in, Key key, Version seen) {
    const Version version = log_->next_version();
    const std::uint64_t word = version.as_word();
    if (in.transaction.update(key, 0, std::as_bytes(std::span(&word, 1))).now() != Status::ok) return false;
    recorded_->write(key, version, seen);
    return in.writes = true;
  }

  bool scan(Participant& in, unsigned partition) {
    const Key from = keys_.any(partition, random_);
    const std::size_t limit = 1 + random_() % (keys_a_partition * stride);
    const bool up = one_in(2, random_);
    std::size_t count = 0;
    Key last = from;
    std::vector<std::pair<Key, Version>> found;
    const Status status = in.transaction
                              .scan(from, up ? Direction::ascending : Direction::descending, limit,
                                    [&](Key key, std::span<const std::byte> value) {
                                      ++count;
                                      last = key;
                                      std::uint64_t word = 0;
                                      std::memcpy(&word, value.data(), sizeof(word));
                                      if (keys_.contain(key)) found.emplace_back(key, Version::of_word(word));
                                    })
                              .now();
    if (status != Status::ok) return false;
    const Key first_key = keys_.first(partition);
    const Key last_key = keys_.last(partition);
    const Key end = std::clamp(count == limit ? last : up ? last_key : first_key, first_key, last_key);
    recorded_->scan(std::min(from, end), std::max(from, end), std::move(found));
    return true;
  }

  // Committing: the steps of all participants, in any order, but phase by phase

  void end_reading() {
    to_do_.clear();
    for (Participant& each : participants_) {
      if (each.transaction.is_active() && !(takes_short_cuts_ && !each.writes && !each.misses))
        to_do_.push_back(&each);
    }
    next(Phase::locking);
    if (to_do_.empty()) begin_validating();
  }
  void lock() {
    Participant& each = take();
    each.is_locked = true;
    each.is_validated = takes_short_cuts_ && to_do_.empty();  // the last one may do it at once
    if (!(each.is_validated ? each.transaction.prepare() : each.transaction.lock())) return give_up();
    if (to_do_.empty()) begin_validating();
  }
  void begin_validating() {
    for (Participant& each : participants_) {
      if (each.transaction.is_active() && !each.is_validated) to_do_.push_back(&each);
    }
    next(Phase::validating);
    if (to_do_.empty()) decide();
  }
  void validate() {
    Participant& each = take();
    if (!(each.is_locked ? each.transaction.validate() : each.transaction.prepare())) return give_up();
    if (takes_short_cuts_ && !each.writes) each.transaction.install();
    if (to_do_.empty()) decide();
  }
  /// From now on it has committed. Whoever asked for it may learn of that before all has been installed.
  void decide() {
    recorded_->committed = true;
    is_told_ = one_in(2, random_);
    if (is_told_) log_->end(*recorded_);
    finish(Phase::installing);
  }
  void install() {
    if (!to_do_.empty()) take().transaction.install();
    end_if_done();
  }

  void give_up() {
    is_told_ = false;
    finish(Phase::aborting);
  }
  void abort() {
    if (!to_do_.empty()) take().transaction.abort();
    end_if_done();
  }

  void finish(Phase phase) {
    to_do_.clear();
    for (Participant& each : participants_) {
      if (each.transaction.is_active()) to_do_.push_back(&each);
    }
    next(phase);
  }
  void end_if_done() {
    if (!to_do_.empty()) return;
    if (!is_told_) log_->end(*recorded_);
    phase_ = Phase::none;
  }
  void next(Phase phase) {
    std::ranges::shuffle(to_do_, random_);
    phase_ = phase;
  }
  Participant& take() {
    Participant& each = *to_do_.back();
    to_do_.pop_back();
    return each;
  }

  std::deque<Participant> participants_;
  bool scans_;
  Recorder::Log* log_;
  Keys keys_;
  Random random_;
  Phase phase_ = Phase::none;
  unsigned attempts_ = 0;
  history::Transaction* recorded_ = nullptr;
  std::uint64_t accesses_ = 0;
  bool takes_short_cuts_ = false;  ///< those that `Transaction` allows
  bool is_told_ = false;
  Participants to_do_;
};

// Beside them
// ------------------------------------------------------------------------------------------------------------

/// Single operations, each tried until no transaction is in its way. Each is a transaction of its own, which
/// commits; of a scan, each key that it could find is one.
template <class Policy>
class Operations : public Actor {
 public:
  Operations(Partitions<Policy>& all, Recorder::Log& log, Keys of, std::uint64_t seed)
      : all_(&all), log_(&log), keys_(of), random_(seed), output_(3 * most_scanned) {}

  bool step() override {
    if (recorded_.empty() && !begin()) return false;
    Operation* pointer = &operation_;
    all_->execute(partition_, std::span(&pointer, 1));
    if (operation_.status != Status::conflict) end();
    return true;
  }

 private:
  static constexpr std::size_t most_scanned = 2 * keys_a_partition * stride;

  bool begin() {
    if (begun_++ == operations) return false;
    constexpr std::array kinds{OperationKind::get, OperationKind::get, OperationKind::insert,
                               OperationKind::read_modify_write, OperationKind::scan};
    partition_ = static_cast<unsigned>(random_() % partitions);
    const OperationKind kind = kinds[random_() % (all_->are_ordered() ? kinds.size() : kinds.size() - 1)];
    version_ = log_->next_version();
    input_ = version_.as_word();
    const auto output = std::as_writable_bytes(std::span(output_));
    operation_ = {.kind = kind,
                  .key = is_scan(kind) ? keys_.first(partition_) : keys_.any(partition_, random_),
                  .limit = most_scanned,
                  .input = std::as_bytes(std::span(&input_, 1)),
                  .output = is_scan(kind) ? output : output.first(sizeof(input_))};
    for (Key i = 0; i < (is_scan(kind) ? keys_a_partition : 1); ++i) recorded_.push_back(&log_->begin());
    return true;
  }

  void end() {
    if (is_scan(operation_.kind)) {
      record_scan();
    } else {
      record(*recorded_[0]);
    }
    for (history::Transaction* each : recorded_) {
      each->committed = true;
      log_->end(*each);
    }
    recorded_.clear();
  }

  void record(history::Transaction& recorded) const {
    const Version seen = Version::of_word(output_[0]);
    if (operation_.status == Status::not_found) {
      recorded.read(operation_.key, std::nullopt);
    } else if (operation_.kind == OperationKind::get) {
      recorded.read(operation_.key, seen);
    } else if (operation_.kind == OperationKind::read_modify_write) {
      recorded.write(operation_.key, version_, seen);
    } else if (operation_.status == Status::ok) {
      recorded.insert(operation_.key, version_);
    }  // else there was a record, nobody knows which
  }

  void record_scan() const {
    ASSERT_EQ(operation_.status, Status::ok);
    std::array<std::optional<Version>, keys_a_partition> found;
    ScanReader reader(operation_.output.first(operation_.output_size));
    std::span<const std::byte> value;
    std::size_t count = 0;
    for (Key key = 0; reader.next(key, value); ++count) {
      std::uint64_t word = 0;
      std::memcpy(&word, value.data(), sizeof(word));
      if (keys_.contain(key)) found[(key - operation_.key) / stride] = Version::of_word(word);
    }
    ASSERT_LT(count, most_scanned);  // so none of them was beyond its end
    for (Key i = 0; i < keys_a_partition; ++i) recorded_[i]->read(operation_.key + i * stride, found[i]);
  }

  Partitions<Policy>* all_;
  Recorder::Log* log_;
  Keys keys_;
  Random random_;
  unsigned begun_ = 0;
  unsigned partition_ = 0;
  Operation operation_;
  Version version_;
  std::uint64_t input_ = 0;
  std::vector<std::uint64_t> output_;
  std::vector<history::Transaction*> recorded_;  ///< of the operation that is under way
};

/// Records between those of the history come and go, so that leaves split and merge and memory is used again.
template <class Policy>
class Others : public Actor {
 public:
  Others(Partitions<Policy>& all, Keys of, std::uint64_t seed) : all_(&all), keys_(of), random_(seed) {}

  bool step() override {
    const OperationKind kind = done_ / 2 % 2 == 0 ? OperationKind::insert : OperationKind::remove;
    const auto partition = static_cast<unsigned>(random_() % partitions);
    const std::uint64_t value = 0;
    std::array<Operation, stride> batch;
    std::array<Operation*, stride> pointers;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      batch[i] = {.kind = kind,
                  .key = keys_.any_between(partition, random_),
                  .input = std::as_bytes(std::span(&value, 1))};
      pointers[i] = &batch[i];
    }
    all_->execute(partition, pointers);
    return ++done_ < 40;
  }

 private:
  Partitions<Policy>* all_;
  Keys keys_;
  Random random_;
  unsigned done_ = 0;
};

// Histories
// ------------------------------------------------------------------------------------------------------------

template <class Policy>
class Histories {
 public:
  explicit Histories(std::span<const std::unique_ptr<Store<Policy>>> stores) : stores_(stores) {}

  /// One after the other, each on keys of its own.
  std::deque<Recorder> record(std::size_t histories) {
    std::deque<Recorder> recorders;
    for (std::size_t i = 0; i < histories; ++i) recorders.emplace_back(lanes + single_lanes);
    std::atomic<std::size_t> arrived = 0;
    std::vector<std::jthread> running;
    for (unsigned thread = 0; thread < threads; ++thread) {
      running.emplace_back([&, thread] {
        const ReaderRegistration registration;
        Partitions<Policy> all(stores_);
        for (std::size_t i = 0; i < histories; ++i) {
          ++arrived;
          while (arrived < (i + 1) * threads) std::this_thread::yield();
          run(all, recorders[i], thread, Keys{i});
          announce_quiescent();
        }
      });
    }
    running.clear();
    return recorders;
  }

 private:
  static constexpr unsigned threads = Policy::is_shared ? 3 : 1;

  /// One thread's share of a history: the actors' steps in random order.
  void run(Partitions<Policy>& all, Recorder& recorder, unsigned thread, Keys of) {
    Random random(of.history * threads + thread);
    std::vector<std::unique_ptr<Actor>> actors;
    for (unsigned lane = thread; lane < lanes; lane += threads)
      actors.push_back(std::make_unique<Client<Policy>>(all, recorder.log(lane), of, random()));
    for (unsigned lane = lanes + thread; lane < lanes + single_lanes; lane += threads)
      actors.push_back(std::make_unique<Operations<Policy>>(all, recorder.log(lane), of, random()));
    actors.push_back(std::make_unique<Others<Policy>>(all, of, random()));
    while (!actors.empty()) {
      auto& actor = actors[random() % actors.size()];
      if (!actor->step()) {
        std::swap(actor, actors.back());
        actors.pop_back();
      }
      announce_quiescent();  // transactions are open
    }
  }

  std::span<const std::unique_ptr<Store<Policy>>> stores_;
};

template <class Policy>
void expect_strictly_serializable(IndexKind index, ConcurrencyControl control) {
  std::vector<std::unique_ptr<Store<Policy>>> stores;
  for (unsigned i = 0; i < partitions; ++i)
    stores.push_back(std::move(*Store<Policy>::create(
        {.index = index, .concurrency_control = control, .distributed_transactions = true})));
  // Threads that share partitions in turn wait most of the time.
  const bool is_slow = Policy::is_shared && control == ConcurrencyControl::serial;
  const std::size_t histories = is_slow ? most_histories / 10 : most_histories;
  std::size_t committed = 0;
  std::size_t aborted = 0;
  std::size_t seed = 0;
  for (Recorder& recorder : Histories<Policy>(stores).record(histories)) {
    const std::vector<history::Transaction> history = recorder.take();
    const history::Verdict verdict = history::check_strictly_serializable(history);
    ASSERT_TRUE(verdict) << "history " << seed << ": " << verdict.anomaly << "\n" << verdict.explanation;
    for (const history::Transaction& transaction : history) {
      if (transaction.thread < lanes) ++(transaction.committed ? committed : aborted);
    }
    ++seed;
  }
  EXPECT_GT(committed, histories * lanes);
  EXPECT_GT(aborted, histories * lanes);
}

class DistributedHistoryTest : public ::testing::TestWithParam<std::tuple<IndexKind, ConcurrencyControl>> {};

TEST_P(DistributedHistoryTest, OfOneThreadIsStrictlySerializable) {
  const auto [index, control] = GetParam();
  expect_strictly_serializable<Exclusive>(index, control);
}

TEST_P(DistributedHistoryTest, OfManyThreadsIsStrictlySerializable) {
  const auto [index, control] = GetParam();
  expect_strictly_serializable<Shared>(index, control);
}

INSTANTIATE_TEST_SUITE_P(All, DistributedHistoryTest, testing::all_store_kinds(),
                         testing::name_of_store_kind);

}  // namespace
}  // namespace upout::kernel
