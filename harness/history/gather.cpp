#include "harness/history/gather.h"

#include <mpi.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "engines/shared_nothing/collectives.h"
#include "platform/host.h"

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

// Where ranks are gone
// ---------------------------------------------------------------------------------------------------------

/// The same instant for all that are there: that of the first one on the host, as they share its clock.
Timestamp instant_of_host(engines::shared_nothing::Collectives& ranks) {
  const std::uint64_t host = std::hash<std::string>()(platform::host_name());
  const auto instant = ranks.agree_on_start(platform::Clock(), [] { sched_yield(); }).count();
  const auto all = ranks.concatenate(std::array{host, static_cast<std::uint64_t>(instant)});
  for (std::size_t i = 0; i < all.size(); i += 2) {
    if (all[i] == host) return Timestamp(static_cast<std::int64_t>(all[i + 1]));
  }
  return Timestamp(instant);
}

HistoryPart gather_present(const HistoryPart& own, const std::vector<bool>& present) {
  static_assert(sizeof(HistoryEntry) % sizeof(std::uint64_t) == 0);
  engines::shared_nothing::Collectives ranks(MPI_COMM_WORLD, true, {});
  ranks.limit_to(present);
  const HistoryPart part = shifted(own, instant_of_host(ranks));
  const auto full_at = ranks.concatenate(std::array{static_cast<std::uint64_t>(part.full_at.count())});
  const auto words = std::as_bytes(std::span(part.entries));
  std::vector<std::uint64_t> numbers(words.size() / sizeof(std::uint64_t));
  // Ranks that only serve have none, and no memory for them.
  std::ranges::copy(words, std::as_writable_bytes(std::span(numbers)).begin());
  const auto all = ranks.concatenate(numbers);
  HistoryPart whole;
  whole.entries.resize(all.size() * sizeof(std::uint64_t) / sizeof(HistoryEntry));
  std::ranges::copy(std::as_bytes(std::span(all)), std::as_writable_bytes(std::span(whole.entries)).begin());
  whole.full_at = never;
  for (const std::uint64_t each : full_at)
    whole.full_at = std::min(whole.full_at, Timestamp(static_cast<std::int64_t>(each)));
  return whole;
}

}  // namespace

HistoryPart gather_history(const HistoryPart& own, const std::vector<bool>& present) {
  if (!present.empty()) return gather_present(own, present);
  const HistoryPart part = shifted(own, common_instant());
  std::int64_t full_at = part.full_at.count();
  MPI_Allreduce(MPI_IN_PLACE, &full_at, 1, MPI_INT64_T, MPI_MIN, MPI_COMM_WORLD);
  return {entries_of_all(part.entries), Timestamp(full_at)};
}

}  // namespace upout::harness
