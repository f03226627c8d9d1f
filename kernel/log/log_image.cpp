#include "kernel/log/log_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "kernel/log/checkpoint.h"

namespace upout::kernel {

namespace fs = std::filesystem;
using platform::Expected;
using platform::unexpected;

namespace {

/// A sound group at an offset of a file.
struct Found {
  GroupHeader header;
  std::span<const std::byte> changes;
};

std::optional<GroupHeader> header_at(std::span<const std::byte> bytes, std::size_t offset) {
  GroupHeader header;
  if (offset + sizeof(header) > bytes.size()) return std::nullopt;
  std::memcpy(&header, &bytes[offset], sizeof(header));
  if (!header.is_sound()) return std::nullopt;
  return header;
}

std::optional<Found> group_at(std::span<const std::byte> bytes, std::size_t offset) {
  const std::optional<GroupHeader> header = header_at(bytes, offset);
  if (!header || group_bytes(header->bytes) > bytes.size() - offset) return std::nullopt;
  const auto changes = bytes.subspan(offset + sizeof(GroupHeader), header->bytes);
  if (XXH3_64bits(changes.data(), changes.size()) != header->bytes_checksum) return std::nullopt;
  return Found{*header, changes};
}

/// Of "00000000000000000017.log"; nothing for other names.
std::optional<std::uint64_t> sequence_of(const fs::path& path, const char* extension) {
  const std::string stem = path.stem();
  std::uint64_t sequence = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), sequence);
  if (path.extension() != extension || error != std::errc() || end != stem.data() + stem.size())
    return std::nullopt;
  return sequence;
}

tl::unexpected<platform::Error> damaged(const fs::path& path, std::size_t offset, std::uint64_t sequence) {
  return unexpected(path, fmt::format("damage at offset {}", offset),
                    fmt::format("group {}, before others that had been acknowledged", sequence));
}

}  // namespace

Expected<std::vector<LogFileName>> log_files(const fs::path& folder, const char* extension) {
  std::vector<LogFileName> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (const auto sequence = sequence_of(entry->path(), extension))
      files.push_back({*sequence, entry->path()});
  }
  if (error) return unexpected(folder, error.message(), "the folder of a log");
  std::ranges::sort(files, {}, &LogFileName::first_sequence);
  return files;
}

Expected<LogImage> LogImage::open(const fs::path& folder) {
  LogImage image;
  image.folder_ = folder;
  auto read = image.read_checkpoint().and_then([&] { return image.read_log(); });
  if (!read) return tl::unexpected(read.error());
  return image;
}

/// The last one. It has got its name when it was whole, so it is whole.
Expected<void> LogImage::read_checkpoint() {
  const auto names = log_files(folder_, checkpoint_extension);
  if (!names) return tl::unexpected(names.error());
  if (names->empty()) return {};
  const LogFileName& name = names->back();
  auto memory = platform::MappedFile::open(name.path);
  if (!memory) return tl::unexpected(memory.error());
  const std::span<const std::byte> bytes = memory->bytes();
  bool is_whole = false;
  for (std::size_t offset = 0; !is_whole; offset += group_bytes(checkpoint_.back().header.bytes)) {
    const auto group = group_at(bytes, offset);
    if (!group || group->header.sequence != checkpoint_.size() + 1)
      return unexpected(name.path, fmt::format("damage at offset {}", offset), "a whole checkpoint");
    checkpoint_.push_back({group->header, group->changes});
    is_whole = group->changes.empty();
  }
  bytes_ += bytes.size();
  next_sequence_ = name.first_sequence;
  checkpoint_files_.push_back({name.path, name.first_sequence, std::move(*memory)});
  return {};
}

/// Files that a checkpoint has made superfluous may still be there.
Expected<void> LogImage::read_log() {
  const auto names = log_files(folder_, log_extension);
  if (!names) return tl::unexpected(names.error());
  for (const LogFileName& name : *names) {
    if (name.first_sequence < next_sequence_) continue;
    auto memory = platform::MappedFile::open(name.path);
    if (!memory) return tl::unexpected(memory.error());
    bytes_ += memory->bytes().size();
    files_.push_back({name.path, name.first_sequence, std::move(*memory)});
  }
  if (!checkpoint_.empty() && files_.empty())
    return unexpected(folder_ / log_file_name(next_sequence_), "no such file",
                      "what came after the checkpoint");
  auto end = walk();
  if (!end) return tl::unexpected(end.error());
  end_ = *end;
  return judge_epochs();
}

