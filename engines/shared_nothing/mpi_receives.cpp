#include "engines/shared_nothing/mpi_receives.h"

#include <algorithm>

namespace upout::engines::shared_nothing {

namespace {

constexpr unsigned a_peer = 2;

}  // namespace

MpiReceives::MpiReceives(MPI_Comm communicator, unsigned kinds, std::size_t message_bytes) {
  int size = 1;
  MPI_Comm_size(communicator, &size);
  a_kind_ = std::min(static_cast<unsigned>(size - 1) * a_peer, most_a_kind);
  const std::size_t count = std::size_t{kinds} * a_kind_;
  requests_.resize(count, MPI_REQUEST_NULL);
  is_posted_.resize(count, true);
  completed_.resize(count);
  statuses_.resize(count);
  arrived_.resize(count);
  for (std::size_t ticket = 0; ticket < count; ++ticket) {
    incoming_.push_back(std::make_unique_for_overwrite<std::byte[]>(message_bytes));
    MPI_Recv_init(incoming_[ticket].get(), static_cast<int>(message_bytes), MPI_BYTE, MPI_ANY_SOURCE,
                  tag_of(static_cast<unsigned>(ticket) / a_kind_), communicator, &requests_[ticket]);
  }
  if (count != 0) MPI_Startall(static_cast<int>(count), requests_.data());
}

MpiReceives::~MpiReceives() {
  for (std::size_t ticket = 0; ticket < requests_.size(); ++ticket) {
    if (is_posted_[ticket]) {
      MPI_Cancel(&requests_[ticket]);
      MPI_Wait(&requests_[ticket], MPI_STATUS_IGNORE);
    }
    MPI_Request_free(&requests_[ticket]);
  }
}

std::span<const MpiReceives::Arrival> MpiReceives::test() {
  if (requests_.empty()) return {};
  int count = 0;
  MPI_Testsome(static_cast<int>(requests_.size()), requests_.data(), &count, completed_.data(),
               statuses_.data());
  if (count == MPI_UNDEFINED) count = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const auto ticket = static_cast<unsigned>(completed_[i]);
    is_posted_[ticket] = false;
    int bytes = 0;
    MPI_Get_count(&statuses_[i], MPI_BYTE, &bytes);
    arrived_[i] = {ticket,
                   ticket / a_kind_,
                   statuses_[i].MPI_SOURCE,
                   {incoming_[ticket].get(), static_cast<std::size_t>(bytes)}};
  }
  return std::span(arrived_).first(static_cast<std::size_t>(count));
}

void MpiReceives::post_again(unsigned ticket) {
  is_posted_[ticket] = true;
  MPI_Start(&requests_[ticket]);
}

}  // namespace upout::engines::shared_nothing
