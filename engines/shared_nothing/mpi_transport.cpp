#include "engines/shared_nothing/mpi_transport.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace upout::engines::shared_nothing {

namespace {

constexpr int message_tag = 1;
constexpr int receives_a_peer = 2;
constexpr int most_receives = 64;

}  // namespace

static_assert(Transport<MpiTransport>);

MpiTransport::MpiTransport(MPI_Comm communicator, std::size_t message_bytes) : message_bytes_(message_bytes) {
  MPI_Comm_dup(communicator, &communicator_);
  MPI_Comm_rank(communicator_, &rank_);
  MPI_Comm_size(communicator_, &size_);
  outgoing_.resize(static_cast<std::size_t>(size_));

  const auto count = static_cast<std::size_t>(std::min((size_ - 1) * receives_a_peer, most_receives));
  receives_.resize(count, MPI_REQUEST_NULL);
  completed_.resize(count);
  message_sizes_.resize(count);
  sources_.resize(count);
  statuses_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    incoming_.push_back(std::make_unique_for_overwrite<std::byte[]>(message_bytes_));
    MPI_Recv_init(incoming_[i].get(), static_cast<int>(message_bytes_), MPI_BYTE, MPI_ANY_SOURCE, message_tag,
                  communicator_, &receives_[i]);
  }
  if (count != 0) MPI_Startall(static_cast<int>(count), receives_.data());
}

MpiTransport::~MpiTransport() {
  MPI_Waitall(static_cast<int>(sends_.size()), sends_.data(), MPI_STATUSES_IGNORE);
  for (MPI_Request& receive : receives_) {
    MPI_Cancel(&receive);
    MPI_Wait(&receive, MPI_STATUS_IGNORE);
    MPI_Request_free(&receive);
  }
  MPI_Comm_free(&communicator_);
}

std::span<std::byte> MpiTransport::buffer(int peer) {
  Outgoing& outgoing = outgoing_[static_cast<std::size_t>(peer)];
  if (outgoing.buffer == nullptr) outgoing.buffer = free_buffer();
  return {outgoing.buffer.get() + outgoing.filled, message_bytes_ - outgoing.filled};
}

void MpiTransport::send(int peer) {
  Outgoing& outgoing = outgoing_[static_cast<std::size_t>(peer)];
  if (outgoing.filled == 0) return;
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Isend(outgoing.buffer.get(), static_cast<int>(outgoing.filled), MPI_BYTE, peer, message_tag,
            communicator_, &request);
  outgoing.filled = 0;
  // A small message has mostly gone at once, and the buffer, which is in the cache, is free again.
  int is_sent = 0;
  MPI_Test(&request, &is_sent, MPI_STATUS_IGNORE);
  if (is_sent != 0) return;
  sends_.push_back(request);
  sending_.push_back(std::move(outgoing.buffer));
}

MpiTransport::Buffer MpiTransport::free_buffer() {
  if (free_.empty()) reclaim_sent();
  if (free_.empty()) return std::make_unique_for_overwrite<std::byte[]>(message_bytes_);
  Buffer buffer = std::move(free_.back());
  free_.pop_back();
  return buffer;
}

void MpiTransport::reclaim_sent() {
  if (sends_.empty()) return;
  sent_.resize(sends_.size());
  int count = 0;
  MPI_Testsome(static_cast<int>(sends_.size()), sends_.data(), &count, sent_.data(), MPI_STATUSES_IGNORE);
  if (count == MPI_UNDEFINED || count == 0) return;
  for (std::size_t i = 0, kept = 0; i < sends_.size(); ++i) {
    if (sends_[i] == MPI_REQUEST_NULL) {
      free_.push_back(std::move(sending_[i]));
    } else if (kept++ != i) {
      sends_[kept - 1] = sends_[i];
      sending_[kept - 1] = std::move(sending_[i]);
    }
  }
  const std::size_t under_way = sends_.size() - static_cast<std::size_t>(count);
  sends_.resize(under_way);
  sending_.resize(under_way);
}

std::span<const int> MpiTransport::test_receives() {
  if (receives_.empty()) return {};
  int count = 0;
  MPI_Testsome(static_cast<int>(receives_.size()), receives_.data(), &count, completed_.data(),
               statuses_.data());
  if (count == MPI_UNDEFINED) count = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const auto index = static_cast<std::size_t>(completed_[i]);
    MPI_Get_count(&statuses_[i], MPI_BYTE, &message_sizes_[index]);
    sources_[index] = statuses_[i].MPI_SOURCE;
  }
  return std::span(completed_).first(static_cast<std::size_t>(count));
}

int MpiTransport::source_of(int index) const noexcept {
  return sources_[static_cast<std::size_t>(index)];
}

std::span<const std::byte> MpiTransport::message_of(int index) const noexcept {
  const auto i = static_cast<std::size_t>(index);
  return {incoming_[i].get(), static_cast<std::size_t>(message_sizes_[i])};
}

void MpiTransport::post_again(int index) {
  MPI_Start(&receives_[static_cast<std::size_t>(index)]);
}

void MpiTransport::arrive_at_barrier() {
  assert(barrier_ == MPI_REQUEST_NULL);
  MPI_Ibarrier(communicator_, &barrier_);
}

bool MpiTransport::barrier_passed() {
  int passed = 0;
  MPI_Test(&barrier_, &passed, MPI_STATUS_IGNORE);
  return passed != 0;
}

}  // namespace upout::engines::shared_nothing