/// From group to group, up to the first one that is not there as it was written.
Expected<LogImage::End> LogImage::walk() {
  End end{0, 0};
  while (end.file < files_.size() && files_[end.file].first_sequence == next_sequence_) {
    end.offset = walk(files_[end.file].memory.bytes());
    // Behind its last group a file may have room that was given back, but not on disk, when the next one was
    // begun.
    const bool goes_on = end.file + 1 < files_.size() &&
                         files_[end.file + 1].first_sequence == next_sequence_ && end.offset != 0;
    const std::size_t size = files_[end.file].memory.bytes().size();
    if (!goes_on && (end.offset < size || size == 0)) break;
    ++end.file;
    end.offset = 0;
  }
  if (auto nothing = expect_nothing_acknowledged(end); !nothing) return tl::unexpected(nothing.error());
  for (std::size_t file = end.file; file < files_.size(); ++file)
    cut_bytes_ += files_[file].memory.bytes().size() - (file == end.file ? end.offset : 0);
  return end;
}

/// The same in one file; where its groups end.
std::size_t LogImage::walk(std::span<const std::byte> bytes) {
  std::size_t offset = 0;
  for (auto group = group_at(bytes, offset); group && group->header.sequence == next_sequence_;
       group = group_at(bytes, offset)) {
    groups_.push_back({group->header, group->changes});
    offset += group_bytes(group->header.bytes);
    ++next_sequence_;
  }
  return offset;
}

/// The one that is missing at the end had not reached the disk: no group behind it knows that it had, and no
/// file was begun after it, which is done only when all before is on disk.
Expected<void> LogImage::expect_nothing_acknowledged(End end) const {
  if (end.file == files_.size()) return {};
  if (files_[end.file].first_sequence > next_sequence_)
    return unexpected(folder_ / log_file_name(next_sequence_), "no such file",
                      fmt::format("what stands before {}", files_[end.file].path.string()));
  if (end.file + 1 < files_.size()) return damaged(files_[end.file].path, end.offset, next_sequence_);
  const std::span<const std::byte> bytes = files_[end.file].memory.bytes();
  for (std::size_t offset = end.offset; offset < bytes.size(); offset += group_alignment) {
    const auto header = header_at(bytes, offset);
    if (header && header->synced >= next_sequence_)
      return damaged(files_[end.file].path, end.offset, next_sequence_);
  }
  return {};
}

/// What the checkpoint has anyway, and changes of an epoch that had not ended, or that an earlier recovery
/// has given up, do not count.
Expected<void> LogImage::judge_epochs() {
  if (!checkpoint_.empty()) closed_ = present_ = checkpoint_.front().header.closed;
  for (const Group& group : groups_) {
    closed_ = std::max(closed_, group.header.closed);
    present_ = std::max(present_, group.header.present);
  }
  const Epoch first = checkpoint_.empty() ? 0 : checkpoint_.front().header.closed + 1;
  Epoch last = closed_;
  for (auto group = groups_.rbegin(); group != groups_.rend(); ++group) {
    group->first = first;
    group->last = last;
    if (group->header.first != 0) last = std::min(last, group->header.closed);
  }
  if (!checkpoint_.empty() && checkpoint_.back().header.present > closed_)
    return unexpected(
        folder_, fmt::format("a log that ends with epoch {}", closed_),
        fmt::format("epoch {}, of which the checkpoint has a part", checkpoint_.back().header.present));
  return {};
}

/// What has been read may be known to the kernel alone, and the disk has to have it before anything is built
/// on it. The last file goes first: what is left is a beginning at any time.
Expected<LogOptions> LogImage::go_on() const {
  for (std::size_t file = files_.size(); file-- > 0;) {
    const std::size_t size = file < end_.file    ? files_[file].memory.bytes().size()
                             : file == end_.file ? end_.offset
                                                 : 0;
    if (auto cut = cut_file(files_[file].path, size); !cut) return tl::unexpected(cut.error());
  }
  if (auto synced = sync_folder(folder_); !synced) return tl::unexpected(synced.error());
  return LogOptions{
      .folder = folder_, .next_sequence = next_sequence_, .closed = closed_, .first_epoch = present_ + 1};
}

}  // namespace upout::kernel
