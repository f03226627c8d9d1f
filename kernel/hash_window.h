#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "kernel/hash_index.h"
#include "kernel/operation.h"
#include "kernel/prefetch.h"
#include "kernel/record.h"

namespace upout::kernel {

/// The operations of a batch whose records were found in an overflow bucket: each is done when the lines of
/// some later ones have been asked for.
template <class Policy, class Perform>
class LateOperations {
 public:
  explicit LateOperations(const Perform& perform) noexcept : perform_(&perform) {}
  ~LateOperations() {
    for (const Late& late : ring_) finish(late);
  }
  LateOperations(const LateOperations&) = delete;
  LateOperations& operator=(const LateOperations&) = delete;

  [[gnu::noinline]] void add(const HashIndex<Policy>& index, Operation& operation, KeyHash hash) noexcept {
    Record<Policy>* candidate = index.overflow_candidate(hash);
    if (candidate == nullptr) {
      (*perform_)(operation, nullptr);
      return;
    }
    prefetch_touched(*candidate, operation);
    Late& place = ring_[count_++ % ring_.size()];
    finish(place);
    place = {&operation, candidate};
  }

 private:
  struct Late {
    Operation* operation = nullptr;
    Record<Policy>* record = nullptr;
  };
  void finish(const Late& late) const noexcept {
    if (late.operation != nullptr) (*perform_)(*late.operation, late.record);
  }

  const Perform* perform_;
  std::size_t count_ = 0;
  std::array<Late, 4> ring_;
};

/// Does the single-key operations of one batch on a hash index, a window of them in flight: as a group ends,
/// the next one begins, and the group half a window behind takes its second step. So each line has half a
/// turn to come in while the processor serves others; stage after stage of a whole batch would leave either
/// the memory or the processor idle. (Software-pipelined prefetching: Chen, Ailamaki, Gibbons and Mowry, ICDE
/// 2004. The few that need more steps leave the window: AMAC, Kocberber, Falsafi and Grot, PVLDB 2015.)
///
/// `perform(operation, record)` does one; the record may be its key's, or is null. The calling thread
/// announces itself quiescent only afterwards.
template <class Policy, class Perform>
void perform_interleaved(const HashIndex<Policy>& index, std::span<Operation* const> operations,
                         const Perform& perform) noexcept {
  constexpr std::size_t window = 16;
  constexpr std::size_t group = 2;
  static_assert(window / 2 % group == 0);

  // Of operation i at i % window. Not initialised: only what was written is read.
  std::array<KeyHash, window> hashes;
  std::array<Record<Policy>*, window> candidates;
  LateOperations<Policy, Perform> late(perform);

  const auto begin = [&](std::size_t i) noexcept {
    const KeyHash hash(operations[i]->key);
    hashes[i % window] = hash;
    prefetch(index.first_bucket(hash));
  };
  const auto probe = [&](std::size_t i) noexcept {
    const KeyHash hash = hashes[i % window];
    const auto found = index.first_probe(index.first_bucket(hash), hash);
    candidates[i % window] = found.candidate;
    if (found.candidate != nullptr) [[likely]] {
      prefetch_touched(*found.candidate, *operations[i]);
    } else if (found.bucket != nullptr) {
      prefetch(found.bucket);
    }
  };
  const auto end = [&](std::size_t i) noexcept {
    if (Record<Policy>* candidate = candidates[i % window]; candidate != nullptr) [[likely]] {
      perform(*operations[i], candidate);
    } else {
      late.add(index, *operations[i], hashes[i % window]);
    }
  };
  const auto turn = [&](std::size_t first, std::size_t count) noexcept {
    for (std::size_t i = first; i < first + count; ++i) end(i);
    for (std::size_t i = first; i < first + count; ++i) begin(i + window);
    for (std::size_t i = first; i < first + count; ++i) probe(i + window / 2);
  };

  const std::size_t all = operations.size();
  std::size_t probed = 0;
  std::size_t ended = 0;
  for (std::size_t i = 0; i < std::min(all, window); ++i) begin(i);
  if (all > window) {
    for (; probed < window / 2; ++probed) probe(probed);
    for (; ended + window + group <= all; ended += group) turn(ended, group);
    turn(ended, all - window - ended);
    ended = all - window;
    probed = ended + window / 2;
  }
  for (; probed < all; ++probed) probe(probed);
  for (; ended < all; ++ended) end(ended);
}

}  // namespace upout::kernel
