#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernel/remote_hash_reader.h"
#include "platform/error.h"
#include "platform/reserve.h"

namespace upout::engines::shared_nothing {

/// Memory of each rank that all others can read without its help: an MPI window, at whose front stands a word
/// a partition (where its table is), and from whose rest stores take their memory. Allocated by MPI
/// (MPI_Win_allocate), because that is what its libraries can make fast: ranks on one host then read each
/// other's memory with plain copies. Used by the rank's thread (MPI_THREAD_FUNNELED).
class MpiWindow {
 public:
  /// A window of so many bytes on each rank for so many partitions; pages are taken when they are touched.
  /// Refuses what does not do what `kernel::RemoteHashReader` asks of fetching: the window's memory must be
  /// the owner's (MPI_WIN_UNIFIED), fetches must be answered without the owner (where its polls answer them,
  /// they are requests under another name, and slower), words must arrive whole. Collective; fails on all
  /// ranks or on none. A rank that has nothing may ask for no bytes.
  static platform::Expected<std::unique_ptr<MpiWindow>> create(MPI_Comm communicator, std::size_t bytes,
                                                               std::uint32_t partitions);
  /// Collective; what was taken from the reserve must not be used any more.
  ~MpiWindow();
  MpiWindow(const MpiWindow&) = delete;
  MpiWindow& operator=(const MpiWindow&) = delete;

  /// This rank's memory that others can read.
  platform::Reserve& reserve() noexcept { return *reserve_; }
  /// Tells the others where a partition of this rank has its table.
  void publish(std::uint32_t partition, kernel::RemoteTable table) noexcept;

  /// Until all ranks have called this; others see what has been published before it. Collective.
  void wait_for_all() const;

  const kernel::RemoteMemory& memory_of(int rank) const noexcept {
    return ranks_[static_cast<std::size_t>(rank)].memory;
  }
  std::uint64_t address_of_table(int rank, std::uint32_t partition) const noexcept {
    return memory_of(rank).begin + partition * sizeof(std::uint64_t);
  }
  /// Begins to fetch words that lie in that rank's memory. They are here after `complete`.
  void get(int rank, std::uint64_t address, std::span<std::byte> into) noexcept {
    const auto words = static_cast<int>(into.size() / sizeof(std::uint64_t));
    const auto offset = static_cast<MPI_Aint>(address - ranks_[static_cast<std::size_t>(rank)].base);
    MPI_Get(into.data(), words, MPI_UINT64_T, rank, offset, words, MPI_UINT64_T, window_);
  }
  /// All that has been begun has arrived.
  void complete() noexcept { MPI_Win_flush_all(window_); }

 private:
  struct Rank {
    std::uint64_t base;           ///< of its window, which MPI counts from
    kernel::RemoteMemory memory;  ///< of the window, what is used
  };

  explicit MpiWindow(MPI_Comm communicator);
  platform::Expected<void> check_room(std::size_t bytes) const;
  platform::Expected<void> allocate(std::size_t bytes, std::uint32_t partitions);
  /// Of this rank, by the others' windows. Collective.
  platform::Expected<void> try_out();
  platform::Expected<void> try_changes();
  platform::Expected<void> try_without_owner();
  enum class Fetched : std::uint8_t { all, something_else, too_late, never };
  Fetched fetch_while_owners_sleep();
  bool has_fetched_patterns() const;
  platform::Expected<void> agree(const platform::Expected<void>& own) const;

  MPI_Comm communicator_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
  MPI_Win window_ = MPI_WIN_NULL;
  bool is_open_ = false;            ///< to fetches
  bool is_stuck_ = false;           ///< on some rank: a fetch does not end, or there is no window
  std::span<std::uint64_t> words_;  ///< at the front of the own memory: by partition; at first, for tries
  std::vector<Rank> ranks_;
  std::vector<std::uint64_t> fetched_;  ///< in tries
  std::unique_ptr<platform::Reserve> reserve_;
};

}  // namespace upout::engines::shared_nothing
