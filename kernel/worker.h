#pragma once

#include <cstddef>
#include <vector>

#include "kernel/frame_pool.h"
#include "kernel/heap.h"
#include "kernel/interleaver.h"

namespace upout::kernel {

class LogWriter;

/// What one thread needs to use one store: its part of the heap, its coroutine frames and their turns. Made
/// on the thread that uses it (for `Store<Shared>` while that thread holds a `ReaderRegistration`); must not
/// outlive the store.
class Worker {
 public:
  /// `log`: where changes go, or null; outlives the worker.
  explicit Worker(Heap& heap, LogWriter* log = nullptr)
      : heap_(&heap), cache_(&heap.acquire_cache()), log_(log) {}
  ~Worker() { heap_->release_cache(*cache_); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  Heap::Cache& cache() noexcept { return *cache_; }
  LogWriter* log() const noexcept { return log_; }
  FramePool& frame_pool() noexcept { return frames_; }
  Interleaver& interleaver() noexcept { return interleaver_; }
  std::vector<std::byte>& scratch() noexcept { return scratch_; }

 private:
  Heap* heap_;
  Heap::Cache* cache_;
  LogWriter* log_;
  FramePool frames_;
  Interleaver interleaver_;
  std::vector<std::byte> scratch_;
};

}  // namespace upout::kernel
