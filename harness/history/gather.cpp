#include "harness/history/gather.h"

#include <mpi.h>
#include <sched.h>

#include <cstdint>
#include <numeric>
#include <type_traits>
#include <vector>

#include "engines/shared_nothing/collectives.h"

namespace upout::harness {

namespace {

using platform::Timestamp;

static_assert(std::is_trivially_copyable_v<HistoryEntry>);

/// One instant, the same for all ranks, each on its own host's scale.
Timestamp common_instant() {
  engines::shared_nothing::Collectives ranks(MPI_COMM_WORLD, true, {});
  std::int64_t instant = ranks.agree_on_start(platform::Clock(), [] { sched_yield(); }).count();
  // What was measured of ranks that share a clock differs by an error, which must not come between them.
  MPI_Comm host = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host);
  MPI_Bcast(&instant, 1, MPI_INT64_T, 0, host);
  MPI_Comm_free(&host);
  return Timestamp(instant);
}

HistoryPart shifted(HistoryPart part, Timestamp zero) {
  for (HistoryEntry& entry : part.entries) {
    entry.began -= zero;
    if (entry.ended != never) entry.ended -= zero;
  }
  if (part.full_at != never) part.full_at -= zero;
  return part;
}

std::vector<HistoryEntry> entries_of_all(const std::vector<HistoryEntry>& own) {
  int rank = 0;
  int ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const int count = static_cast<int>(own.size());
  std::vector<int> counts(static_cast<std::size_t>(ranks));
  MPI_Gather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, MPI_COMM_WORLD);
  std::vector<int> places(counts.size());
  std::exclusive_scan(counts.begin(), counts.end(), places.begin(), 0);
  std::vector<HistoryEntry> all(rank == 0 ? static_cast<std::size_t>(places.back() + counts.back()) : 0);
  // Counted by entries: bytes are too many for an int.
  MPI_Datatype entry = MPI_DATATYPE_NULL;
  MPI_Type_contiguous(sizeof(HistoryEntry), MPI_BYTE, &entry);
  MPI_Type_commit(&entry);
  MPI_Gatherv(own.data(), count, entry, all.data(), counts.data(), places.data(), entry, 0, MPI_COMM_WORLD);
  MPI_Type_free(&entry);
  return all;
}

}  // namespace

HistoryPart gather_history(const HistoryPart& own) {
  const HistoryPart part = shifted(own, common_instant());
  std::int64_t full_at = part.full_at.count();
  MPI_Allreduce(MPI_IN_PLACE, &full_at, 1, MPI_INT64_T, MPI_MIN, MPI_COMM_WORLD);
  return {entries_of_all(part.entries), Timestamp(full_at)};
}

}  // namespace upout::harness
