#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engines/executor.h"
#include "engines/shared_memory/engine.h"
#include "kernel/hash.h"
#include "keys.h"
#include "lazy.h"
#include "platform/clock.h"
#include "platform/topology.h"
#include "platform/worker_map.h"
#include "registry.h"

namespace upout::micro {

namespace {

using engines::Completed;
using engines::WorkerId;
using engines::shared_memory::Engine;

constexpr std::uint64_t reads_a_worker = 1 << 20;
constexpr unsigned islands = 2;

/// Two workers, each an island of its own with half of the records.
struct TwoIslands {
  TwoIslands() {
    auto engine_made = Engine::create(
        topology, map,
        {.threads = islands, .expected_records = record_count, .placement = "islands", .islands = islands});
    if (!engine_made) throw std::runtime_error(engine_made.error().to_string());
    engine = std::move(*engine_made);
    engine->run_on_workers([](Engine::Session& session, WorkerId id) { load(session, id.global); });
    if (engine->record_count() != record_count) throw std::runtime_error("an insert failed");
  }

  static void load(Engine::Session& session, unsigned worker) {
    std::vector<std::uint64_t> values(batch_size);
    std::vector<kernel::Operation> operations(batch_size);
    std::vector<kernel::Operation*> batch;
    Completed done;
    for (std::uint64_t number = worker; number < record_count;) {
      batch.clear();
      for (std::size_t i = 0; i < batch_size && number < record_count; ++i, number += islands) {
        values[i] = number;
        operations[i] = {.kind = kernel::OperationKind::insert,
                         .key = key_of(number),
                         .input = std::as_bytes(std::span(&values[i], 1))};
        batch.push_back(&operations[i]);
      }
      done.clear();
      session.submit(batch, done);
      while (done.size() < batch.size()) session.poll(done);
    }
  }

  platform::Topology topology = platform::Topology::discover().value();
  platform::WorkerMap map = platform::WorkerMap::create(topology).value();
  std::unique_ptr<Engine> engine;
};

/// The next random key that is in a partition.
kernel::Key next_key_of(std::uint32_t partition, UniformNumbers& numbers) {
  for (;;) {
    const kernel::Key key = key_of(numbers.next());
    if (kernel::KeyHash(key).partition(islands) == partition) return key;
  }
}

/// Keeps `depth` reads of one partition in flight. Returns how many did not find their record.
std::uint64_t read(Engine::Session& session, std::uint32_t partition, std::size_t depth, std::uint64_t seed) {
  UniformNumbers numbers(record_count, seed);
  std::vector<std::uint64_t> values(depth);
  std::vector<kernel::Operation> operations(depth);
  Completed idle;
  Completed done;
  for (std::size_t i = 0; i < depth; ++i) {
    operations[i].output = std::as_writable_bytes(std::span(&values[i], 1));
    idle.push_back(&operations[i]);
  }
  std::uint64_t failed = 0;
  std::uint64_t begun = 0;
  for (std::uint64_t ended = 0; ended < reads_a_worker;) {
    if (begun + idle.size() > reads_a_worker) idle.drop_front(begun + idle.size() - reads_a_worker);
    for (kernel::Operation* operation : idle) operation->key = next_key_of(partition, numbers);
    begun += idle.size();
    done.clear();
    session.submit(idle, done);
    session.poll(done);
    for (const kernel::Operation* operation : done) failed += operation->status != kernel::Status::ok;
    ended += done.size();
    std::swap(idle, done);
  }
  return failed;
}

using Executor = engines::Executor<Engine::Session>;

/// Reads records one after the other, out of those that all coroutines of the worker have to read.
kernel::Task<bool> read_in_turn(Executor& executor, std::uint32_t partition, UniformNumbers& numbers,
                                std::uint64_t& remaining, std::uint64_t& failed) {
  while (remaining != 0) {
    --remaining;
    std::uint64_t value = 0;
    std::uint32_t copied = 0;
    const kernel::Status status = co_await executor.get(next_key_of(partition, numbers),
                                                        std::as_writable_bytes(std::span(&value, 1)), copied);
    failed += status != kernel::Status::ok;
    benchmark::DoNotOptimize(value);
  }
  co_return true;
}

/// The same as `read`, by `depth` coroutines.
std::uint64_t read_awaiting(Engine::Session& session, std::uint32_t partition, std::size_t depth,
                            std::uint64_t seed) {
  UniformNumbers numbers(record_count, seed);
  Executor executor(session, depth);
  std::uint64_t remaining = reads_a_worker;
  std::uint64_t failed = 0;
  executor.run([&]() -> std::optional<kernel::Task<bool>> {
    if (remaining == 0) return std::nullopt;
    return read_in_turn(executor, partition, numbers, remaining, failed);
  });
  return failed;
}

using Read = std::uint64_t (*)(Engine::Session& session, std::uint32_t partition, std::size_t depth,
                               std::uint64_t seed);

/// Both workers at once, each reading its own island's records or the other one's.
void read_islands(benchmark::State& state, TwoIslands& two, std::size_t depth, bool own, Read read_all) {
  const platform::Clock clock = platform::Clock::calibrate();
  std::array<std::uint64_t, islands> failed{};
  std::uint64_t seed = 1;
  for (auto _ : state) {
    std::array<platform::Timestamp, islands> begun{};
    std::array<platform::Timestamp, islands> ended{};
    two.engine->run_on_workers([&](Engine::Session& session, WorkerId id) {
      const std::uint32_t partition = own ? id.global : 1 - id.global;
      begun[id.global] = session.agree_on_start(clock);
      while (clock.now() < begun[id.global]) {
      }
      failed[id.global] += read_all(session, partition, depth, seed + id.global);
      ended[id.global] = clock.now();
    });
    seed += islands;
    state.SetIterationTime(static_cast<double>((std::max(ended[0], ended[1]) - begun[0]).count()) * 1e-9);
  }
  if (failed[0] + failed[1] != 0) state.SkipWithError("a record is missing");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(islands * reads_a_worker));
}

}  // namespace

void register_engine_delegation() {
  const auto two =
      std::make_shared<Lazy<std::unique_ptr<TwoIslands>>>([] { return std::make_unique<TwoIslands>(); });
  const auto add = [&two](const std::string& reads, bool own, Read read_all) {
    for (const std::size_t depth : {std::size_t{16}, std::size_t{64}}) {
      const std::string name = "engine/islands/" + reads + "/" + std::to_string(depth);
      benchmark::RegisterBenchmark(name.c_str(), [two, depth, own, read_all](benchmark::State& state) {
        read_islands(state, *two->value(), depth, own, read_all);
      })->UseManualTime();
    }
  };
  add("own_reads", true, read);
  add("delegated_reads", false, read);
  add("awaited", false, read_awaiting);
}

}  // namespace upout::micro
