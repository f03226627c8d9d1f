#include "engines/shared_nothing/mpi_barrier.h"

#include <bit>
#include <cassert>

namespace upout::engines::shared_nothing {

MpiBarrier::MpiBarrier(MPI_Comm communicator, int first_tag)
    : communicator_(communicator), first_tag_(first_tag) {
  MPI_Comm_rank(communicator, &rank_);
  MPI_Comm_size(communicator, &size_);
  const auto rounds = static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(size_ - 1)));
  told_.resize(rounds, MPI_REQUEST_NULL);
  heard_.resize(rounds, MPI_REQUEST_NULL);
  round_ = rounds;
}

MpiBarrier::~MpiBarrier() {
  MPI_Waitall(static_cast<int>(told_.size()), told_.data(), MPI_STATUSES_IGNORE);
}

void MpiBarrier::arrive() {
  assert(round_ == heard_.size());
  MPI_Waitall(static_cast<int>(told_.size()), told_.data(), MPI_STATUSES_IGNORE);
  for (std::size_t round = 0; round < heard_.size(); ++round) {
    const int before = (rank_ - (1 << round) + size_) % size_;
    MPI_Irecv(nullptr, 0, MPI_BYTE, before, first_tag_ + static_cast<int>(round), communicator_,
              &heard_[round]);
  }
  round_ = 0;
  if (!told_.empty()) tell();
}

bool MpiBarrier::passed() {
  if (++calls_ % calls_between_looks != 0) return round_ == heard_.size();
  while (round_ < heard_.size()) {
    int has_heard = 0;
    MPI_Test(&heard_[round_], &has_heard, MPI_STATUS_IGNORE);
    if (has_heard == 0) return false;
    if (++round_ < told_.size()) tell();
  }
  return true;
}

void MpiBarrier::tell() {
  const int further = (rank_ + (1 << round_)) % size_;
  MPI_Isend(nullptr, 0, MPI_BYTE, further, first_tag_ + static_cast<int>(round_), communicator_,
            &told_[round_]);
}

}  // namespace upout::engines::shared_nothing
