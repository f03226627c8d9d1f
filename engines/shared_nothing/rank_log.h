#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engines/durability.h"
#include "engines/durable_log.h"
#include "engines/partitioning.h"
#include "engines/shared_nothing/partitions.h"
#include "kernel/log/checkpoint.h"
#include "kernel/log/log_image.h"
#include "kernel/log/log_writer.h"
#include "kernel/log/recovery.h"
#include "kernel/reclamation.h"
#include "platform/error.h"

namespace upout::engines::shared_nothing {

/// The redo log of one rank: of all its partitions, whose keys say which of them a change belongs to. Made
/// and used by the rank's thread.
class RankLog {
 public:
  explicit RankLog(std::unique_ptr<DurableLog> log) : log_(std::move(log)), writer_(log_->log().writer()) {}
  RankLog(const RankLog&) = delete;
  RankLog& operator=(const RankLog&) = delete;

  DurableLog& durable() noexcept { return *log_; }
  kernel::Log& log() const noexcept { return log_->log(); }
  /// For one of so many ranks.
  AwaitedLog awaited(int ranks) noexcept {
    AwaitedLog awaited = log_->awaited();
    if (ranks > 1) awaited.signal = nullptr;  // who sleeps serves nobody
    return awaited;
  }
  kernel::LogWriter* writer() noexcept { return &*writer_; }

  /// Ends it: nothing is written any more.
  platform::Expected<void> close() {
    writer_.reset();
    return log_->close();
  }

  /// A copy of all records, from which on the log is needed, and its bytes. No operation is under way.
  template <class Policy>
  platform::Expected<std::size_t> take_checkpoint(const Partitions<Policy>& partitions) {
    std::optional<kernel::ReaderRegistration> registration;
    if constexpr (Policy::is_shared) registration.emplace();
    auto checkpoint = kernel::CheckpointWriter::begin(log());
    if (!checkpoint) return tl::unexpected(checkpoint.error());
    for (const Partition<Policy>* partition : partitions) {
      kernel::Worker worker(partition->store->heap());
      if (auto added = checkpoint->add(*partition->store, worker); !added)
        return tl::unexpected(added.error());
    }
    return checkpoint->finish().map([&] { return checkpoint->bytes(); });
  }

 private:
  std::unique_ptr<DurableLog> log_;
  std::optional<kernel::LogWriter> writer_;
};

/// What a rank goes on with.
template <class Policy>
struct RecoveredPartitions {
  std::unique_ptr<RankLog> log;  ///< null: it keeps none
  Partitions<Policy> partitions;
  RecoveryReport report = {};
};

/// Does again what the image has, in empty partitions. How many changes these were.
template <class Policy>
platform::Expected<std::uint64_t> redo(const kernel::LogImage& image, const Partitioning& partitioning,
                                       Partitions<Policy>& partitions) {
  std::optional<kernel::ReaderRegistration> registration;
  if constexpr (Policy::is_shared) registration.emplace();
  std::vector<std::unique_ptr<kernel::Worker>> unlogged(partitioning.partitions());
  for (const Partition<Policy>* partition : partitions)
    unlogged[partition->number] = std::make_unique<kernel::Worker>(partition->store->heap());
  const auto target_of = [&](kernel::Key key) -> kernel::RecoveryTarget<Policy> {
    const std::uint32_t number = partitioning.partition_of(key);
    const Partition<Policy>* partition = partitions.find(number);
    if (partition == nullptr) return {nullptr, nullptr};
    return {partition->store.get(), unlogged[number].get(), number};
  };
  kernel::Recovery<Policy> recovery(image);
  const auto one_after_the_other = [&](std::size_t count, auto&& use) {
    for (std::size_t i = 0; i < count; ++i) use(i, target_of);
  };
  return recovery.run(one_after_the_other).map([&] { return recovery.changes(); });
}

/// Opens the log of a rank, with all that it has: `make(writer)` makes the rank's partitions, empty, whose
/// changes go to `writer`; null: nowhere.
template <class Policy, class Make>
platform::Expected<RecoveredPartitions<Policy>> recover(const DurabilityOptions& options,
                                                        const Partitioning& partitioning, Make&& make) {
  const auto with = [&](std::unique_ptr<RankLog> log) {
    return make(log == nullptr ? nullptr : log->writer()).map([&](Partitions<Policy>&& made) {
      return RecoveredPartitions<Policy>{.log = std::move(log), .partitions = std::move(made)};
    });
  };
  if (options.durability == Durability::none) return with(nullptr);
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const auto image = kernel::LogImage::open(options.folder);
  if (!image) return tl::unexpected(image.error());
  const auto read = Clock::now();
  auto log = image->go_on().and_then(
      [&](const kernel::LogOptions& goes_on) { return DurableLog::create(goes_on, options); });
  if (!log) return tl::unexpected(log.error());
  auto recovered = with(std::make_unique<RankLog>(std::move(*log)));
  if (!recovered) return recovered;
  const auto changes = redo(*image, partitioning, recovered->partitions);
  if (!changes) return tl::unexpected(changes.error());
  recovered->report = {.log_bytes = image->bytes(),
                       .changes = *changes,
                       .reading_seconds = std::chrono::duration<double>(read - begin).count(),
                       .redoing_seconds = std::chrono::duration<double>(Clock::now() - read).count()};
  return recovered;
}

}  // namespace upout::engines::shared_nothing
