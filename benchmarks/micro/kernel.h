#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernel/reclamation.h"
#include "kernel/store.h"
#include "keys.h"
#include "lazy.h"

/// What the benchmarks of the kernel share: stores with all records, and one thread's way into them.
namespace upout::micro {

template <class Policy>
using OwnedStore = std::unique_ptr<kernel::Store<Policy>>;

template <class Policy>
using LazyStore = Lazy<OwnedStore<Policy>>;

/// "shared" or "exclusive".
template <class Policy>
const char* policy_name() noexcept {
  return Policy::is_shared ? "shared" : "exclusive";
}

/// All records, their values `value_bytes` long and beginning with the record's number.
template <class Policy>
OwnedStore<Policy> filled_store(kernel::StoreOptions options, std::size_t value_bytes = 8) {
  options.expected_records = record_count;
  auto store = kernel::Store<Policy>::create(options);
  if (!store) throw std::runtime_error(store.error().to_string());
  const kernel::ReaderRegistration registration;
  kernel::Worker worker((*store)->heap());
  std::vector<std::uint64_t> value((value_bytes + 7) / 8);
  for (std::uint64_t number = 0; number < record_count; ++number) {
    value[0] = number;
    const auto bytes = std::as_bytes(std::span(value)).first(value_bytes);
    if ((*store)->insert(worker, key_of(number), bytes) != kernel::Status::ok)
      throw std::runtime_error("an insert failed");
  }
  // A growth that the last inserts have begun is not left to what is measured.
  for (std::uint64_t number = 0; number < record_count; ++number) (*store)->execute(worker, {});
  return std::move(*store);
}

/// Operations of one kind by the batch of `depth`, on keys drawn uniformly. Used by the benchmark's thread.
template <class Policy>
class Batches {
 public:
  Batches(benchmark::State& state, LazyStore<Policy>& lazy, kernel::OperationKind kind, std::size_t depth,
          std::size_t bytes)
      : state_(&state),
        store_(lazy.value().get()),
        worker_(store_->heap()),
        memory_(depth * bytes),
        operations_(depth),
        numbers_(record_count, 1 + static_cast<std::uint64_t>(state.thread_index())) {
    for (std::size_t i = 0; i < depth; ++i) {
      const auto part = std::span(memory_).subspan(i * bytes, bytes);
      operations_[i].kind = kind;
      if (kind == kernel::OperationKind::update) {
        operations_[i].input = part;
      } else {
        operations_[i].output = part;
      }
      batch_.push_back(&operations_[i]);
    }
  }

  std::span<kernel::Operation> operations() { return operations_; }

  /// Runs the benchmark's loop. At least `batch_size` operations lie between two looks at it, so that it
  /// costs all depths the same.
  void run() {
    const std::size_t batches = operations_.size() < batch_size ? batch_size / operations_.size() : 1;
    std::uint64_t failed = 0;
    for (auto _ : *state_) {
      for (std::size_t batch = 0; batch < batches; ++batch) {
        for (kernel::Operation& operation : operations_) operation.key = key_of(numbers_.next());
        store_->execute(worker_, batch_);
        for (const kernel::Operation& operation : operations_)
          failed += operation.status != kernel::Status::ok;
        benchmark::DoNotOptimize(memory_.data());
      }
    }
    if (failed != 0) state_->SkipWithError("an operation failed");
    state_->SetItemsProcessed(state_->iterations() * static_cast<std::int64_t>(batches * operations_.size()));
  }

 private:
  benchmark::State* state_;
  kernel::Store<Policy>* store_;  // filled, perhaps just now, by a thread that is registered for that alone
  kernel::ReaderRegistration registration_;
  kernel::Worker worker_;
  std::vector<std::byte> memory_;
  std::vector<kernel::Operation> operations_;
  std::vector<kernel::Operation*> batch_;
  UniformNumbers numbers_;
};

}  // namespace upout::micro
