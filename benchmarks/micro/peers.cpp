#include <absl/container/flat_hash_map.h>
#include <benchmark/benchmark.h>
#include <tbb/concurrent_hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "keys.h"
#include "lazy.h"
#include "registry.h"

namespace upout::micro {

namespace {

using AbslMap = absl::flat_hash_map<std::uint64_t, std::uint64_t>;
using TbbMap = tbb::concurrent_hash_map<std::uint64_t, std::uint64_t>;

AbslMap filled_absl_map() {
  AbslMap map;
  map.reserve(record_count);
  for (std::uint64_t number = 0; number < record_count; ++number) map.emplace(key_of(number), number);
  return map;
}

TbbMap filled_tbb_map() {
  TbbMap map(record_count);
  for (std::uint64_t number = 0; number < record_count; ++number) map.emplace(key_of(number), number);
  return map;
}

std::uint64_t get_absl(const AbslMap& map, UniformNumbers& numbers) {
  std::uint64_t sum = 0;
  for (std::size_t read = 0; read < batch_size; ++read) sum += map.find(key_of(numbers.next()))->second;
  return sum;
}

std::uint64_t get_absl_prefetched(const AbslMap& map, UniformNumbers& numbers) {
  std::array<std::uint64_t, batch_size> keys;
  for (auto& key : keys) {
    key = key_of(numbers.next());
    map.prefetch(key);
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t key : keys) sum += map.find(key)->second;
  return sum;
}

/// By const_accessor: its shared lock on the record is what the container asks of those who read while others
/// may write.
std::uint64_t get_tbb(const TbbMap& map, UniformNumbers& numbers) {
  std::uint64_t sum = 0;
  for (std::size_t read = 0; read < batch_size; ++read) {
    TbbMap::const_accessor record;
    if (map.find(record, key_of(numbers.next()))) sum += record->second;
  }
  return sum;
}

template <auto get_batch, class Map>
void get(benchmark::State& state, Lazy<Map>& lazy) {
  const Map& map = lazy.value();
  UniformNumbers numbers(record_count);
  for (auto _ : state) benchmark::DoNotOptimize(get_batch(map, numbers));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_size));
}

}  // namespace

void register_peers() {
  const auto absl_map = std::make_shared<Lazy<AbslMap>>(filled_absl_map);
  benchmark::RegisterBenchmark("peer/absl_flat_hash_map/get",
                               [absl_map](benchmark::State& state) { get<get_absl>(state, *absl_map); });
  benchmark::RegisterBenchmark(
      "peer/absl_flat_hash_map/get_prefetched_16",
      [absl_map](benchmark::State& state) { get<get_absl_prefetched>(state, *absl_map); });
  const auto tbb_map = std::make_shared<Lazy<TbbMap>>(filled_tbb_map);
  benchmark::RegisterBenchmark("peer/tbb_concurrent_hash_map/get",
                               [tbb_map](benchmark::State& state) { get<get_tbb>(state, *tbb_map); });
}

}  // namespace upout::micro
