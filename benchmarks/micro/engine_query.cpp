#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engines/shared_memory/engine.h"
#include "keys.h"
#include "lazy.h"
#include "platform/topology.h"
#include "platform/worker_map.h"
#include "registry.h"
#include "workloads/queries.h"

namespace upout::micro {

namespace {

using engines::Share;
using engines::shared_memory::Engine;

/// A table of records with two columns: the record's number, and its remainder by a prime.
struct Table {
  static constexpr workloads::Column number{0};
  static constexpr workloads::Column remainder{8};
  static constexpr std::uint64_t prime = 1009;

  explicit Table(unsigned threads) {
    auto made = Engine::create(topology, platform::WorkerMap::create(topology).value(),
                               {.threads = threads, .expected_records = record_count});
    if (!made) throw std::runtime_error(made.error().to_string());
    engine = std::move(*made);
    engine->run_in_shares(load);
    if (engine->record_count() != record_count) throw std::runtime_error("an insert failed");
  }

  static void load(Engine::Session& session, Share share) {
    std::vector<std::array<std::uint64_t, 2>> values(batch_size);
    std::vector<kernel::Operation> operations(batch_size);
    std::vector<kernel::Operation*> batch;
    engines::Completed done;
    const auto submit = [&] {
      session.submit(batch, done);
      batch.clear();
      done.clear();
    };
    for (std::uint64_t record = share.index; record < record_count; record += share.count) {
      const std::size_t at = batch.size();
      values[at] = {record, record % prime};
      operations[at] = {.kind = kernel::OperationKind::insert,
                        .key = key_of(record),
                        .input = std::as_bytes(std::span(values[at]))};
      batch.push_back(&operations[at]);
      if (batch.size() == batch_size) submit();
    }
    submit();
  }

  platform::Topology topology = std::move(platform::Topology::discover()).value();
  std::unique_ptr<Engine> engine;
};

/// The sum of one record in ten.
void filtered_sum(benchmark::State& state, Engine& engine) {
  const std::uint64_t greatest = record_count / 10 - 1;
  const workloads::FilteredSum query{
      .filtered = Table::number, .greatest = greatest, .summed = Table::number};
  for (auto _ : state) {
    const auto answer = engine.aggregate(query);
    if (answer.result != workloads::Sum{greatest + 1, greatest * (greatest + 1) / 2})
      state.SkipWithError("the sum is wrong");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(record_count));
}

void group_by(benchmark::State& state, Engine& engine) {
  const workloads::GroupedSum query(Table::remainder, Table::prime, Table::number);
  for (auto _ : state) {
    const auto answer = engine.aggregate(query);
    std::uint64_t counted = 0;
    for (const workloads::Sum& group : answer.results()) counted += group.count;
    if (counted != record_count) state.SkipWithError("a group has not all of its records");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(record_count));
}

}  // namespace

void register_engine_query(const std::shared_ptr<const platform::Topology>& topology) {
  for (unsigned threads = 1; threads <= topology->cores(); threads *= 2) {
    const auto table = std::make_shared<Lazy<std::unique_ptr<Table>>>(
        [threads] { return std::make_unique<Table>(threads); });
    const std::string suffix = "/os/" + std::to_string(threads);
    const auto add = [&](const char* name, void (*query)(benchmark::State&, Engine&)) {
      benchmark::RegisterBenchmark((name + suffix).c_str(), [table, query](benchmark::State& state) {
        query(state, *table->value()->engine);
      })->UseRealTime();
    };
    add("engine/query/filtered_sum", filtered_sum);
    add("engine/query/group_by", group_by);
  }
}

}  // namespace upout::micro
