#include "engines/shared_nothing/mpi_receives.h"

#include <algorithm>

namespace upout::engines::shared_nothing {

namespace {

/// What arrives beyond them waits in the library, and costs a copy more. Of long messages, few come at a
/// time.
constexpr unsigned receives_a_peer(std::size_t message_bytes) {
  constexpr std::size_t long_message = std::size_t{64} << 10;
  return message_bytes < long_message ? 8 : 2;
}

}  // namespace

MpiReceives::MpiReceives(MPI_Comm communicator, unsigned kinds, std::size_t message_bytes) {
  int size = 1;
  MPI_Comm_size(communicator, &size);
  a_kind_ = std::min(static_cast<unsigned>(size - 1) * receives_a_peer(message_bytes), most_a_kind);
  if (a_kind_ == 0) return;
  posted_.resize(kinds);
  oldest_.resize(kinds, MPI_REQUEST_NULL);
  const unsigned count = kinds * a_kind_;
  completed_.resize(count);
  statuses_.resize(count);
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
    for (const unsigned ticket : posted) {
      MPI_Cancel(&requests_[ticket]);
      MPI_Wait(&requests_[ticket], MPI_STATUS_IGNORE);
    }
  }
  for (MPI_Request& request : requests_) MPI_Request_free(&request);
}

std::span<const MpiReceives::Arrival> MpiReceives::test() {
  arrived_.clear();
  if (++calls_ % calls_between_looks_at_all == 0) {
    test_all();
    return arrived_;
  }
  for (int count = test_oldest(); count > 0; count = test_oldest()) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
      take(posted_[static_cast<std::size_t>(completed_[i])].front(), statuses_[i]);
  }
  return arrived_;
}

void MpiReceives::test_all() {
  if (requests_.empty()) return;
  int count = 0;
  MPI_Testsome(static_cast<int>(requests_.size()), requests_.data(), &count, completed_.data(),
               statuses_.data());
  if (count == MPI_UNDEFINED) return;  // none is posted
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    take(static_cast<unsigned>(completed_[i]), statuses_[i]);
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

void MpiReceives::take(unsigned ticket, const MPI_Status& status) {
  const unsigned kind = ticket / a_kind_;
  Queue& posted = posted_[kind];
  posted.erase(std::ranges::find(posted, ticket));  // mostly the first of a few
  oldest_[kind] = posted.empty() ? MPI_REQUEST_NULL : requests_[posted.front()];
  int bytes = 0;
  MPI_Get_count(&status, MPI_BYTE, &bytes);
  arrived_.push_back(
      {ticket, kind, status.MPI_SOURCE, {incoming_[ticket].get(), static_cast<std::size_t>(bytes)}});
}

void MpiReceives::post_again(unsigned ticket) {
  Queue& posted = posted_[ticket / a_kind_];
  MPI_Start(&requests_[ticket]);
  if (posted.empty()) oldest_[ticket / a_kind_] = requests_[ticket];
  posted.push_back(ticket);
}

}  // namespace upout::engines::shared_nothing
