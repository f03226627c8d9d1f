#include <benchmark/benchmark.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bound.h"
#include "registry.h"

/// What one cache line costs that several cores write.
namespace upout::micro {

namespace {

using platform::Topology;

/// Two lines, because processors fetch lines in pairs.
constexpr std::size_t apart = 128;

struct alignas(apart) Line {
  std::atomic<std::uint64_t> value = 0;
};

constexpr std::uint64_t stop = ~std::uint64_t{0};

/// One thread writes an odd number, the other answers with the even one after it: in each such round the line
/// goes over and back. An iteration is one way.
void core_to_core(benchmark::State& state, const Topology& topology, unsigned here, unsigned there) {
  Line line;
  const auto answer = [&line](std::size_t) {
    for (std::uint64_t expected = 1;; expected += 2) {
      std::uint64_t seen = 0;
      while ((seen = line.value.load(std::memory_order_acquire)) != expected) {
        if (seen == stop) return;
      }
      line.value.store(expected + 1, std::memory_order_release);
    }
  };
  run_bound(state, topology, here, [&] {
    const Companions partner(topology, std::span(&there, 1), answer);
    if (!partner.bound()) state.SkipWithError("the other thread could not be bound");
    std::uint64_t sent = 1;
    while (state.KeepRunningBatch(2)) {
      line.value.store(sent, std::memory_order_release);
      while (line.value.load(std::memory_order_acquire) != sent + 1) {
      }
      sent += 2;
    }
    line.value.store(stop, std::memory_order_release);
  });
}

/// One thread measures what an increment takes while the others do the same as fast as they can. Items are
/// the increments of all.
void shared_increment(benchmark::State& state, const Topology& topology, std::span<const unsigned> cpus) {
  Line line;
  Line stopped;
  const auto increment = [&](std::size_t) {
    while (stopped.value.load(std::memory_order_relaxed) == 0) {
      for (int i = 0; i < 64; ++i) line.value.fetch_add(1, std::memory_order_relaxed);
    }
  };
  run_bound(state, topology, cpus.front(), [&] {
    const Companions others(topology, cpus.subspan(1), increment);
    if (!others.bound()) state.SkipWithError("a thread could not be bound");
    const std::uint64_t before = line.value;
    for (auto _ : state) line.value.fetch_add(1, std::memory_order_relaxed);
    state.SetItemsProcessed(static_cast<std::int64_t>(line.value - before));
    stopped.value = 1;
  });
}

}  // namespace

void register_machine_lines(const std::shared_ptr<const Topology>& topology) {
  std::vector<unsigned> cpus;  // the first of each core
  for (const platform::Core& core : topology->core_list()) cpus.push_back(core.cpus.front());
  for (std::size_t a = 0; a < cpus.size(); ++a) {
    for (std::size_t b = a + 1; b < cpus.size(); ++b) {
      const std::string name =
          "machine/core_to_core/" + std::to_string(cpus[a]) + "/" + std::to_string(cpus[b]);
      benchmark::RegisterBenchmark(name.c_str(), [topology, here = cpus[a], there = cpus[b]](auto& state) {
        core_to_core(state, *topology, here, there);
      })->MinTime(0.05);  // a hundred thousand ways and more: there are many pairs
    }
  }
  for (std::size_t threads = 1; threads <= cpus.size(); ++threads) {
    const std::string name = "machine/shared_increment/threads:" + std::to_string(threads);
    const std::vector<unsigned> those(cpus.begin(), cpus.begin() + static_cast<std::ptrdiff_t>(threads));
    benchmark::RegisterBenchmark(name.c_str(), [topology, those](auto& state) {
      shared_increment(state, *topology, those);
    })->UseRealTime();
  }
}

}  // namespace upout::micro
