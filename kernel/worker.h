#pragma once

#include <cstddef>
#include <vector>

#include "kernel/frame_pool.h"
#include "kernel/heap.h"
#include "kernel/interleaver.h"

namespace upout::kernel {

/// What one thread needs to use one store: its part of the heap, its coroutine frames and their turns. Made
/// on the thread that uses it (for `Store<Shared>` while that thread holds a `ReaderRegistration`); must not
/// outlive the store.
class Worker {
 public:
  explicit Worker(Heap& heap) : heap_(&heap), cache_(&heap.acquire_cache()) {}
  ~Worker() { heap_->release_cache(*cache_); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  Heap::Cache& cache() noexcept { return *cache_; }
  FramePool& frame_pool() noexcept { return frames_; }
  Interleaver& interleaver() noexcept { return interleaver_; }
  std::vector<std::byte>& scratch() noexcept { return scratch_; }

 private:
  Heap* heap_;
  Heap::Cache* cache_;
  FramePool frames_;
  Interleaver interleaver_;
  std::vector<std::byte> scratch_;
};

}  // namespace upout::kernel
