#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kernel/operation.h"
#include "platform/clock.h"

namespace upout::harness {

/// For how long a client got nothing from a partition that it had asked for something, at the most. What was
/// given up is no answer, and has been asked for; while nothing is asked for, nobody waits. Used by one
/// thread.
class ServiceGaps {
 public:
  /// Operations have come back; `started`: when each was begun, by slot. `partition_of(key)`: its number.
  template <class PartitionOf>
  void note(std::span<kernel::Operation* const> done, std::span<const platform::Timestamp> started,
            platform::Timestamp now, PartitionOf&& partition_of) {
    for (const kernel::Operation* operation : done) {
      const std::size_t number = partition_of(operation->key);
      if (number >= partitions_.size()) partitions_.resize(number + 1);
      Partition& partition = partitions_[number];
      partition.waiting_since =
          std::min(partition.waiting_since, std::max(partition.answered, started[operation->slot]));
    }
    for (const kernel::Operation* operation : done) {
      Partition& partition = partitions_[partition_of(operation->key)];
      if (operation->status == kernel::Status::no_answer || partition.waiting_since > now) continue;
      longest_ = std::max(longest_, now - partition.waiting_since);
      partition = {.answered = now};
    }
  }
  /// With what has not been answered until `end`, when nothing is under way any more.
  platform::Timestamp longest(platform::Timestamp end) const noexcept {
    platform::Timestamp longest = longest_;
    for (const Partition& partition : partitions_) {
      if (partition.waiting_since < end) longest = std::max(longest, end - partition.waiting_since);
    }
    return longest;
  }

 private:
  struct Partition {
    platform::Timestamp answered = platform::Timestamp::min();  ///< when last
    platform::Timestamp waiting_since = platform::Timestamp::max();
  };

  std::vector<Partition> partitions_;
  platform::Timestamp longest_{};
};

}  // namespace upout::harness
