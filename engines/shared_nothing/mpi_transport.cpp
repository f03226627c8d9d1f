#include "engines/shared_nothing/mpi_transport.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace upout::engines::shared_nothing {

static_assert(Transport<MpiTransport>);

MpiTransport::MpiTransport(MPI_Comm communicator, std::size_t message_bytes) : message_bytes_(message_bytes) {
  MPI_Comm_dup(communicator, &communicator_);
  MPI_Comm_rank(communicator_, &rank_);
  MPI_Comm_size(communicator_, &size_);
  outgoing_.resize(static_cast<std::size_t>(size_));
  receives_.emplace(communicator_, 1U, message_bytes_);
  barrier_.emplace(communicator_, MpiReceives::tag_of(1U));
}

MpiTransport::~MpiTransport() {
  post_handled();  // who is sending still may wait for it
  MPI_Waitall(static_cast<int>(sends_.size()), sends_.data(), MPI_STATUSES_IGNORE);
  receives_.reset();
  barrier_.reset();
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
  MPI_Isend(outgoing.buffer.get(), static_cast<int>(outgoing.filled), MPI_BYTE, peer, MpiReceives::tag_of(0),
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
  // What a rank that died was sent is under way for ever: with many such ones, looking through them is not to
  // be done for each message.
  constexpr std::size_t most_spare = 64;
  const std::size_t least_free = 1 + std::min(sends_.size() / 8, most_spare);
  while (free_.size() < least_free)
    free_.push_back(std::make_unique_for_overwrite<std::byte[]>(message_bytes_));
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

}  // namespace upout::engines::shared_nothing
