#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>

#include "kernel/frame_pool.h"
#include "kernel/retry.h"
#include "tests/workloads/model_store.h"

namespace upout::workloads {

template <class T>
struct Ready {
  T value;
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  T await_resume() const noexcept { return value; }
};

/// Does everything at once, in the model of a store, and notes which keys are touched.
class ModelTransaction {
 public:
  explicit ModelTransaction(ModelStore& store) : store_(&store) {}

  Ready<bool> begin(std::span<const kernel::Key>) { return {true}; }
  Ready<kernel::Status> read(kernel::Key key, std::uint32_t offset, std::span<std::byte> output,
                             std::uint32_t& copied) {
    kernel::Operation operation{.key = key, .output_offset = offset, .output = output};
    apply(operation);
    copied = operation.output_size;
    return {operation.status};
  }
  Ready<kernel::Status> update(kernel::Key key, std::uint32_t offset, std::span<const std::byte> input) {
    kernel::Operation operation{
        .kind = kernel::OperationKind::update, .key = key, .input_offset = offset, .input = input};
    return {apply(operation)};
  }
  Ready<kernel::Status> insert(kernel::Key key, std::span<const std::byte> input) {
    kernel::Operation operation{.kind = kernel::OperationKind::insert, .key = key, .input = input};
    return {apply(operation)};
  }
  Ready<kernel::Status> remove(kernel::Key key) {
    kernel::Operation operation{.kind = kernel::OperationKind::remove, .key = key};
    const bool is_there = store_->records.contains(key);
    apply(operation);
    return {is_there ? kernel::Status::ok : kernel::Status::not_found};
  }
  Ready<bool> commit() { return {true}; }
  void abort() {}
  Ready<bool> pause(std::uint64_t) { return {true}; }
  kernel::AbortCause cause() const { return kernel::AbortCause::requested; }
  bool is_doomed() const { return false; }
  kernel::FramePool& frame_pool() { return frames_; }

  std::set<kernel::Key> touched;

 private:
  kernel::Status apply(kernel::Operation& operation) {
    touched.insert(operation.key);
    store_->apply(operation);
    return operation.status;
  }

  ModelStore* store_;
  kernel::FramePool frames_;
};

}  // namespace upout::workloads
