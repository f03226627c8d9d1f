#include "engines/shared_nothing/mpi_carrier.h"

#include <algorithm>
#include <cassert>

namespace upout::engines::shared_nothing {

namespace {

constexpr int first_tag = 1;
constexpr int receives_a_peer = 2;

int tag_of(unsigned plane) {
  return first_tag + static_cast<int>(plane);
}

}  // namespace

static_assert(Carrier<MpiCarrier>);

MpiCarrier::MpiCarrier(MPI_Comm communicator, unsigned planes, std::size_t message_bytes) {
  MPI_Comm_dup(communicator, &communicator_);
  MPI_Comm_rank(communicator_, &rank_);
  MPI_Comm_size(communicator_, &size_);
  a_plane_ = std::min(static_cast<unsigned>((size_ - 1) * receives_a_peer), unsigned{receives_a_plane});
  const std::size_t count = std::size_t{planes} * a_plane_;
  receives_.resize(count, MPI_REQUEST_NULL);
  is_posted_.resize(count, true);
  completed_.resize(count);
  statuses_.resize(count);
  arrived_.reserve(count);
  for (std::size_t ticket = 0; ticket < count; ++ticket) {
    incoming_.push_back(std::make_unique_for_overwrite<std::byte[]>(message_bytes));
    MPI_Recv_init(incoming_[ticket].get(), static_cast<int>(message_bytes), MPI_BYTE, MPI_ANY_SOURCE,
                  tag_of(static_cast<unsigned>(ticket) / a_plane_), communicator_, &receives_[ticket]);
  }
  if (count != 0) MPI_Startall(static_cast<int>(count), receives_.data());
}

MpiCarrier::~MpiCarrier() {
  MPI_Waitall(static_cast<int>(sends_.size()), sends_.data(), MPI_STATUSES_IGNORE);
  for (std::size_t ticket = 0; ticket < receives_.size(); ++ticket) {
    if (is_posted_[ticket]) {
      MPI_Cancel(&receives_[ticket]);
      MPI_Wait(&receives_[ticket], MPI_STATUS_IGNORE);
    }
    MPI_Request_free(&receives_[ticket]);
  }
  MPI_Comm_free(&communicator_);
}

bool MpiCarrier::send(unsigned plane, int peer, std::span<std::byte> message) {
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Isend(message.data(), static_cast<int>(message.size()), MPI_BYTE, peer, tag_of(plane), communicator_,
            &request);
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

std::span<const MpiCarrier::Arrival> MpiCarrier::test_receives() {
  if (receives_.empty()) return {};
  int count = 0;
  MPI_Testsome(static_cast<int>(receives_.size()), receives_.data(), &count, completed_.data(),
               statuses_.data());
  if (count == MPI_UNDEFINED) count = 0;
  arrived_.clear();
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const auto ticket = static_cast<unsigned>(completed_[i]);
    is_posted_[ticket] = false;
    int bytes = 0;
    MPI_Get_count(&statuses_[i], MPI_BYTE, &bytes);
    arrived_.push_back(
        {ticket, statuses_[i].MPI_SOURCE, {incoming_[ticket].get(), static_cast<std::size_t>(bytes)}});
  }
  return arrived_;
}

void MpiCarrier::post_again(unsigned ticket) {
  MPI_Start(&receives_[ticket]);
  is_posted_[ticket] = true;
}

void MpiCarrier::arrive_at_barrier() {
  assert(barrier_ == MPI_REQUEST_NULL);
  MPI_Ibarrier(communicator_, &barrier_);
}

bool MpiCarrier::barrier_passed() {
  int passed = 0;
  MPI_Test(&barrier_, &passed, MPI_STATUS_IGNORE);
  return passed != 0;
}

}  // namespace upout::engines::shared_nothing
