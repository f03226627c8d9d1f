#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engines/partitioning.h"
#include "kernel/operation.h"
#include "platform/error.h"
#include "workloads/properties.h"
#include "workloads/property_reader.h"
#include "workloads/random.h"
#include "workloads/workload.h"

namespace upout::workloads {

/// One worker's transactions of the measured phase: it draws them, and knows what they have changed. Used by
/// one thread.
class TransactionStream {
 public:
  virtual ~TransactionStream() = default;
  virtual WriterProgress progress() const = 0;
  /// Transactions that ended neither by a commit nor because they themselves wanted to be aborted.
  virtual std::uint64_t failed() const = 0;
};

/// A workload of transactions over keys 0, 1, 2 ..., divided into partitions that are equal ranges of them:
/// in the sense of the workload, so that the same transactions can be run on an engine with one store. Each
/// class of this kind has, beside what stands here,
///
/// - `types`: the names of its types of transaction, for results;
/// - a `Request`: one transaction as it was drawn, with `type` and `keys()`, all that it is going to touch;
/// - a `Stream`, a `TransactionStream`: `draw(slot)` gives the request of the slot's next transaction, which
///   is the stream's and stays until `ended(request, committed)`;
/// - `transactions(slot, depth, seed, stores)`, which makes one, of slots 0 .. depth-1;
/// - `text(transaction, request)`: a coroutine over any `engines::TransactionContext` that gives a Verdict,
///   and may be run again from the beginning,
///
/// and a place in `visit_transactions` (workloads/transaction_workloads.h).
class TransactionWorkload : public Workload {
 public:
  bool has_transactions() const final { return true; }
  bool needs_order() const final { return false; }
  std::unique_ptr<RunStream> run(WorkerSlot, std::size_t, std::uint64_t) const final { return nullptr; }

  /// Whether there are partitions enough for what crosses them, with so many workers, and whether they fit
  /// those that the engine has: `stores`, 1 if all workers share one.
  virtual platform::Expected<void> check_deployment(unsigned workers, std::uint32_t stores) const = 0;
};

/// The properties that say what crosses partitions.
struct CrossingSettings {
  double percent = 0;            ///< of the transactions that may touch another partition
  std::uint32_t partitions = 0;  ///< 0: one a worker, at least two, and more if the engine's ask for it
  std::uint32_t touched = 2;     ///< by one that crosses

  static constexpr std::uint32_t most_partitions = 65536;

  /// Without a number given, a multiple of `stores`, those that the engine has: what stays in one of the
  /// workload's partitions then stays in one of the engine's.
  std::uint32_t partitions_of(unsigned workers, std::uint32_t stores) const {
    return partitions == 0 ? (std::max(2U, workers) + stores - 1) / stores * stores : partitions;
  }
  /// Whole shares as whole numbers, as they were given.
  nlohmann::json percent_json() const;
  nlohmann::json partitions_json() const;
  /// Whether each of so many workers' partitions has at least `least_keys` of `keys`, there are as many
  /// partitions as are touched, and none lies in two of the engine's.
  platform::Expected<void> check(unsigned workers, std::uint32_t stores, std::uint64_t keys,
                                 std::uint64_t least_keys) const;
};

/// Draws the partitions that one worker's transactions touch: the first is one of its own, which are those
/// that its rank has if partitions are dealt out to ranks in blocks.
class PartitionChooser {
 public:
  PartitionChooser(const CrossingSettings& settings, WorkerSlot slot, std::uint32_t stores)
      : percent_(settings.percent),
        partitions_(settings.partitions_of(slot.count, stores)),
        first_(first_of(slot.index, slot.count)),
        own_(std::max<std::uint32_t>(1, first_of(slot.index + 1, slot.count) - first_)) {}

  bool crosses(Random& random) const noexcept { return percent_ > 0 && random.unit() * 100 < percent_; }
  /// As many different ones as fit.
  void draw(Random& random, std::span<std::uint32_t> chosen) const noexcept {
    assert(chosen.size() <= partitions_);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      do {
        chosen[i] =
            static_cast<std::uint32_t>(i == 0 ? first_ + random.below(own_) : random.below(partitions_));
      } while (std::ranges::find(chosen.first(i), chosen[i]) != chosen.begin() + std::ptrdiff_t(i));
    }
  }
  std::uint32_t partitions() const noexcept { return partitions_; }

 private:
  std::uint32_t first_of(std::uint64_t worker, std::uint64_t workers) const noexcept {
    const std::uint64_t round_up = partitions_ >= workers ? workers - 1 : 0;
    return static_cast<std::uint32_t>((worker * partitions_ + round_up) / workers);
  }

  double percent_;
  std::uint32_t partitions_;
  std::uint32_t first_;  ///< of its own
  std::uint32_t own_;
};

/// The first key of a partition, and how many it has.
struct KeyRange {
  kernel::Key first;
  std::uint64_t count;
};

/// The ranges into which `keys` keys from 0 on are divided: each of the engine's `stores`, ranges themselves,
/// into as many; so that none lies in two of them, whatever is rounded.
std::vector<KeyRange> key_ranges(std::uint32_t partitions, std::uint64_t keys, std::uint32_t stores);

/// The same of blocks of so many keys each, by their numbers: those that lie in the partition as a whole.
/// Where a range ends within a block, that block is in none.
std::vector<KeyRange> block_ranges(std::uint32_t partitions, std::uint64_t blocks, std::uint64_t keys_each,
                                   std::uint32_t stores);

}  // namespace upout::workloads
