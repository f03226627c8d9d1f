#include "kernel/log/checkpoint.h"

#include <array>
#include <cstring>
#include <system_error>

namespace upout::kernel {

namespace fs = std::filesystem;
using platform::Expected;

Expected<CheckpointWriter> CheckpointWriter::begin(Log& log) {
  const auto first = log.begin_file();
  if (!first) return tl::unexpected(first.error());
  const fs::path path = log.folder() / log_file_name(*first, part_extension);
  // Of those that a crash has not let finish.
  if (auto parts = log_files(log.folder(), part_extension)) {
    std::error_code ignored;
    for (const LogFileName& part : *parts) fs::remove(part.path, ignored);
  }
  auto file = LogFile::create(path, 0);
  if (!file) return tl::unexpected(file.error());
  // Ends the epoch in which the file was begun: those after it are in this file and later ones alone.
  if (auto flushed = log.flush(); !flushed) return tl::unexpected(flushed.error());
  return CheckpointWriter(log, std::move(*file), *first);
}

void CheckpointWriter::note(const Redo& put) {
  const RedoHeader header = RedoHeader::of(put);
  const auto bytes = std::as_bytes(std::span(&header, 1));
  const std::size_t size = changes_.size() + redo_bytes(put.bytes.size());
  changes_.insert(changes_.end(), bytes.begin(), bytes.end());
  changes_.insert(changes_.end(), put.bytes.begin(), put.bytes.end());
  changes_.resize(size);
}

Expected<void> CheckpointWriter::write() {
  if (changes_.empty()) return {};
  return write_group();
}

/// `seen`: the last epoch of which something may be in it, in the last group, which has no changes.
Expected<void> CheckpointWriter::write_group(Epoch seen) {
  const std::array<std::span<const std::byte>, 1> changes{changes_};
  auto written = file_.append({.sequence = ++groups_, .closed = epoch_, .present = seen}, changes);
  changes_.clear();
  return written;
}

Expected<void> CheckpointWriter::finish() {
  const Epoch seen = log_->state().dirty.load();
  auto written = write()
                     .and_then([this] { return log_->flush(); })
                     .and_then([&] { return write_group(seen); })
                     .and_then([this] { return file_.sync(); });
  if (!written) return written;
  std::error_code error;
  fs::rename(part_.path, log_->folder() / log_file_name(first_sequence_, checkpoint_extension), error);
  if (error) return platform::unexpected(part_.path, error.message(), "a file that can be renamed");
  part_.path.clear();
  if (auto synced = sync_folder(log_->folder()); !synced) return synced;
  return remove_superfluous();
}

Expected<void> CheckpointWriter::remove_superfluous() const {
  for (const char* extension : {checkpoint_extension, log_extension}) {
    const auto files = log_files(log_->folder(), extension);
    if (!files) return tl::unexpected(files.error());
    std::error_code ignored;  // one that stays is left out when the log is opened
    for (const LogFileName& file : *files) {
      if (file.first_sequence < first_sequence_) fs::remove(file.path, ignored);
    }
  }
  return {};
}

CheckpointWriter::Part::~Part() {
  std::error_code ignored;
  if (!path.empty()) fs::remove(path, ignored);
}

}  // namespace upout::kernel
