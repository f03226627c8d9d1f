#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "keys.h"
#include "lazy.h"
#include "platform/memory.h"
#include "registry.h"

namespace upout::micro {

namespace {

using platform::Expected;
using platform::Region;

/// Far more than any cache holds.
constexpr std::size_t array_bytes = std::size_t{1} << 30;

std::span<std::uint64_t> words_of(const Region& region) {
  return {reinterpret_cast<std::uint64_t*>(region.bytes().data()),
          region.bytes().size() / sizeof(std::uint64_t)};
}

/// Every page written once: one that was only read would be the kernel's shared page of zeros.
Expected<Region> touched_array() {
  auto region = Region::map(array_bytes);
  if (region) std::ranges::fill(words_of(*region), 1);
  return region;
}

using Array = Lazy<Expected<Region>>;

/// Independent reads: the processor overlaps as many as its out-of-order window reaches.
std::uint64_t read_plain(std::span<const std::uint64_t> words, UniformNumbers& numbers) {
  std::uint64_t sum = 0;
  for (std::size_t read = 0; read < batch_size; ++read) sum += words[numbers.next()];
  return sum;
}

/// The same, all asked for before the first is read.
std::uint64_t read_prefetched(std::span<const std::uint64_t> words, UniformNumbers& numbers) {
  std::array<const std::uint64_t*, batch_size> addresses;
  for (auto& address : addresses) {
    address = &words[numbers.next()];
    __builtin_prefetch(address);
  }
  std::uint64_t sum = 0;
  for (const auto* address : addresses) sum += *address;
  return sum;
}

template <auto read_batch>
void random_read(benchmark::State& state, Array& array) {
  const auto& region = array.value();
  if (!region) {
    state.SkipWithError(region.error().to_string().c_str());
    return;
  }
  const std::span<const std::uint64_t> words = words_of(*region);
  UniformNumbers numbers(words.size());
  for (auto _ : state) benchmark::DoNotOptimize(read_batch(words, numbers));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_size));
}

}  // namespace

void register_limits() {
  const auto array = std::make_shared<Array>(touched_array);
  benchmark::RegisterBenchmark("limit/random_read/plain",
                               [array](benchmark::State& state) { random_read<read_plain>(state, *array); });
  benchmark::RegisterBenchmark("limit/random_read/prefetched_16", [array](benchmark::State& state) {
    random_read<read_prefetched>(state, *array);
  });
}

}  // namespace upout::micro
