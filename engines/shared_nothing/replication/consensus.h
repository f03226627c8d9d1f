#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// When silence means something.
struct ConsensusTiming {
  platform::Timestamp tick = std::chrono::milliseconds(1);        ///< the unit of those below
  platform::Timestamp heartbeat = std::chrono::milliseconds(10);  ///< of a leader
  /// A leader that is silent for so long, or up to twice that, is replaced.
  platform::Timestamp election = std::chrono::milliseconds(50);
};

/// A sequence of decisions on which a majority of the ranks agree, however many messages are lost and
/// whichever ranks stop: Raft (Ongaro and Ousterhout, "In search of an understandable consensus algorithm",
/// USENIX ATC 2014), as libraft has it. What a rank has promised it keeps in memory: one that dies does not
/// come back (decision 11). Used by one thread; calls nothing but what it was given, and that from within
/// its own calls.
class Consensus {
 public:
  struct Environment {
    /// A message to that rank; it may get lost.
    std::function<void(int to, std::span<const std::byte>)> send;
    /// The next decision, on each rank the same ones in the same order.
    std::function<void(std::span<const std::byte>)> decided;
    /// Any number.
    std::function<std::uint64_t()> random;
    std::size_t most_bytes = 0;  ///< of a message; more than a decision has by `beside_decision`
  };

  static constexpr std::size_t beside_decision = 128;

  /// Whether this program has been built with what it takes.
  static bool is_there() noexcept;

  Consensus(int rank, int ranks, const ConsensusTiming& timing, Environment environment);
  ~Consensus();
  Consensus(const Consensus&) = delete;
  Consensus& operator=(const Consensus&) = delete;

  /// To be called often. A rank that has not been asked for long has slept: for it, no time has passed.
  void look(platform::Timestamp now);
  /// A message of that rank. False: no rank sends such a one.
  bool take(int source, std::span<const std::byte> message);

  bool is_leader() const noexcept;
  /// The leader wants this to be decided next; it may turn out otherwise. Others' proposals are left alone.
  void propose(std::span<const std::byte> proposal);

 private:
  class Raft;
  std::unique_ptr<Raft> raft_;
};

}  // namespace upout::engines::shared_nothing
