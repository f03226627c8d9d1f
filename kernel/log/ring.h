#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace upout::kernel {

/// Bytes on their way from one thread, which writes them, to another one, which takes them out, without a
/// lock. What has been written is there for the other one when it has been published.
class LogRing {
 public:
  /// A power of two.
  explicit LogRing(std::size_t capacity)
      : bytes_(std::make_unique_for_overwrite<std::byte[]>(capacity)), mask_(capacity - 1) {
    assert(std::has_single_bit(capacity));
  }

  std::size_t capacity() const noexcept { return mask_ + 1; }

  // The writer's
  // -------------------------------------------------------------------------------------------------------

  bool has_room(std::size_t bytes) noexcept {
    if (written_ - seen_head_ + bytes <= capacity()) [[likely]]
      return true;
    seen_head_ = head_.load(std::memory_order_acquire);
    return written_ - seen_head_ + bytes <= capacity();
  }
  /// There is room.
  void write(std::span<const std::byte> in) noexcept {
    if (in.empty()) return;
    const std::size_t at = written_ & mask_;
    const std::size_t first = std::min(in.size(), capacity() - at);
    std::memcpy(&bytes_[at], in.data(), first);
    std::memcpy(&bytes_[0], in.data() + first, in.size() - first);
    written_ += in.size();
  }
  /// Zeros up to a multiple of 8 bytes, for which there is room.
  void align() noexcept {
    static constexpr std::array<std::byte, 8> zeros{};
    write(std::span(zeros).first(-written_ % 8));
  }
  void publish() noexcept { tail_.store(written_, std::memory_order_release); }

  // The other one's
  // -------------------------------------------------------------------------------------------------------

  /// What has been published and not been taken out yet, in two pieces.
  std::array<std::span<const std::byte>, 2> published() const noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint64_t size = tail_.load(std::memory_order_acquire) - head;
    const std::size_t at = head & mask_;
    const std::size_t first = std::min<std::size_t>(size, capacity() - at);
    return {std::span<const std::byte>(&bytes_[at], first),
            std::span<const std::byte>(&bytes_[0], size - first)};
  }
  void take_out(std::size_t bytes) noexcept {
    head_.store(head_.load(std::memory_order_relaxed) + bytes, std::memory_order_release);
  }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t mask_;
  std::uint64_t written_ = 0;    ///< the writer's: so many in all
  std::uint64_t seen_head_ = 0;  ///< the writer's: `head_`, some time ago
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) std::atomic<std::uint64_t> head_{0};
};

}  // namespace upout::kernel
