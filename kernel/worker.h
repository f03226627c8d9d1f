#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernel/frame_pool.h"
#include "kernel/heap.h"
#include "kernel/interleaver.h"
#include "kernel/reclamation.h"

namespace upout::kernel {

/// What one thread needs to use one store: its part of the heap, its coroutine frames and their turns. Made
/// on the thread that uses it (for `Store<Shared>` while that thread holds a `ReaderRegistration`); must not
/// outlive the store.
class Worker {
 public:
  explicit Worker(Heap& heap) : heap_(&heap), cache_(&heap.acquire_cache()) {}
  ~Worker() {
    retire_rest();
    heap_->release_cache(*cache_);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  Heap::Cache& cache() noexcept { return *cache_; }
  FramePool& frame_pool() noexcept { return frames_; }
  Interleaver& interleaver() noexcept { return interleaver_; }
  std::vector<std::byte>& scratch() noexcept { return scratch_; }

  /// Frees a block after the next grace period. Many wait for the same one: each costs liburcu an allocation
  /// and a queue operation.
  void retire(void* block, SizeClass size) {
    retired_.push_back({block, size});
    if (retired_.size() == retired_together) retire_rest();
  }
  /// Begins the grace period of all that has been retired so far.
  void retire_rest() {
    if (retired_.empty()) return;
    after_grace_period([blocks = std::move(retired_), cache = cache_] {
      for (const Retired& retired : blocks) {
        auto* block = static_cast<FreeBlock*>(retired.block);
        cache->free_remotely(block, block, retired.size);
      }
    });
    retired_.clear();
    retired_.reserve(retired_together);
  }

 private:
  struct Retired {
    void* block;
    SizeClass size;
  };
  static constexpr std::size_t retired_together = 256;

  Heap* heap_;
  Heap::Cache* cache_;
  FramePool frames_;
  Interleaver interleaver_;
  std::vector<std::byte> scratch_;
  std::vector<Retired> retired_;
};

}  // namespace upout::kernel
