#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "kernel/log/log_file.h"
#include "kernel/log/log_writer.h"
#include "platform/error.h"

namespace upout::kernel {

struct LogOptions {
  std::filesystem::path folder;  ///< that exists; one log has it to itself
  /// Of each writer: a power of two, and twice the largest value.
  std::size_t ring_bytes = std::size_t{8} << 20;
  std::size_t file_bytes = std::size_t{64} << 20;  ///< after which a new file is begun
  /// Where a log that has been recovered goes on (LogImage says it); a new one begins at the beginning.
  std::uint64_t next_sequence = 1;  ///< all groups before it are on disk
  Epoch closed = 0;
  Epoch first_epoch = 1;
};

/// The redo log of one process: what its workers change, on disk in the order of epochs, so that after a
/// crash all of an epoch comes back or nothing (Zheng et al., "Fast Databases with Fast Durability and
/// Recovery Through Multicore Parallelism", OSDI 2014). Workers write into rings of their own; one thread
/// calls `flush` over and over, which is the group commit: it ends an epoch, waits until nobody is within it
/// any more, and writes what has come together, with one wait for the disk.
///
/// In the folder: files of groups (group.h), each named after its first group.
class Log {
 public:
  /// Begins a new file in the folder.
  static platform::Expected<std::unique_ptr<Log>> create(const LogOptions& options);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// For a thread that is going to change something. Any thread; the log outlives it.
  LogWriter writer();

  /// Ends the present epoch and brings all that has happened in it to the disk. An error, as of a full disk,
  /// is final, here and below: `has_failed` from then on, the same error again, and what was durable still
  /// is. Any thread that is not within an operation.
  platform::Expected<void> flush();
  /// Whether there is something that a flush would bring to the disk. Any thread.
  bool is_dirty() const noexcept {
    return state_.dirty.load(std::memory_order_relaxed) > state_.durable.load(std::memory_order_relaxed);
  }
  /// Begins a new file, of which it says the first sequence number. What is in those before it has happened
  /// already: for checkpoints. Any thread.
  platform::Expected<std::uint64_t> begin_file();
  /// Says in the last file that all of it is on disk, and gives back the room behind it. Nobody is within an
  /// operation.
  platform::Expected<void> close();

  const LogState& state() const noexcept { return state_; }
  const std::filesystem::path& folder() const noexcept { return options_.folder; }
  /// Bytes written since it was made, and how often it has waited for the disk. Any thread.
  std::uint64_t written_bytes() const noexcept { return written_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t syncs() const noexcept { return syncs_.load(std::memory_order_relaxed); }

 private:
  explicit Log(const LogOptions& options)
      : options_(options),
        next_sequence_(options.next_sequence),
        synced_sequence_(options.next_sequence - 1) {
    state_.epoch.store(options.first_epoch);
    state_.durable.store(options.first_epoch - 1);
  }

  using Channels = std::vector<std::shared_ptr<LogChannel>>;

  template <class Work>
  platform::Expected<void> attempt(Work&& work);
  platform::Expected<void> end_epoch();
  platform::Expected<void> wait_for_writers(Epoch ending);
  platform::Expected<void> write(const Channels& channels, Epoch closed);
  platform::Expected<void> write_group(GroupHeader header,
                                       std::span<const std::span<const std::byte>> changes);
  platform::Expected<void> sync();
  platform::Expected<void> begin_next_file(GroupHeader first);
  Channels channels();
  void forget_closed_channels();

  LogOptions options_;
  LogState state_;
  std::mutex mutex_;
  Channels channels_;       ///< guarded by `mutex_`
  Channels idle_channels_;  ///< likewise: of writers that are no more
  std::mutex writing_;      ///< guards what follows
  std::optional<LogFile> file_;
  std::optional<platform::Error> failure_;
  std::uint64_t next_sequence_;
  std::uint64_t synced_sequence_;
  std::atomic<std::uint64_t> written_bytes_{0};
  std::atomic<std::uint64_t> syncs_{0};
};

}  // namespace upout::kernel
