#pragma once

#include <memory>
#include <utility>

#include "workloads/workload.h"

namespace upout::workloads {

/// A stream that is another one in all that is not overridden. Owns it.
class ForwardingStream : public RunStream {
 public:
  explicit ForwardingStream(std::unique_ptr<RunStream> stream) : stream_(std::move(stream)) {}

  std::size_t next(std::span<kernel::Operation* const> free) override { return stream_->next(free); }
  void complete(std::span<kernel::Operation* const> done) override { stream_->complete(done); }
  std::uint64_t failed() const override { return stream_->failed(); }
  WriterProgress progress() const override { return stream_->progress(); }

 private:
  std::unique_ptr<RunStream> stream_;
};

/// A workload of single operations that is another one in all that is not overridden, for those who look at
/// what passes or change it. That one must outlive it.
class ForwardingWorkload : public Workload {
 public:
  explicit ForwardingWorkload(const Workload& workload) : workload_(&workload) {}

  std::string_view name() const override { return workload_->name(); }
  nlohmann::json properties() const override { return workload_->properties(); }
  std::uint64_t record_count() const override { return workload_->record_count(); }
  std::size_t value_bytes() const override { return workload_->value_bytes(); }
  bool needs_order() const override { return workload_->needs_order(); }
  bool inserts() const override { return workload_->inserts(); }
  RunLimits limits() const override { return workload_->limits(); }
  std::size_t output_bytes() const override { return workload_->output_bytes(); }
  kernel::Key largest_key() const override { return workload_->largest_key(); }
  std::unique_ptr<OperationStream> load(WorkerSlot slot, std::size_t depth) const override {
    return workload_->load(slot, depth);
  }
  std::unique_ptr<RunStream> run(WorkerSlot slot, std::size_t depth, std::uint64_t seed) const override {
    return workload_->run(slot, depth, seed);
  }
  std::unique_ptr<AuditStream> audit(WorkerSlot slot, std::size_t depth,
                                     std::span<const WriterProgress> writers) const override {
    return workload_->audit(slot, depth, writers);
  }
  std::uint64_t expected_records(std::span<const WriterProgress> writers) const override {
    return workload_->expected_records(writers);
  }
  std::optional<std::uint64_t> expected_sum(std::span<const WriterProgress> writers) const override {
    return workload_->expected_sum(writers);
  }

 private:
  const Workload* workload_;
};

}  // namespace upout::workloads
