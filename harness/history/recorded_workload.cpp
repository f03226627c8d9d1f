#include "harness/history/recorded_workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace upout::harness {

namespace {

/// A stream and the log of what it has done.
class RecordedStream final : public workloads::ForwardingStream {
 public:
  RecordedStream(std::unique_ptr<workloads::RunStream> stream, std::shared_ptr<HistoryLog> log)
      : ForwardingStream(std::move(stream)), log_(std::move(log)) {}

  std::size_t next(std::span<kernel::Operation* const> free) override {
    const std::size_t filled = ForwardingStream::next(free);
    log_->begin(free.first(filled));
    return filled;
  }
  void complete(std::span<kernel::Operation* const> done) override {
    log_->end(done);
    ForwardingStream::complete(done);
  }

 private:
  std::shared_ptr<HistoryLog> log_;
};

}  // namespace

platform::Expected<std::unique_ptr<RecordedWorkload>> RecordedWorkload::create(
    const workloads::Workload& workload, std::size_t limit) {
  const auto* values = dynamic_cast<const workloads::VersionedWorkload*>(&workload);
  if (values == nullptr) {
    return platform::unexpected("", fmt::format("it with {}", workload.name()),
                                "a workload of reads and writes of single records: ycsb-a, ycsb-b, ycsb-c, "
                                "ycsb-d, ycsb-f or ycsb");
  }
  return values->check_versions().map(
      [&] { return std::unique_ptr<RecordedWorkload>(new RecordedWorkload(workload, *values, limit)); });
}

std::unique_ptr<workloads::RunStream> RecordedWorkload::run(workloads::WorkerSlot slot, std::size_t depth,
                                                            std::uint64_t seed) const {
  auto log = std::make_shared<HistoryLog>(*values_, slot, depth, limit_);
  {
    const std::scoped_lock lock(making_);
    logs_[slot.index] = log;
  }
  return std::make_unique<RecordedStream>(ForwardingWorkload::run(slot, depth, seed), std::move(log));
}

HistoryPart RecordedWorkload::part() const {
  const std::scoped_lock lock(making_);
  HistoryPart part;
  for (const auto& [worker, log] : logs_) {
    part.entries.insert(part.entries.end(), log->entries().begin(), log->entries().end());
    part.full_at = std::min(part.full_at, log->full_at());
  }
  return part;
}

}  // namespace upout::harness
