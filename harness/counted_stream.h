#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "workloads/workload.h"

namespace upout::harness {

/// The `index`-th of `count` shares, which differ by at most one and add up to `whole`.
constexpr std::uint64_t even_share(std::uint64_t whole, std::uint64_t index, std::uint64_t count) noexcept {
  return whole / count + (index < whole % count ? 1 : 0);
}

/// The next so many operations of a stream.
class CountedStream final : public workloads::OperationStream {
 public:
  /// `stream` must outlive it.
  CountedStream(workloads::OperationStream& stream, std::uint64_t operations)
      : stream_(&stream), left_(operations) {}

  std::size_t next(std::span<kernel::Operation* const> free) override {
    const std::size_t wanted = std::min<std::uint64_t>(left_, free.size());
    const std::size_t filled = wanted == 0 ? 0 : stream_->next(free.first(wanted));
    left_ -= filled;
    return filled;
  }
  void complete(std::span<kernel::Operation* const> done) override { stream_->complete(done); }
  std::uint64_t failed() const override { return stream_->failed(); }

 private:
  workloads::OperationStream* stream_;
  std::uint64_t left_;
};

}  // namespace upout::harness
