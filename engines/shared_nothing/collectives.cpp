#include "engines/shared_nothing/collectives.h"

#include <sched.h>

#include <algorithm>
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
/// trips (Cristian, "Probabilistic clock synchronization", 1989). The root is the first of the ranks.
platform::Timestamp measure_clock_offset(MPI_Comm communicator, int rank, const std::vector<int>& ranks,
                                         const platform::Clock& clock, const std::function<void()>& idle) {
  constexpr int round_trips = 32;
  constexpr int tag = 2;
  const int root = ranks.front();
  std::int64_t reading = 0;
  const auto receive = [&](int source) {
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Irecv(&reading, 1, MPI_INT64_T, source, tag, communicator, &request);
    wait(request, idle);
  };
  platform::Timestamp offset{};
  for (const int other : ranks) {
    if (other == root || (rank != root && rank != other)) continue;
    platform::Timestamp shortest = platform::Timestamp::max();
    for (int i = 0; i < round_trips; ++i) {
      if (rank == root) {
        receive(other);
        reading = clock.now().count();
        MPI_Send(&reading, 1, MPI_INT64_T, other, tag, communicator);
        continue;
      }
      const platform::Timestamp asked = clock.now();
      MPI_Send(&reading, 1, MPI_INT64_T, root, tag, communicator);
      receive(root);
      const platform::Timestamp answered = clock.now();
      if (answered - asked >= shortest) continue;
      shortest = answered - asked;
      offset = asked + shortest / 2 - platform::Timestamp(reading);
    }
  }
  return offset;
}

}  // namespace

Collectives::Collectives(MPI_Comm communicator, bool yields, std::function<void()> on_missing)
    : communicator_(communicator), yields_(yields), on_missing_(std::move(on_missing)) {
  int size = 1;
  MPI_Comm_rank(communicator, &rank_);
  MPI_Comm_size(communicator, &size);
  all_ = static_cast<unsigned>(size);
  limit_to(std::vector<bool>(all_, true));
}

void Collectives::limit_to(const std::vector<bool>& ranks) {
  present_.clear();
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    if (ranks[rank]) present_.push_back(static_cast<int>(rank));
  }
}

platform::Timestamp Collectives::agree_on_start(const platform::Clock& clock,
                                                const std::function<void()>& idle) {
  // Clocks drift; a load may have taken long.
  ahead_of_root_ = measure_clock_offset(communicator_, rank_, present_, clock, idle);
  std::int64_t instant = (clock.now() - ahead_of_root_ + start_delay).count();
  if (!are_all_present()) {
    const auto proposed = static_cast<std::uint64_t>(instant);
    const auto all = concatenate_present({&proposed, 1}, idle);
    return platform::Timestamp(static_cast<std::int64_t>(*std::ranges::max_element(all))) + ahead_of_root_;
  }
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

void Collectives::combine(std::span<std::uint64_t> numbers, Combination how) const {
  const bool is_sum = how == Combination::sum;
  if (!are_all_present()) {
    const auto all = concatenate_present(numbers, {});
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = 0;
      for (std::size_t at = i; at < all.size(); at += numbers.size())
        numbers[i] = is_sum ? numbers[i] + all[at] : std::max(numbers[i], all[at]);
    }
    return;
  }
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallreduce(MPI_IN_PLACE, numbers.data(), static_cast<int>(numbers.size()), MPI_UINT64_T,
                 is_sum ? MPI_SUM : MPI_MAX, communicator_, &request);
  complete(request);
}

std::vector<std::uint64_t> Collectives::concatenate_present(std::span<const std::uint64_t> numbers,
                                                            const std::function<void()>& idle) const {
  constexpr int size_tag = 3;
  constexpr int numbers_tag = 4;
  const auto finish = [&](MPI_Request request) { idle ? wait(request, idle) : complete(request); };
  const auto send = [&](std::span<const std::uint64_t> what, int to) {
    const std::uint64_t size = what.size();
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Isend(&size, 1, MPI_UINT64_T, to, size_tag, communicator_, &request);
    finish(request);
    MPI_Isend(what.data(), static_cast<int>(size), MPI_UINT64_T, to, numbers_tag, communicator_, &request);
    finish(request);
  };
  const auto receive = [&](int from) {
    std::uint64_t size = 0;
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Irecv(&size, 1, MPI_UINT64_T, from, size_tag, communicator_, &request);
    finish(request);
    std::vector<std::uint64_t> what(size);
    MPI_Irecv(what.data(), static_cast<int>(size), MPI_UINT64_T, from, numbers_tag, communicator_, &request);
    finish(request);
    return what;
  };
  const int root = present_.front();
  if (rank_ != root) {
    send(numbers, root);
    return receive(root);
  }
  std::vector<std::uint64_t> all(numbers.begin(), numbers.end());
  for (const int other : std::span(present_).subspan(1)) {
    const auto theirs = receive(other);
    all.insert(all.end(), theirs.begin(), theirs.end());
  }
  for (const int other : std::span(present_).subspan(1)) send(all, other);
  return all;
}

std::vector<std::uint64_t> Collectives::concatenate(std::span<const std::uint64_t> numbers) const {
  if (!are_all_present()) return concatenate_present(numbers, {});
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
