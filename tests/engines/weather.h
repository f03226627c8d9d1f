#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "engines/shared_nothing/sim_transport.h"
#include "kernel/store.h"

namespace upout::engines::shared_nothing {

/// What ranks of a simulated network have to live with.
struct Weather {
  SimOptions network = {};
  platform::Timestamp deadline = std::chrono::microseconds(500);
  unsigned cuts = 0;     ///< links that are down for a while
  bool crashes = false;  ///< one rank, in the middle
  unsigned moves = 0;    ///< of partitions from rank to rank
  kernel::IndexKind index = kernel::IndexKind::hash;
};

/// Everything that a seed decides.
inline Weather weather_of(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Weather weather;
  weather.network.seed = seed;
  weather.network.mean_further_delay = std::chrono::microseconds(random() % 60);
  // Often so short that responses come too late.
  weather.deadline = std::chrono::microseconds(20 + random() % 500);
  weather.network.loss = random() % 2 == 0 ? 0 : static_cast<double>(random() % 60) / 1000;
  weather.cuts = random() % 3 == 0 ? static_cast<unsigned>(random() % 8) : 0;
  weather.crashes = random() % 4 == 0;
  weather.moves = random() % 2 == 0 ? 0 : static_cast<unsigned>(random() % 12);
  weather.index = random() % 2 == 0 ? kernel::IndexKind::hash : kernel::IndexKind::ordered;
  return weather;
}

/// Lets it happen. `begin_move(rank, partition, to)` is called on each rank that is alive, of which one has
/// the partition.
template <class BeginMove>
void make_weather(SimNetwork& network, const Weather& weather, std::uint32_t partitions,
                  BeginMove begin_move) {
  const int ranks = network.ranks();
  auto& random = network.random();
  const auto any_rank = [&random](int among) {
    return static_cast<int>(random() % static_cast<std::uint64_t>(among));
  };
  for (unsigned i = 0; i < weather.cuts; ++i) {
    const int one = any_rank(ranks);
    const int other = (one + 1 + any_rank(ranks - 1)) % ranks;
    const platform::Timestamp begin = std::chrono::microseconds(random() % 200);
    network.at(begin, [&network, one, other] { network.set_link(one, other, false); });
    network.at(begin + std::chrono::microseconds(random() % 700),
               [&network, one, other] { network.set_link(one, other, true); });
  }
  if (weather.crashes) {
    const int rank = any_rank(ranks);
    network.at(std::chrono::microseconds(random() % 100), [&network, rank] { network.crash(rank); });
  }
  for (unsigned i = 0; i < weather.moves; ++i) {
    const auto partition = static_cast<std::uint32_t>(random() % partitions);
    const int to = any_rank(ranks);
    network.at(std::chrono::microseconds(random() % 400), [&network, begin_move, partition, to] {
      for (int rank = 0; rank < network.ranks(); ++rank) {
        if (network.is_alive(rank)) begin_move(rank, partition, to);
      }
    });
  }
}

/// Gives the ranks turns until those that are alive have done all that they were to do.
template <class Ranks>
void run_until_over(SimNetwork& network, Ranks& all) {
  network.run([&](int rank) { return all[static_cast<std::size_t>(rank)].step(); },
              [&] {
                for (int rank = 0; rank < network.ranks(); ++rank) {
                  if (network.is_alive(rank) && !all[static_cast<std::size_t>(rank)].is_over()) return false;
                }
                return true;
              });
}

/// A network of which each message arrives twice, against the promise of the `Transport` concept.
class StutteringTransport : public SimTransport {
 public:
  using SimTransport::SimTransport;
  void send(int peer) {
    const auto free = buffer(peer);
    const std::vector<std::byte> copy(free.data() - filled(peer), free.data());
    SimTransport::send(peer);
    if (copy.empty()) return;
    std::ranges::copy(copy, buffer(peer).begin());
    fill(peer, copy.size());
    SimTransport::send(peer);
  }
};

/// The seeds of a test: so many from 1 on, or the one that the environment names.
struct Seeds {
  explicit Seeds(std::uint64_t count) : end(1 + count) {
    if (const char* more = std::getenv("UPOUT_SIM_SEEDS"); more != nullptr)
      end = 1 + std::strtoull(more, nullptr, 10);
    if (const char* only = std::getenv("UPOUT_SIM_SEED"); only != nullptr) {
      first = std::strtoull(only, nullptr, 10);
      end = first + 1;
    }
  }
  bool is_one() const { return end == first + 1; }
  static std::string replay(std::uint64_t seed, const std::string& test) {
    return "to see it again: UPOUT_SIM_SEED=" + std::to_string(seed) + " ctest -R " + test + " -V";
  }
  std::uint64_t first = 1;
  std::uint64_t end;
};

}  // namespace upout::engines::shared_nothing
