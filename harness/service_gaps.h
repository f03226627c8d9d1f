#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kernel/operation.h"
#include "platform/clock.h"

namespace upout::harness {

/// For how long a client got nothing from a partition, at the most. Used by one thread.
class ServiceGaps {
 public:
  /// None of what was given up counts. `partition_of(key)`: its number.
  template <class PartitionOf>
  void note(std::span<kernel::Operation* const> done, platform::Timestamp now, PartitionOf&& partition_of) {
    for (const kernel::Operation* operation : done) {
      if (operation->status == kernel::Status::no_answer) continue;
      const std::size_t partition = partition_of(operation->key);
      if (partition >= last_.size()) last_.resize(partition + 1, none);
      platform::Timestamp& last = last_[partition];
      if (last != none) longest_ = std::max(longest_, now - last);
      last = now;
    }
  }
  platform::Timestamp longest() const noexcept { return longest_; }

 private:
  static constexpr platform::Timestamp none = platform::Timestamp::min();

  std::vector<platform::Timestamp> last_;  ///< when each has answered last
  platform::Timestamp longest_{};
};

}  // namespace upout::harness
