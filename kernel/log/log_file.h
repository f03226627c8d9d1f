#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "kernel/log/group.h"
#include "platform/error.h"

namespace upout::kernel {

/// A file of groups that is being written, from its beginning on. Used by one thread at a time; closes the
/// file.
class LogFile {
 public:
  /// A new file, for which the disk keeps `bytes` if it can; it is the folder's when `sync_folder` has been
  /// called.
  static platform::Expected<LogFile> create(const std::filesystem::path& path, std::size_t bytes);
  LogFile(LogFile&& other) noexcept
      : path_(std::move(other.path_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        size_(other.size_),
        reserved_(other.reserved_) {}
  LogFile& operator=(LogFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    size_ = other.size_;
    reserved_ = other.reserved_;
    return *this;
  }
  ~LogFile();

  /// Writes a group: `header`, whose sizes and checksums it fills in, and `changes`, one behind the other.
  platform::Expected<void> append(GroupHeader header, std::span<const std::span<const std::byte>> changes);
  /// What has been written is on disk then.
  platform::Expected<void> sync();
  /// Gives back what has been kept and not been written.
  platform::Expected<void> trim();

  std::size_t size() const noexcept { return size_; }
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  LogFile(std::filesystem::path path, int descriptor, std::size_t reserved)
      : path_(std::move(path)), descriptor_(descriptor), reserved_(reserved) {}

  std::filesystem::path path_;
  int descriptor_;
  std::size_t size_ = 0;
  std::size_t reserved_;
};

/// Keeps the first `size` bytes of a file, and no file of none. They are on disk then, and what was behind
/// them will not come back.
platform::Expected<void> cut_file(const std::filesystem::path& path, std::size_t size);

/// The folder has on disk what has been made, renamed and removed in it.
platform::Expected<void> sync_folder(const std::filesystem::path& folder);

/// "00000000000000000017.log": the file whose first group has that sequence number.
std::string log_file_name(std::uint64_t first_sequence, const char* extension = ".log");

}  // namespace upout::kernel
