#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "kernel/log/group.h"
#include "kernel/log/log.h"
#include "kernel/log/redo.h"
#include "platform/error.h"
#include "platform/mapped_file.h"

namespace upout::kernel {

/// What a log and its last checkpoint have left in a folder, to be recovered from, and where the log goes on.
/// Made by one thread; reading is for any number.
///
/// The log ends with its last whole epoch. A group that is damaged or missing with nothing behind it that
/// was ever acknowledged is a tail that was being written in a crash; it is left out, with all of an epoch
/// that it belongs to. Before anything acknowledged, it is an error, which names file and offset.
class LogImage {
 public:
  /// Looks at all groups' checksums. An empty folder is an empty log.
  static platform::Expected<LogImage> open(const std::filesystem::path& folder);

  /// Groups of the checkpoint, in which each change is a put, and of the log behind it.
  std::size_t checkpoint_groups() const noexcept { return checkpoint_.size(); }
  std::size_t log_groups() const noexcept { return groups_.size(); }

  /// Calls `use(redo)` for each change in a group that counts, in the order in which they stand there. False:
  /// it holds something else, though its checksum is right.
  template <class Use>
  bool for_each_of_checkpoint(std::size_t group, Use&& use) const {
    return for_each(checkpoint_[group], use);
  }
  template <class Use>
  bool for_each_of_log(std::size_t group, Use&& use) const {
    return for_each(groups_[group], use);
  }

  /// The last epoch of which all is there.
  Epoch closed() const noexcept { return closed_; }
  /// Of all files.
  std::size_t bytes() const noexcept { return bytes_; }
  /// What the log has left out at its end.
  std::size_t cut_bytes() const noexcept { return cut_bytes_; }

  /// Takes what has been left out away, and says with what a log in this folder goes on. To be called before
  /// one is made.
  platform::Expected<LogOptions> go_on() const;

 private:
  struct File {
    std::filesystem::path path;
    std::uint64_t first_sequence = 0;
    platform::MappedFile memory;
  };
  struct Group {
    GroupHeader header;
    std::span<const std::byte> changes;
    Epoch first = 0;  ///< changes of earlier epochs do not count,
    Epoch last = 0;   ///< nor do those of later ones
  };
  /// Where the groups end that follow each other.
  struct End {
    std::size_t file = 0;
    std::size_t offset = 0;
  };

  platform::Expected<void> read_checkpoint();
  platform::Expected<void> read_log();
  platform::Expected<End> walk();
  std::size_t walk(std::span<const std::byte> bytes);
  platform::Expected<void> expect_nothing_acknowledged(End end) const;
  platform::Expected<void> judge_epochs();

  template <class Use>
  static bool for_each(const Group& group, Use& use) {
    RedoReader reader(group.changes, group.header.present);
    for (Redo redo; reader.next(redo);) {
      if (redo.epoch >= group.first && redo.epoch <= group.last) use(redo);
    }
    return reader.is_sound();
  }

  std::filesystem::path folder_;
  std::vector<File> checkpoint_files_;  ///< one, or none
  std::vector<Group> checkpoint_;
  std::vector<File> files_;
  std::vector<Group> groups_;
  std::uint64_t next_sequence_ = 1;
  Epoch closed_ = 0;
  Epoch present_ = 0;
  End end_;
  std::size_t bytes_ = 0;
  std::size_t cut_bytes_ = 0;
};

}  // namespace upout::kernel
