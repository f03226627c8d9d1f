#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
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
  Collectives(MPI_Comm communicator, bool yields, std::function<void()> on_missing);

  /// Of the ranks that this is true for, and no others, from now on; the same on all of these.
  void limit_to(const std::vector<bool>& ranks);
  /// How many there are, and the number of this one among them.
  unsigned present() const noexcept { return static_cast<unsigned>(present_.size()); }
  unsigned place() const noexcept {
    return static_cast<unsigned>(std::ranges::find(present_, rank_) - present_.begin());
  }

  /// Element by element over all ranks; each gets the result.
  void sum(std::span<std::uint64_t> numbers) const { combine(numbers, Combination::sum); }
  void max(std::span<std::uint64_t> numbers) const { combine(numbers, Combination::max); }
  /// All ranks' numbers, one rank's after the other's, however many each has; each rank gets them.
  std::vector<std::uint64_t> concatenate(std::span<const std::uint64_t> numbers) const;

  /// The same instant, a little ahead, for all, on each host's own scale. While it waits, it calls `idle()`
  /// again and again.
  platform::Timestamp agree_on_start(const platform::Clock& clock, const std::function<void()>& idle);

 private:
  enum class Combination { sum, max };
  void combine(std::span<std::uint64_t> numbers, Combination how) const;
  void complete(MPI_Request request) const;
  bool are_all_present() const noexcept { return present() == all_; }
  /// The same where some are not: MPI's collective calls would wait for them.
  std::vector<std::uint64_t> concatenate_present(std::span<const std::uint64_t> numbers,
                                                 const std::function<void()>& idle) const;

  MPI_Comm communicator_;
  int rank_ = 0;
  unsigned all_ = 1;
  std::vector<int> present_;
  bool yields_;
  std::function<void()> on_missing_;
  platform::Timestamp ahead_of_root_{};  ///< this host's clock less the root's, when last measured
};

}  // namespace upout::engines::shared_nothing
