#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include "kernel/cursor.h"
#include "kernel/log/log.h"
#include "kernel/log/log_file.h"
#include "kernel/reclamation.h"
#include "platform/error.h"

namespace upout::kernel {

/// A copy of all records, made while others write, from which, with the log from its beginning on, all comes
/// back. Epochs up to its own had ended before it began, and all of them is in it. A record is as it was when
/// the cursor came by: what later epochs in the log say of it, and is in it already, is known by its version.
/// (Zheng et al., OSDI 2014.)
///
///     auto checkpoint = CheckpointWriter::begin(log);
///     checkpoint->add(store, worker);   // of each store
///     checkpoint->finish();             // now it counts, and what it makes superfluous is removed
///
/// Used by one thread; others may flush the log, too.
class CheckpointWriter {
 public:
  static platform::Expected<CheckpointWriter> begin(Log& log);

  /// The worker is one of the store's, and logs nothing.
  template <class Policy>
  platform::Expected<void> add(Store<Policy>& store, Worker& worker) {
    Cursor<Policy> cursor(store);
    do {
      step(store, cursor, worker);
      if constexpr (Policy::is_shared) announce_quiescent();
      if (changes_.size() < bytes_a_group) continue;
      if (auto written = write(); !written) return written;
    } while (!cursor.is_over());
    return {};
  }

  /// Makes all that it may have seen durable first.
  platform::Expected<void> finish();

  std::size_t bytes() const noexcept { return file_.size(); }

 private:
  static constexpr std::size_t bytes_a_group = std::size_t{1} << 20;

  CheckpointWriter(Log& log, LogFile file, std::uint64_t first_sequence)
      : log_(&log),
        file_(std::move(file)),
        part_(file_.path()),
        first_sequence_(first_sequence),
        epoch_(log.state().durable.load()) {}

  /// Serial transactions write in place, and may take it back: none is under way meanwhile.
  template <class Policy>
  void step(Store<Policy>& store, Cursor<Policy>& cursor, Worker& worker) {
    const bool is_serial = store.concurrency_control() == ConcurrencyControl::serial;
    if (is_serial)
      for (Backoff backoff; !store.partition_lock().try_lock();) backoff.wait();
    cursor.step(worker, [this](const Redo& put) { note(put); });
    if (is_serial) store.partition_lock().unlock();
  }
  void note(const Redo& put);
  platform::Expected<void> write();
  platform::Expected<void> remove_superfluous() const;
  platform::Expected<void> write_group(Epoch seen = 0);

  /// A file that does not count, and is gone with this.
  struct Part {
    std::filesystem::path path;
    explicit Part(std::filesystem::path of) : path(std::move(of)) {}
    Part(Part&& other) noexcept : path(std::exchange(other.path, {})) {}
    Part& operator=(Part&&) = delete;
    ~Part();
  };

  Log* log_;
  LogFile file_;
  Part part_;
  std::uint64_t first_sequence_;  ///< of the log, from where on it is needed
  Epoch epoch_;                   ///< up to which the log is not needed, wherever it stands
  std::uint64_t groups_ = 0;
  std::vector<std::byte> changes_;
};

inline constexpr const char* log_extension = ".log";
inline constexpr const char* checkpoint_extension = ".checkpoint";
inline constexpr const char* part_extension = ".part";

struct LogFileName {
  std::uint64_t first_sequence = 0;
  std::filesystem::path path;
};

/// Files of a log, or checkpoints, in the order of their numbers.
platform::Expected<std::vector<LogFileName>> log_files(const std::filesystem::path& folder,
                                                       const char* extension);

}  // namespace upout::kernel
