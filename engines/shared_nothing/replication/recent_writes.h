#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

#include "kernel/hash.h"
#include "kernel/operation.h"

namespace upout::engines::shared_nothing {

/// Which records of a primary's partition may have changes that are not committed yet: what is read of the
/// others depends on no copy. Records share places, so that some are taken for changed which are not. Used by
/// the rank's thread.
class RecentWrites {
 public:
  /// Something has been written, and will be in the stream when it has been shipped the next time.
  void note(kernel::Key key) {
    if (places_ == nullptr) places_ = std::make_unique<Places>();
    (*places_)[place_of(key)] = writing_;
    has_written_ = true;
  }
  /// All that was noted is in the stream, before that position.
  void shipped(std::uint64_t position) {
    if (!std::exchange(has_written_, false)) return;
    shipped_.emplace_back(writing_++, position);
  }
  /// Everything before that position is committed.
  void committed(std::uint64_t position) {
    committed_ = std::max(committed_, position);
    while (!shipped_.empty() && shipped_.front().second <= committed_) {
      settled_ = shipped_.front().first;
      shipped_.pop_front();
    }
  }
  /// Until everything before that position is committed, nothing is known of any record.
  void know_nothing_before(std::uint64_t position) noexcept {
    known_from_ = position;
    committed_ = 0;
  }

  bool may_be_uncommitted(kernel::Key key) const noexcept {
    if (committed_ < known_from_) return true;
    return places_ != nullptr && (*places_)[place_of(key)] > settled_;
  }

 private:
  /// Of which a few hundred changes that are under way leave most free.
  using Places = std::array<std::uint64_t, 4096>;
  static std::size_t place_of(kernel::Key key) noexcept {
    return kernel::KeyHash(key).bucket_bits() % std::tuple_size_v<Places>;
  }

  std::unique_ptr<Places> places_;  ///< the last shipment that had a change there; null: there was none
  std::uint64_t writing_ = 1;       ///< the shipment that is being filled
  std::uint64_t settled_ = 0;       ///< all up to this one are committed
  bool has_written_ = false;
  std::deque<std::pair<std::uint64_t, std::uint64_t>> shipped_;  ///< not committed: which, and where it ends
  std::uint64_t committed_ = 0;
  std::uint64_t known_from_ = 0;
};

}  // namespace upout::engines::shared_nothing
