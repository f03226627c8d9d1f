#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bound.h"
#include "keys.h"
#include "lazy.h"
#include "platform/memory.h"
#include "platform/pages.h"
#include "registry.h"

/// What memory costs, by the NUMA node that reads and the node that it lies on.
namespace upout::micro {

namespace {

using platform::Expected;
using platform::NumaNode;
using platform::Region;
using platform::Topology;

struct alignas(64) Line {
  const Line* next = nullptr;
  std::array<std::uint64_t, 7> rest{};
};

/// Four times what a node's last-level caches hold, and at least 256 MiB.
std::size_t bytes_to_read(const Topology& topology) {
  const std::size_t caches = topology.last_level_cache_bytes() / std::max(1U, topology.numa_nodes());
  return std::max(std::size_t{256} << 20, 4 * caches);
}

std::span<Line> lines_of(const Region& region) {
  return {reinterpret_cast<Line*>(region.bytes().data()), region.bytes().size() / sizeof(Line)};
}

/// Makes of the lines one cycle in random order, in which each says where the next one is (Sattolo's
/// algorithm, 1986).
void link_at_random(std::span<Line> lines) {
  std::vector<std::uint32_t> order(lines.size());
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[UniformNumbers(i, i).next()]);
  for (std::size_t i = 0; i < order.size(); ++i) lines[i].next = &lines[order[i]];
}

/// Memory on one node, linked, and what the kernel says of where it is.
struct NodeMemory {
  Region region;
  std::optional<double>
      on_node;  ///< share of sampled pages that are there; nothing if the kernel does not tell
};

std::optional<double> share_on_node(const Region& region, unsigned node) {
  constexpr std::size_t samples = 4096;
  std::vector<const void*> addresses;
  for (std::size_t i = 0; i < samples; ++i)
    addresses.push_back(&region.bytes()[region.bytes().size() / samples * i]);
  const auto nodes = platform::nodes_of_pages(addresses);
  if (!nodes) return {};
  return static_cast<double>(std::ranges::count(*nodes, std::optional(node))) / samples;
}

Expected<NodeMemory> linked_memory(const Topology& topology, unsigned node) {
  // On the only node there is, memory need not be bound: containers often forbid it.
  platform::Placement placement = platform::FirstTouch{};
  if (topology.node_list().size() > 1) placement = platform::BoundTo{node};
  auto region = Region::map(bytes_to_read(topology), {.placement = placement});
  if (!region) return tl::unexpected(region.error());
  link_at_random(lines_of(*region));
  const auto share = share_on_node(*region, node);
  return NodeMemory{std::move(*region), share};
}

using LazyMemory = Lazy<Expected<NodeMemory>>;

/// Nothing, and the benchmark failed, if the memory could not be had or is not where it should be.
const NodeMemory* memory_of(benchmark::State& state, LazyMemory& lazy) {
  const auto& memory = lazy.value();
  if (!memory) {
    state.SkipWithError(memory.error().to_string().c_str());
    return nullptr;
  }
  if (memory->on_node) state.counters["on_node"] = *memory->on_node;
  return &*memory;
}

/// One thread follows the links, each read's address known only when the one before has come. An iteration is
/// one read.
void latency(benchmark::State& state, const Topology& topology, unsigned cpu, LazyMemory& lazy) {
  const NodeMemory* memory = memory_of(state, lazy);
  if (memory == nullptr) return;
  run_bound(state, topology, cpu, [&] {
    const Line* line = lines_of(memory->region).data();
    for (auto _ : state) line = line->next;
    benchmark::DoNotOptimize(line);
  });
}

std::uint64_t sum_of(std::span<const std::uint64_t> words) {
  return std::accumulate(words.begin(), words.end(), std::uint64_t{0});
}

/// A thread on each core reads its part in order; an iteration is once through all of it.
void bandwidth(benchmark::State& state, const Topology& topology, const std::vector<unsigned>& cpus,
               LazyMemory& lazy) {
  const NodeMemory* memory = memory_of(state, lazy);
  if (memory == nullptr) return;
  const auto bytes = memory->region.bytes();
  const std::span words(reinterpret_cast<const std::uint64_t*>(bytes.data()),
                        bytes.size() / sizeof(std::uint64_t));
  const std::size_t part = words.size() / cpus.size();
  std::barrier round(static_cast<std::ptrdiff_t>(cpus.size()));
  std::atomic<bool> stop = false;
  const auto read_part = [&](std::size_t index) {
    benchmark::DoNotOptimize(sum_of(words.subspan(index * part, part)));
  };
  const auto others_read = [&](std::size_t index) {
    while (true) {
      round.arrive_and_wait();
      if (stop) return;
      read_part(index + 1);
      round.arrive_and_wait();
    }
  };
  run_bound(state, topology, cpus.front(), [&] {
    const Companions others(topology, std::span(cpus).subspan(1), others_read);
    if (!others.bound()) state.SkipWithError("a thread could not be bound");
    for (auto _ : state) {
      round.arrive_and_wait();
      read_part(0);
      round.arrive_and_wait();
    }
    state.SetBytesProcessed(state.iterations() *
                            static_cast<std::int64_t>(part * cpus.size() * sizeof(std::uint64_t)));
    stop = true;
    round.arrive_and_wait();
  });
}

/// The first processing unit of each core of this node.
std::vector<unsigned> cores_of(const Topology& topology, unsigned node) {
  std::vector<unsigned> cpus;
  for (const platform::Core& core : topology.core_list()) {
    if (core.node == node) cpus.push_back(core.cpus.front());
  }
  return cpus;
}

}  // namespace

void register_machine_memory(const std::shared_ptr<const Topology>& topology) {
  for (const NumaNode& memory : topology->node_list()) {
    const auto lazy = std::make_shared<LazyMemory>(
        [topology, node = memory.index] { return linked_memory(*topology, node); });
    for (const NumaNode& reader : topology->node_list()) {
      const std::vector<unsigned> cpus = cores_of(*topology, reader.index);
      if (cpus.empty()) continue;
      const std::string pair = std::to_string(reader.index) + "/" + std::to_string(memory.index);
      benchmark::RegisterBenchmark(
          ("machine/numa_latency/" + pair).c_str(),
          [topology, cpus, lazy](auto& state) { latency(state, *topology, cpus.front(), *lazy); });
      benchmark::RegisterBenchmark(("machine/numa_bandwidth/" + pair).c_str(), [topology, cpus,
                                                                                lazy](auto& state) {
        bandwidth(state, *topology, cpus, *lazy);
      })->UseRealTime();
    }
  }
}

}  // namespace upout::micro
