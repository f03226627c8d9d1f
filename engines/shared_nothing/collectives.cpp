#include "engines/shared_nothing/collectives.h"

#include <sched.h>

#include <chrono>
#include <numeric>

namespace upout::engines::shared_nothing {

namespace {

/// Long enough for every rank to leave the collective call and reach its loop.
constexpr platform::Timestamp start_delay = std::chrono::milliseconds(10);

/// Ranks go through their records between two collectives, and one may have many more than the others.
constexpr std::chrono::seconds longest_collective{60};

/// Waits for what has been begun.
template <class Idle>
void wait(MPI_Request request, Idle&& idle) {
  for (int done = 0; done == 0;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done == 0) idle();
  }
}

/// How far this host's clock is ahead of the root's: the reading in the middle of the shortest of some round
/// trips (Cristian, "Probabilistic clock synchronization", 1989).
platform::Timestamp measure_clock_offset(MPI_Comm communicator, const platform::Clock& clock,
                                         const std::function<void()>& idle) {
  constexpr int round_trips = 32;
  constexpr int tag = 2;
  int rank = 0;
  int size = 1;
  MPI_Comm_rank(communicator, &rank);
  MPI_Comm_size(communicator, &size);
  std::int64_t reading = 0;
  const auto receive = [&](int source) {
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Irecv(&reading, 1, MPI_INT64_T, source, tag, communicator, &request);
    wait(request, idle);
  };
  platform::Timestamp offset{};
  for (int other = 1; other < size; ++other) {
    if (rank != 0 && rank != other) continue;
    platform::Timestamp shortest = platform::Timestamp::max();
    for (int i = 0; i < round_trips; ++i) {
      if (rank == 0) {
        receive(other);
        reading = clock.now().count();
        MPI_Send(&reading, 1, MPI_INT64_T, other, tag, communicator);
        continue;
      }
      const platform::Timestamp asked = clock.now();
      MPI_Send(&reading, 1, MPI_INT64_T, 0, tag, communicator);
      receive(0);
      const platform::Timestamp answered = clock.now();
      if (answered - asked >= shortest) continue;
      shortest = answered - asked;
      offset = asked + shortest / 2 - platform::Timestamp(reading);
    }
  }
  return offset;
}

}  // namespace

platform::Timestamp Collectives::agree_on_start(const platform::Clock& clock,
                                                const std::function<void()>& idle) {
  // Clocks drift; a load may have taken long.
  ahead_of_root_ = measure_clock_offset(communicator_, clock, idle);
  std::int64_t instant = (clock.now() - ahead_of_root_ + start_delay).count();
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallreduce(MPI_IN_PLACE, &instant, 1, MPI_INT64_T, MPI_MAX, communicator_, &request);
  wait(request, idle);
  return platform::Timestamp(instant) + ahead_of_root_;
}

void Collectives::complete(MPI_Request request) const {
  const auto begin = std::chrono::steady_clock::now();
  wait(request, [&] {
    if (yields_) sched_yield();
    if (on_missing_ && std::chrono::steady_clock::now() - begin > longest_collective) on_missing_();
  });
}

void Collectives::combine(std::span<std::uint64_t> numbers, MPI_Op operation) const {
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallreduce(MPI_IN_PLACE, numbers.data(), static_cast<int>(numbers.size()), MPI_UINT64_T, operation,
                 communicator_, &request);
  complete(request);
}

std::vector<std::uint64_t> Collectives::concatenate(std::span<const std::uint64_t> numbers) const {
  int ranks = 1;
  MPI_Comm_size(communicator_, &ranks);
  std::vector<int> counts(static_cast<std::size_t>(ranks));
  const int own = static_cast<int>(numbers.size());
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallgather(&own, 1, MPI_INT, counts.data(), 1, MPI_INT, communicator_, &request);
  complete(request);
  std::vector<int> places(counts.size());
  std::exclusive_scan(counts.begin(), counts.end(), places.begin(), 0);
  std::vector<std::uint64_t> all(static_cast<std::size_t>(places.back()) +
                                 static_cast<std::size_t>(counts.back()));
  MPI_Iallgatherv(numbers.data(), own, MPI_UINT64_T, all.data(), counts.data(), places.data(), MPI_UINT64_T,
                  communicator_, &request);
  complete(request);
  return all;
}

}  // namespace upout::engines::shared_nothing
