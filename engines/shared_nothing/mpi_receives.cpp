#include "engines/shared_nothing/mpi_receives.h"

#include <algorithm>
#include <cassert>

namespace upout::engines::shared_nothing {

namespace {

/// What arrives beyond them waits in the library, and costs a copy more.
constexpr unsigned a_peer = 8;

}  // namespace

MpiReceives::MpiReceives(MPI_Comm communicator, unsigned kinds, std::size_t message_bytes) {
  int size = 1;
  MPI_Comm_size(communicator, &size);
  a_kind_ = std::min(static_cast<unsigned>(size - 1) * a_peer, most_a_kind);
  if (a_kind_ == 0) return;
  posted_.resize(kinds);
  oldest_.resize(kinds, MPI_REQUEST_NULL);
  completed_.resize(kinds);
  statuses_.resize(kinds);
  const unsigned count = kinds * a_kind_;
  requests_.resize(count, MPI_REQUEST_NULL);
  arrived_.reserve(count);
  for (unsigned ticket = 0; ticket < count; ++ticket) {
    incoming_.push_back(std::make_unique_for_overwrite<std::byte[]>(message_bytes));
    MPI_Recv_init(incoming_[ticket].get(), static_cast<int>(message_bytes), MPI_BYTE, MPI_ANY_SOURCE,
                  tag_of(ticket / a_kind_), communicator, &requests_[ticket]);
    post_again(ticket);
  }
}

MpiReceives::~MpiReceives() {
  for (const Queue& posted : posted_) {
    for (unsigned i = 0; i < posted.count; ++i) {
      MPI_Request& request = requests_[posted.tickets[(posted.first + i) % most_a_kind]];
      MPI_Cancel(&request);
      MPI_Wait(&request, MPI_STATUS_IGNORE);
    }
  }
  for (MPI_Request& request : requests_) MPI_Request_free(&request);
}

std::span<const MpiReceives::Arrival> MpiReceives::test() {
  arrived_.clear();
  for (int count = test_oldest(); count > 0; count = test_oldest()) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
      take(static_cast<unsigned>(completed_[i]), statuses_[i]);
  }
  return arrived_;
}

/// `MPI_Test` looks again after it has let the library work, which the other calls do not.
int MpiReceives::test_oldest() {
  int count = 0;
  if (oldest_.size() == 1 && oldest_[0] != MPI_REQUEST_NULL) {
    completed_[0] = 0;
    MPI_Test(oldest_.data(), &count, statuses_.data());
  } else if (oldest_.size() > 1) {
    MPI_Testsome(static_cast<int>(oldest_.size()), oldest_.data(), &count, completed_.data(),
                 statuses_.data());
  }
  return count == MPI_UNDEFINED ? 0 : count;
}

void MpiReceives::take(unsigned kind, const MPI_Status& status) {
  Queue& posted = posted_[kind];
  const unsigned ticket = posted.tickets[posted.first];
  posted.first = (posted.first + 1) % most_a_kind;
  --posted.count;
  oldest_[kind] = posted.count == 0 ? MPI_REQUEST_NULL : requests_[posted.tickets[posted.first]];
  int bytes = 0;
  MPI_Get_count(&status, MPI_BYTE, &bytes);
  arrived_.push_back(
      {ticket, kind, status.MPI_SOURCE, {incoming_[ticket].get(), static_cast<std::size_t>(bytes)}});
}

void MpiReceives::post_again(unsigned ticket) {
  const unsigned kind = ticket / a_kind_;
  Queue& posted = posted_[kind];
  assert(posted.count < most_a_kind);
  posted.tickets[(posted.first + posted.count) % most_a_kind] = ticket;
  MPI_Start(&requests_[ticket]);
  if (posted.count++ == 0) oldest_[kind] = requests_[ticket];
}

}  // namespace upout::engines::shared_nothing
