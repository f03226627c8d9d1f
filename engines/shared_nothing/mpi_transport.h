#pragma once

#include <mpi.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engines/shared_nothing/mpi_barrier.h"
#include "engines/shared_nothing/mpi_receives.h"
#include "engines/shared_nothing/transport.h"

namespace upout::engines::shared_nothing {

/// Messages over MPI (MPI_THREAD_FUNNELED: the thread that made it is the one that called MPI_Init). Receives
/// are posted ahead as persistent requests from any rank; sends use buffers that are kept and used again, so
/// that nothing is allocated once the traffic has reached its height. That height is bounded by what clients
/// have in flight.
class MpiTransport {
 public:
  /// `message_bytes` bounds one message and must be the same on all ranks. Collective.
  MpiTransport(MPI_Comm communicator, std::size_t message_bytes);
  /// Collective; nothing may be in flight.
  ~MpiTransport();
  MpiTransport(const MpiTransport&) = delete;
  MpiTransport& operator=(const MpiTransport&) = delete;

  static constexpr unsigned polls_between_looks = 1024;
  platform::Timestamp now() const noexcept { return std::chrono::steady_clock::now().time_since_epoch(); }

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }

  std::span<std::byte> buffer(int peer);
  void fill(int peer, std::size_t bytes) noexcept {
    outgoing_[static_cast<std::size_t>(peer)].filled += bytes;
  }
  std::size_t filled(int peer) const noexcept { return outgoing_[static_cast<std::size_t>(peer)].filled; }
  void send(int peer);
  std::size_t longest_message() const noexcept { return message_bytes_; }
  void make_room(int, std::size_t) noexcept {}  // there always is

  /// Receives are posted again when what they have brought has been answered, and not before: a message that
  /// is waited for does not wait for that.
  template <class Handle>
  bool receive(Handle&& handle) {
    post_handled();
    handled_ = receives_->test();
    for (const MpiReceives::Arrival& each : handled_) handle(each.source, each.message);
    return !handled_.empty();
  }

  void arrive_at_barrier() { barrier_->arrive(); }
  bool barrier_passed() { return barrier_->passed(); }

 private:
  using Buffer = std::unique_ptr<std::byte[]>;
  struct Outgoing {
    Buffer buffer;
    std::size_t filled = 0;
  };

  void post_handled() {
    for (const MpiReceives::Arrival& each : handled_) receives_->post_again(each.ticket);
    handled_ = {};
  }
  void reclaim_sent();
  Buffer free_buffer();

  MPI_Comm communicator_ = MPI_COMM_NULL;  ///< a duplicate of our own, so that no other traffic can match
  int rank_ = 0;
  int size_ = 1;
  std::size_t message_bytes_;

  std::optional<MpiReceives> receives_;
  std::span<const MpiReceives::Arrival> handled_;  ///< by the last `receive`
  std::optional<MpiBarrier> barrier_;
  std::vector<Outgoing> outgoing_;  ///< by peer
  std::vector<MPI_Request> sends_;  ///< under way
  std::vector<Buffer> sending_;     ///< their buffers, in the same order
  std::vector<Buffer> free_;
  std::vector<int> sent_;
};

}  // namespace upout::engines::shared_nothing
