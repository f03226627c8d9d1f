#pragma once

#include <mpi.h>

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// What all ranks do together, each with its main thread at about the same time, without messages of their
/// sessions.
class Collectives {
 public:
  /// `yields`: who waits gives the processor away, because ranks share cores. `on_missing()` is called when
  /// others have not come for so long that one must have gone (which one, MPI does not say); empty: never.
  Collectives(MPI_Comm communicator, bool yields, std::function<void()> on_missing)
      : communicator_(communicator), yields_(yields), on_missing_(std::move(on_missing)) {}

  /// Element by element over all ranks; each gets the result.
  void sum(std::span<std::uint64_t> numbers) const { combine(numbers, MPI_SUM); }
  void max(std::span<std::uint64_t> numbers) const { combine(numbers, MPI_MAX); }
  /// All ranks' numbers, one rank's after the other's, however many each has; each rank gets them.
  std::vector<std::uint64_t> concatenate(std::span<const std::uint64_t> numbers) const;

  /// The same instant, a little ahead, for all, on each host's own scale. While it waits, it calls `idle()`
  /// again and again.
  platform::Timestamp agree_on_start(const platform::Clock& clock, const std::function<void()>& idle);

 private:
  void combine(std::span<std::uint64_t> numbers, MPI_Op operation) const;
  void complete(MPI_Request request) const;

  MPI_Comm communicator_;
  bool yields_;
  std::function<void()> on_missing_;
  platform::Timestamp ahead_of_root_{};  ///< this host's clock less the root's, when last measured
};

}  // namespace upout::engines::shared_nothing
