#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/session.h"
#include "engines/shared_nothing/sim_transport.h"
#include "keys.h"
#include "registry.h"

namespace upout::micro {

namespace {

using namespace engines::shared_nothing;

constexpr int ranks = 256;
constexpr std::uint64_t records = 100'000;
constexpr std::uint64_t operations = 1'000'000;
constexpr std::size_t message_bytes = 2048;
constexpr std::size_t depth = 16;
const Options deployment{.expected_records = records};

/// A rank with its partition, whose client keeps reads in flight, then serves the others.
class Rank {
 public:
  Rank(SimNetwork& network, int rank)
      : transport_(network, rank),
        map_(*make_map(deployment, ranks)),
        partitions_(*make_partitions(deployment, map_, static_cast<unsigned>(rank))),
        session_(transport_, partitions_, map_, {}),
        numbers_(records, static_cast<std::uint64_t>(rank) + 1) {
    auto& own = partitions_[static_cast<std::uint32_t>(rank)];
    for (std::uint64_t number = 0; number < records; ++number) {
      if (map_.owner_of(key_of(number)) != static_cast<std::uint32_t>(rank)) continue;
      own.store->insert(own.worker, key_of(number), std::as_bytes(std::span(&number, 1)));
    }
    for (std::size_t i = 0; i < depth; ++i) {
      operations_[i].slot = static_cast<std::uint32_t>(i);
      operations_[i].output = std::as_writable_bytes(std::span(&values_[i], 1));
      free_.push_back(&operations_[i]);
    }
  }

  /// True: it wants another turn at once.
  bool step(std::uint64_t& left) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, free_.size()));
    left -= count;
    for (std::size_t i = 0; i < count; ++i) free_[i]->key = key_of(numbers_.next());
    done_.clear();
    session_.submit(std::span(free_).first(count), done_);
    free_.erase(free_.begin(), free_.begin() + static_cast<std::ptrdiff_t>(count));
    session_.poll(done_);
    session_.poll(done_);
    for (kernel::Operation* operation : done_) {
      failed_ += operation->status != kernel::Status::ok;
      free_.push_back(operation);
    }
    return !done_.empty();
  }
  bool is_idle() const { return free_.size() == depth; }
  std::uint64_t failed() const { return failed_; }

 private:
  SimTransport transport_;
  PartitionMap map_;
  Partitions<> partitions_;
  Session<SimTransport> session_;
  UniformNumbers numbers_;
  std::array<std::uint64_t, depth> values_{};
  std::array<kernel::Operation, depth> operations_;
  std::vector<kernel::Operation*> free_;
  engines::Completed done_;
  std::uint64_t failed_ = 0;
};

/// How long one core takes for a million reads of 256 ranks, nearly all of them of another rank's records.
void simulate(benchmark::State& state) {
  for (auto _ : state) {
    SimNetwork network(ranks, message_bytes, {});
    std::deque<Rank> all;
    for (int rank = 0; rank < ranks; ++rank) all.emplace_back(network, rank);
    std::uint64_t left = operations;
    network.run([&](int rank) { return all[static_cast<std::size_t>(rank)].step(left); },
                [&] { return left == 0 && std::ranges::all_of(all, &Rank::is_idle); });
    for (const Rank& rank : all) {
      if (rank.failed() != 0) state.SkipWithError("a read failed");
    }
    state.counters["virtual_seconds"] = std::chrono::duration<double>(network.now()).count();
    state.counters["messages"] = static_cast<double>(network.sent());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(operations));
}

}  // namespace

void register_engine_simulation() {
  benchmark::RegisterBenchmark("engine/sim/256_ranks", simulate)->Unit(benchmark::kSecond)->Iterations(1);
}

}  // namespace upout::micro
