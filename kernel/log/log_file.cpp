#include "kernel/log/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace upout::kernel {

namespace {

using platform::Expected;

tl::unexpected<platform::Error> refused(const std::filesystem::path& path, const char* expected) {
  return platform::unexpected(path, std::strerror(errno), expected);
}

/// Writes all pieces from `offset` on.
Expected<void> write_all(int descriptor, const std::filesystem::path& path, std::vector<iovec>& pieces,
                         std::size_t offset) {
  constexpr std::size_t most_pieces = 1024;  // Linux's IOV_MAX
  for (std::size_t next = 0; next < pieces.size();) {
    const auto count = static_cast<int>(std::min(pieces.size() - next, most_pieces));
    ssize_t written = pwritev(descriptor, &pieces[next], count, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return refused(path, "room for the log");
    offset += static_cast<std::size_t>(written);
    for (auto left = static_cast<std::size_t>(written); next < pieces.size(); ++next) {
      iovec& piece = pieces[next];
      if (left < piece.iov_len) {
        piece.iov_base = static_cast<std::byte*>(piece.iov_base) + left;
        piece.iov_len -= left;
        break;
      }
      left -= piece.iov_len;
    }
  }
  return {};
}

iovec piece_of(std::span<const std::byte> bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};  // pwritev only reads
}

}  // namespace

Expected<LogFile> LogFile::create(const std::filesystem::path& path, std::size_t bytes) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return refused(path, "a new file for the log");
  LogFile file(path, descriptor, 0);
  if (bytes == 0) return file;
  if (fallocate(descriptor, 0, 0, static_cast<off_t>(bytes)) == 0) {
    file.reserved_ = bytes;
  } else if (errno != EOPNOTSUPP && errno != ENOSYS) {
    const auto error = refused(path, "room for the log");
    unlink(path.c_str());
    return error;
  }
  return file;
}

LogFile::~LogFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Expected<void> LogFile::append(GroupHeader header, std::span<const std::span<const std::byte>> changes) {
  static constexpr std::array<std::byte, group_alignment> zeros{};
  std::vector<iovec> pieces(1);
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash(XXH3_createState(), &XXH3_freeState);
  XXH3_64bits_reset(hash.get());
  header.bytes = 0;
  for (const std::span<const std::byte> bytes : changes) {
    if (bytes.empty()) continue;
    XXH3_64bits_update(hash.get(), bytes.data(), bytes.size());
    header.bytes += bytes.size();
    pieces.push_back(piece_of(bytes));
  }
  header.bytes_checksum = XXH3_64bits_digest(hash.get());
  header.checksum = header.own_checksum();
  pieces[0] = piece_of(std::as_bytes(std::span(&header, 1)));
  const std::size_t whole = group_bytes(header.bytes);
  pieces.push_back(piece_of(std::span(zeros).first(whole - sizeof(header) - header.bytes)));
  if (auto written = write_all(descriptor_, path_, pieces, size_); !written) return written;
  size_ += whole;
  return {};
}

Expected<void> LogFile::sync() {
  if (fdatasync(descriptor_) != 0) return refused(path_, "a disk that writes");
  return {};
}

Expected<void> LogFile::trim() {
  if (reserved_ > size_ && ftruncate(descriptor_, static_cast<off_t>(size_)) != 0)
    return refused(path_, "a file that can be cut");
  reserved_ = size_;
  return {};
}

Expected<void> cut_file(const std::filesystem::path& path, std::size_t size) {
  if (size == 0) {
    if (unlink(path.c_str()) != 0) return refused(path, "a file that can be removed");
    return {};
  }
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return refused(path, "a file that can be written to");
  const bool is_cut = ftruncate(descriptor, static_cast<off_t>(size)) == 0 && fsync(descriptor) == 0;
  const int error = errno;
  close(descriptor);
  errno = error;
  if (!is_cut) return refused(path, "a file that can be cut");
  return {};
}

Expected<void> sync_folder(const std::filesystem::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return refused(folder, "a folder for the log");
  const int synced = fsync(descriptor);
  const int error = errno;
  close(descriptor);
  errno = error;
  if (synced != 0) return refused(folder, "a folder for the log");
  return {};
}

std::string log_file_name(std::uint64_t first_sequence, const char* extension) {
  return fmt::format("{:020}{}", first_sequence, extension);
}

}  // namespace upout::kernel
