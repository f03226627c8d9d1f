#pragma once

#include <mpi.h>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "engines/shared_nothing/funnel.h"
#include "engines/shared_nothing/mpi_barrier.h"
#include "engines/shared_nothing/mpi_receives.h"

namespace upout::engines::shared_nothing {

/// Messages of several planes over MPI (MPI_THREAD_FUNNELED: the thread that made it is the one that called
/// MPI_Init). A plane's number is the messages' tag; each plane has receives of its own, persistent, from any
/// rank and posted ahead, so that one whose worker is busy keeps no other from receiving.
class MpiCarrier {
 public:
  /// `message_bytes` bounds one message; both numbers must be the same on all ranks. Collective.
  MpiCarrier(MPI_Comm communicator, unsigned planes, std::size_t message_bytes);
  /// Collective; nothing is waited for any more.
  ~MpiCarrier();
  MpiCarrier(const MpiCarrier&) = delete;
  MpiCarrier& operator=(const MpiCarrier&) = delete;

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }

  bool send(unsigned plane, int peer, std::span<std::byte> message);
  template <class Use>
  void take_sent(Use&& use) {
    if (sends_.empty()) return;
    for (const Sending& sent : test_sends()) use(sent.plane, sent.bytes);
    sent_.clear();
  }
  template <class Use>
  void receive(Use&& use) {
    for (const MpiReceives::Arrival& each : receives_->test())
      use(each.kind, each.source, each.message, each.ticket);
  }
  void post_again(unsigned ticket) { receives_->post_again(ticket); }

  void arrive_at_barrier() { barrier_->arrive(); }
  bool barrier_passed() { return barrier_->passed(); }

 private:
  struct Sending {
    unsigned plane;
    std::byte* bytes;
  };
  std::span<const Sending> test_sends();

  MPI_Comm communicator_ = MPI_COMM_NULL;  ///< a duplicate of our own, so that no other traffic can match
  int rank_ = 0;
  int size_ = 1;

  std::optional<MpiReceives> receives_;
  std::optional<MpiBarrier> barrier_;
  std::vector<MPI_Request> sends_;  ///< under way
  std::vector<Sending> sending_;    ///< what they send, in the same order
  std::vector<int> ended_;
  std::vector<Sending> sent_;
};

}  // namespace upout::engines::shared_nothing
