#pragma once

#include <mpi.h>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace upout::engines::shared_nothing {

/// Receives that are posted ahead, as persistent requests from any rank: so many for each of some kinds of
/// messages, which are told apart by their tags, so that one kind for which nobody has time keeps no other
/// from arriving. Used by the thread that may call MPI.
///
/// Receives of one kind match messages in the order in which they were posted, so that the oldest one is all
/// that has to be looked at, however many there are; all are only now and then, because one whose message
/// takes long, or never comes to its end, must not hide the others'.
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
  using Queue = std::vector<unsigned>;
  static constexpr unsigned calls_between_looks_at_all = 64;

  int test_oldest();
  void test_all();
  void take(unsigned ticket, const MPI_Status& status);

  unsigned a_kind_ = 0;
  std::vector<std::unique_ptr<std::byte[]>> incoming_;  ///< by ticket; so is what follows
  std::vector<MPI_Request> requests_;
  std::vector<Queue> posted_;        ///< by kind; so is what follows
  std::vector<MPI_Request> oldest_;  ///< null: none is posted
  unsigned calls_ = 0;
  std::vector<int> completed_;
  std::vector<MPI_Status> statuses_;
  std::vector<Arrival> arrived_;
};

}  // namespace upout::engines::shared_nothing
