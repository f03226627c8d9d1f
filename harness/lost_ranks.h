#pragma once

namespace upout::engines::shared_nothing {
struct LostRank;
}

/// What a run says and does when it cannot go on, for ranks are missing.
namespace upout::harness {

/// To stderr, in a line: which rank, on which host, and which partitions are gone.
void say_what_is_lost(const engines::shared_nothing::LostRank& lost);

/// Without copies elsewhere, what a lost rank had is lost, and so is the run. The first of the others says so
/// and ends them all; if that does not help, each does.
[[noreturn]] void end_without(const engines::shared_nothing::LostRank& lost, int own_rank);

/// Those who are a majority, if there are any, go on without this one. `there`: how many ranks it hears.
[[noreturn]] void end_in_minority(unsigned there, int ranks);

}  // namespace upout::harness
