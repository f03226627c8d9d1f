#include "engines/shared_nothing/mpi_carrier.h"

#include <cassert>

namespace upout::engines::shared_nothing {

static_assert(Carrier<MpiCarrier>);

static_assert(MpiReceives::most_a_kind <= receives_a_plane);

MpiCarrier::MpiCarrier(MPI_Comm communicator, unsigned planes, std::size_t message_bytes) {
  MPI_Comm_dup(communicator, &communicator_);
  MPI_Comm_rank(communicator_, &rank_);
  MPI_Comm_size(communicator_, &size_);
  receives_.emplace(communicator_, planes, message_bytes);
  barrier_.emplace(communicator_, MpiReceives::tag_of(planes));
}

MpiCarrier::~MpiCarrier() {
  MPI_Waitall(static_cast<int>(sends_.size()), sends_.data(), MPI_STATUSES_IGNORE);
  receives_.reset();
  barrier_.reset();
  MPI_Comm_free(&communicator_);
}

bool MpiCarrier::send(unsigned plane, int peer, std::span<std::byte> message) {
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Isend(message.data(), static_cast<int>(message.size()), MPI_BYTE, peer, MpiReceives::tag_of(plane),
            communicator_, &request);
  // A small message has mostly gone at once.
  int is_sent = 0;
  MPI_Test(&request, &is_sent, MPI_STATUS_IGNORE);
  if (is_sent != 0) return true;
  sends_.push_back(request);
  sending_.push_back({plane, message.data()});
  return false;
}

std::span<const MpiCarrier::Sending> MpiCarrier::test_sends() {
  ended_.resize(sends_.size());
  int count = 0;
  MPI_Testsome(static_cast<int>(sends_.size()), sends_.data(), &count, ended_.data(), MPI_STATUSES_IGNORE);
  if (count == MPI_UNDEFINED || count == 0) return {};
  std::size_t kept = 0;
  for (std::size_t i = 0; i < sends_.size(); ++i) {
    if (sends_[i] == MPI_REQUEST_NULL) {
      sent_.push_back(sending_[i]);
    } else {
      sends_[kept] = sends_[i];
      sending_[kept++] = sending_[i];
    }
  }
  sends_.resize(kept);
  sending_.resize(kept);
  return sent_;
}

}  // namespace upout::engines::shared_nothing
