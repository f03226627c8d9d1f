#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace upout::workloads {

/// Numbers one worker's inserts and knows up to where they have all been acknowledged, in whatever order that
/// happens. Those in flight form a list in the order of their numbers, threaded through the slots: both calls
/// take constant time however long one of them lags behind the others.
class InsertLedger {
 public:
  explicit InsertLedger(std::size_t depth)
      : in_flight_(depth + 1, {0, static_cast<std::uint32_t>(depth), static_cast<std::uint32_t>(depth)}) {}

  /// The number of the next insert, 0, 1, 2 ...; the operation in `slot` is going to do it.
  std::uint64_t begin(std::uint32_t slot) {
    Link& ends = in_flight_.back();
    const auto end = static_cast<std::uint32_t>(in_flight_.size() - 1);
    in_flight_[slot] = {next_, ends.before, end};
    in_flight_[ends.before].after = slot;
    ends.before = slot;
    return next_++;
  }

  /// The insert in `slot` is done; `added` says whether its record is there now.
  void end(std::uint32_t slot, bool added) {
    const Link link = in_flight_[slot];
    in_flight_[link.before].after = link.after;
    in_flight_[link.after].before = link.before;
    if (!added) first_failed_ = std::min(first_failed_, link.number);
  }

  /// All inserts with a smaller number have been acknowledged. One that failed holds it back for good.
  std::uint64_t acknowledged() const {
    const std::uint32_t oldest = in_flight_.back().after;
    const bool none_in_flight = oldest == in_flight_.size() - 1;
    return std::min(first_failed_, none_in_flight ? next_ : in_flight_[oldest].number);
  }

 private:
  struct Link {
    std::uint64_t number;
    std::uint32_t before;
    std::uint32_t after;
  };

  std::vector<Link> in_flight_;  ///< by slot; the last one is the list's two ends
  std::uint64_t next_ = 0;
  std::uint64_t first_failed_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace upout::workloads
