#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "platform/memory.h"

namespace upout::kernel {

/// The sizes in which the heap hands out memory: every multiple of 8 bytes up to 256, then eight steps a
/// doubling, so that at most an eighth of a large block is unused. A size always falls into the same class.
class SizeClass {
 public:
  static constexpr std::size_t largest_block = std::size_t{1} << 21;

  static constexpr SizeClass of(std::size_t bytes) noexcept {
    if (bytes <= fine_limit) return SizeClass(static_cast<std::uint32_t>((bytes + 7) / 8));
    const auto exponent =
        static_cast<std::uint32_t>(std::bit_width(bytes - 1)) - 1;  // 2^exponent < bytes <= 2^(exponent+1)
    const std::size_t step = std::size_t{1} << (exponent - 3);
    const auto steps = static_cast<std::uint32_t>((bytes - (std::size_t{1} << exponent) + step - 1) / step);
    return SizeClass(fine_classes + (exponent - 8) * 8 + steps);
  }

  /// A class of its own for a part of an index. It may be given back to another cache than it came from, and
  /// if records had blocks out of there, their versions could repeat: a cache's `first_version` knows only of
  /// records that were given back to it.
  static constexpr SizeClass of_index(std::size_t bytes) noexcept {
    return SizeClass(of(bytes).index_ + sizes);
  }

  constexpr std::uint32_t index() const noexcept { return index_; }
  constexpr std::size_t bytes() const noexcept {
    const std::uint32_t size = index_ % sizes;
    if (size <= fine_classes) return std::size_t{size} * 8;
    const std::uint32_t exponent = 8 + (size - fine_classes - 1) / 8;
    const std::uint32_t steps = (size - fine_classes - 1) % 8 + 1;
    return (std::size_t{1} << exponent) + (std::size_t{steps} << (exponent - 3));
  }
  friend constexpr bool operator==(SizeClass, SizeClass) = default;

 private:
  static constexpr std::size_t fine_limit = 256;
  static constexpr std::uint32_t fine_classes = fine_limit / 8;
  static constexpr std::uint32_t sizes = fine_classes + 1 + (21 - 8) * 8;

  explicit constexpr SizeClass(std::uint32_t index) noexcept : index_(index) {}
  std::uint32_t index_;

 public:
  static constexpr std::size_t count = 2 * std::size_t{sizes};
};

/// A block that has been freed: linked through its second word, because its first one is the header of a
/// record whose absent bit must stay readable.
struct FreeBlock {
  std::uint64_t header;
  FreeBlock* next;

  /// As one word, because a reader in another process (remote_hash_reader.h), for whom no grace period waits,
  /// may be looking at it.
  void link(FreeBlock* to) noexcept { std::atomic_ref(next).store(to, std::memory_order_relaxed); }
};

/// The memory of one store: regions from the system, cut into blocks by size class, one cache a worker.
/// Memory goes back to the cache that asks for it next and to the system when the heap ends; a block stays
/// mapped and in its class, so a stale pointer still points to a block.
class Heap {
 public:
  /// One worker's part; used by one thread at a time. The heap owns it.
  class Cache {
   public:
    explicit Cache(Heap& heap) noexcept;
    ~Cache();

    /// A block of at least 16 bytes, aligned to the greatest power of two (8 to 64) that divides its size;
    /// null if there is no memory.
    void* allocate(SizeClass size) noexcept;
    /// Takes back a block that nobody looks at any more.
    void free(void* block, SizeClass size) noexcept;
    /// Takes back a block that optimistic readers may still look at: it is free after the next grace period
    /// that begins when enough blocks have come together, or at `free_retired`. A block for which there is no
    /// memory to remember it stays unused until the heap ends.
    void retire(void* block, SizeClass size) noexcept;
    /// Begins the grace period of all that has been retired so far.
    void free_retired() noexcept;
    /// As `free`, but may be called on any thread: the owner finds the blocks when it runs out. `first` to
    /// `last` are linked.
    void free_remotely(FreeBlock* first, FreeBlock* last, SizeClass size) noexcept;

    /// Records inserted less records removed through this cache; read by any thread.
    std::atomic<std::int64_t> record_balance{0};
    /// Bytes cut into blocks, in use or free; read by any thread.
    std::atomic<std::size_t> cut_bytes{0};
    /// Greater than the versions of all records that have been given back to this cache.
    std::uint64_t first_version = 1;

   private:
    struct Retired;

    FreeBlock* take_returned(SizeClass size) noexcept;

    Heap* heap_;
    std::unique_ptr<Retired> retired_;
    std::span<std::byte> chunk_;
    std::size_t next_chunk_bytes_ = smallest_chunk;
    std::array<FreeBlock*, SizeClass::count> free_{};
    std::array<std::atomic<FreeBlock*>, SizeClass::count> returned_{};
  };

  /// `memory`: where the regions are to lie, and of which pages they are to be.
  explicit Heap(platform::Region::Options memory = {}) : memory_(std::move(memory)) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// A cache for a new worker: one that an earlier worker gave back, or a fresh one. Any thread.
  Cache& acquire_cache();
  void release_cache(Cache& cache) noexcept;

  /// Inserts less removes over all caches: the number of records, if no operation is under way. Any thread.
  std::int64_t record_balance() const;
  /// Bytes that have been cut into blocks, whether they are in use or free. What has been mapped beyond that
  /// has not been touched yet. Any thread.
  std::size_t used_bytes() const;
  const platform::Region::Options& memory() const noexcept { return memory_; }
  /// The regions that have been mapped so far; what has not been cut into blocks yet has no pages. Any
  /// thread.
  std::vector<std::span<const std::byte>> regions() const;

 private:
  static constexpr std::size_t smallest_chunk = std::size_t{2} << 20;
  static constexpr std::size_t largest_chunk = std::size_t{64} << 20;

  std::span<std::byte> map_chunk(std::size_t bytes) noexcept;

  platform::Region::Options memory_;
  mutable std::mutex mutex_;
  std::vector<platform::Region> regions_;
  std::vector<std::unique_ptr<Cache>> caches_;
  std::vector<Cache*> idle_caches_;
};

}  // namespace upout::kernel
