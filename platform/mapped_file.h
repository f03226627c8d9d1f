#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "platform/error.h"

namespace upout::platform {

/// A file's bytes, in memory to be read as long as this lives. Nobody may cut the file meanwhile.
class MappedFile {
 public:
  /// Errors name the file.
  static Expected<MappedFile> open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile();

  std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace upout::platform
