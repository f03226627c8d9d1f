#include "kernel/heap.h"

#include <algorithm>
#include <new>
#include <utility>

#include "kernel/reclamation.h"

namespace upout::kernel {

namespace {

std::size_t alignment_of(std::size_t block_bytes) {
  return std::min<std::size_t>(block_bytes & (~block_bytes + 1), 64);
}

}  // namespace

/// Many blocks wait for the same grace period: one each would cost an allocation and a queue operation a
/// block.
struct Heap::Cache::Retired {
  struct Block {
    FreeBlock* block = nullptr;
    SizeClass size = SizeClass::of(0);
  };
  std::array<Block, 256> blocks;
  std::size_t count = 0;
};

Heap::Cache::Cache(Heap& heap) noexcept : heap_(&heap) {}
Heap::Cache::~Cache() = default;

void Heap::Cache::retire(void* block, SizeClass size) noexcept {
  if (retired_ == nullptr) retired_.reset(new (std::nothrow) Retired);
  if (retired_ == nullptr) return;
  retired_->blocks[retired_->count++] = {static_cast<FreeBlock*>(block), size};
  if (retired_->count == retired_->blocks.size()) free_retired();
}

void Heap::Cache::free_retired() noexcept {
  if (retired_ == nullptr) return;
  Retired* retired = retired_.release();
  const bool is_remembered = after_grace_period([retired, this] {
    for (const Retired::Block& each : std::span(retired->blocks).first(retired->count))
      free_remotely(each.block, each.block, each.size);
    delete retired;
  });
  if (!is_remembered) delete retired;
}

void* Heap::Cache::allocate(SizeClass size) noexcept {
  FreeBlock*& head = free_[size.index()];
  if (head == nullptr) head = take_returned(size);
  if (head != nullptr) return std::exchange(head, head->next);

  const std::size_t bytes = size.bytes();
  const std::size_t alignment = alignment_of(bytes);
  for (;;) {
    const auto address = reinterpret_cast<std::uintptr_t>(chunk_.data());
    const std::size_t padding = (alignment - address % alignment) % alignment;
    if (padding + bytes <= chunk_.size()) {
      void* block = chunk_.data() + padding;
      chunk_ = chunk_.subspan(padding + bytes);
      cut_bytes.store(cut_bytes.load(std::memory_order_relaxed) + padding + bytes, std::memory_order_relaxed);
      return block;
    }
    const std::span<std::byte> chunk = heap_->map_chunk(std::max(next_chunk_bytes_, bytes));
    if (chunk.empty()) return nullptr;  // what is left of the old one may do for smaller blocks
    chunk_ = chunk;
    next_chunk_bytes_ = std::min(next_chunk_bytes_ * 2, largest_chunk);
  }
}

void Heap::Cache::free(void* block, SizeClass size) noexcept {
  auto* freed = static_cast<FreeBlock*>(block);
  freed->link(std::exchange(free_[size.index()], freed));
}

void Heap::Cache::free_remotely(FreeBlock* first, FreeBlock* last, SizeClass size) noexcept {
  std::atomic<FreeBlock*>& head = returned_[size.index()];
  FreeBlock* next = head.load(std::memory_order_relaxed);
  do last->link(next);
  while (!head.compare_exchange_weak(next, first, std::memory_order_release, std::memory_order_relaxed));
}

FreeBlock* Heap::Cache::take_returned(SizeClass size) noexcept {
  std::atomic<FreeBlock*>& head = returned_[size.index()];
  if (head.load(std::memory_order_relaxed) == nullptr) return nullptr;
  return head.exchange(nullptr, std::memory_order_acquire);
}

Heap::Cache& Heap::acquire_cache() {
  const std::lock_guard lock(mutex_);
  if (idle_caches_.empty()) return *caches_.emplace_back(std::make_unique<Cache>(*this));
  Cache* cache = idle_caches_.back();
  idle_caches_.pop_back();
  return *cache;
}

void Heap::release_cache(Cache& cache) noexcept {
  cache.free_retired();
  const std::lock_guard lock(mutex_);
  idle_caches_.push_back(&cache);
}

std::int64_t Heap::record_balance() const {
  const std::lock_guard lock(mutex_);
  std::int64_t sum = 0;
  for (const auto& cache : caches_) sum += cache->record_balance.load(std::memory_order_relaxed);
  return sum;
}

std::size_t Heap::used_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const auto& cache : caches_) sum += cache->cut_bytes.load(std::memory_order_relaxed);
  return sum;
}

std::vector<std::span<const std::byte>> Heap::regions() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::span<const std::byte>> spans;
  for (const platform::Region& region : regions_) spans.emplace_back(region.bytes());
  return spans;
}

std::span<std::byte> Heap::map_chunk(std::size_t bytes) noexcept {
  platform::Expected<platform::Region> region = platform::Region::map(bytes, memory_);
  if (!region) return {};
  const std::lock_guard lock(mutex_);
  return regions_.emplace_back(std::move(*region)).bytes();
}

}  // namespace upout::kernel
