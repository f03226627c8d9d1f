#pragma once

#include <mpi.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace upout::engines::shared_nothing {

/// Receives that are posted ahead, as persistent requests from any rank: so many for each of some kinds of
/// messages, which are told apart by their tags, so that one kind for which nobody has time keeps no other
/// from arriving. Used by the thread that may call MPI.
///
/// Receives of one kind match messages in the order in which they were posted, so that only the oldest one
/// has to be looked at, however many there are. (One that takes long to complete keeps those behind it
/// waiting.)
class MpiReceives {
 public:
  struct Arrival {
    unsigned ticket;  ///< of the receive, until it is posted again
    unsigned kind;
    int source;
    std::span<const std::byte> message;  ///< stays until then
  };

  static constexpr int first_tag = 1;
  static constexpr unsigned most_a_kind = 64;
  static int tag_of(unsigned kind) noexcept { return first_tag + static_cast<int>(kind); }

  /// `message_bytes` bounds one message. The communicator must outlive it.
  MpiReceives(MPI_Comm communicator, unsigned kinds, std::size_t message_bytes);
  ~MpiReceives();
  MpiReceives(const MpiReceives&) = delete;
  MpiReceives& operator=(const MpiReceives&) = delete;

  /// What has arrived since; valid until the next call.
  std::span<const Arrival> test();
  void post_again(unsigned ticket);

 private:
  /// Tickets of one kind, the oldest first.
  struct Queue {
    std::array<unsigned, most_a_kind> tickets{};
    unsigned first = 0;
    unsigned count = 0;
  };

  int test_oldest();
  void take(unsigned kind, const MPI_Status& status);

  unsigned a_kind_ = 0;
  std::vector<std::unique_ptr<std::byte[]>> incoming_;  ///< by ticket; so is what follows
  std::vector<MPI_Request> requests_;
  std::vector<Queue> posted_;        ///< by kind; so is what follows
  std::vector<MPI_Request> oldest_;  ///< null: none is posted
  std::vector<int> completed_;
  std::vector<MPI_Status> statuses_;
  std::vector<Arrival> arrived_;
};

}  // namespace upout::engines::shared_nothing
