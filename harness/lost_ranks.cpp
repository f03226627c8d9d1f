#include "harness/lost_ranks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/liveness.h"
#include "engines/shared_nothing/mpi_process.h"
#include "engines/shared_nothing/replication/membership.h"

namespace upout::harness {

using engines::shared_nothing::MpiProcess;

void say_what_is_lost(const engines::shared_nothing::LostRank& lost) {
  if (lost.rank == engines::shared_nothing::LostRank::several) {
    fmt::print(
        stderr,
        "upout: no copy is left that has all that was acknowledged of partition{} {} of {}; the run ends\n",
        lost.partitions.size() == 1 ? "" : "s", fmt::join(lost.partitions, ", "), lost.of_partitions);
  } else if (lost.rank < 0) {
    fmt::print(stderr, "upout: a rank is missing in a collective call; the run ends\n");
  } else if (lost.partitions.empty()) {
    fmt::print(
        stderr,
        "upout: rank {} on {}, a client, has not been heard of for {} ms: its load is missing; the run "
        "ends\n",
        lost.rank, lost.host,
        engines::shared_nothing::Liveness::longest_silence / std::chrono::milliseconds(1));
  } else {
    fmt::print(
        stderr,
        "upout: rank {} on {} has not been heard of for {} ms: partition{} {} of {} {} lost with it, for "
        "there is no copy; the run ends\n",
        lost.rank, lost.host,
        engines::shared_nothing::Liveness::longest_silence / std::chrono::milliseconds(1),
        lost.partitions.size() == 1 ? "" : "s", fmt::join(lost.partitions, ", "), lost.of_partitions,
        lost.partitions.size() == 1 ? "is" : "are");
  }
}

void end_without(const engines::shared_nothing::LostRank& lost, int own_rank) {
  if (own_rank != (lost.rank == 0 ? 1 : 0)) std::this_thread::sleep_for(std::chrono::milliseconds(250));
  say_what_is_lost(lost);
  MpiProcess::abort_all(1);
}

void end_in_minority(unsigned there, int ranks) {
  fmt::print(
      stderr,
      "upout: this rank has heard of {} of {} ranks, itself included, for {} ms, which is no majority: it "
      "ends\n",
      there, ranks, engines::shared_nothing::CopyTiming{}.longest_absence / std::chrono::milliseconds(1));
  MpiProcess::leave(1);
}

}  // namespace upout::harness
