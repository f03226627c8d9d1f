#pragma once

#include <mpi.h>

#include <cstddef>
#include <vector>

namespace upout::engines::shared_nothing {

/// A barrier that ranks go through while messages flow: a dissemination barrier (Hensgen, Finkel and Manber,
/// "Two Algorithms for Barrier Synchronization", 1988), by messages without bytes. `MPI_Ibarrier` is one,
/// too, but is at work in every call of the library as long as it is under way, which for ranks that only
/// serve is all the time. Used by the thread that may call MPI.
class MpiBarrier {
 public:
  /// Of the communicator, which must outlive it, messages with tags from `first_tag` on are its own.
  MpiBarrier(MPI_Comm communicator, int first_tag);
  /// All ranks have passed.
  ~MpiBarrier();
  MpiBarrier(const MpiBarrier&) = delete;
  MpiBarrier& operator=(const MpiBarrier&) = delete;

  /// Waits for nobody: what it has told at the last barrier was taken before that passed.
  void arrive();
  /// Whether all ranks have arrived. Looks now and then only: to look is to let the library work, which costs
  /// those who serve meanwhile as much as a turn of theirs.
  bool passed();

 private:
  static constexpr unsigned calls_between_looks = 16;

  void tell();

  MPI_Comm communicator_;
  int first_tag_;
  int rank_ = 0;
  int size_ = 1;
  std::size_t round_ = 0;
  unsigned calls_ = 0;
  std::vector<MPI_Request> told_;   ///< by round: the rank that is 2^round further
  std::vector<MPI_Request> heard_;  ///< from the rank that is 2^round before
};

}  // namespace upout::engines::shared_nothing
