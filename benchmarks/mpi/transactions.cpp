#include "benchmarks/mpi/transactions.h"

#include <fmt/format.h>
#include <mpi.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "benchmarks/micro/keys.h"
#include "engines/executor.h"
#include "engines/shared_nothing/transaction.h"
#include "engines/transaction.h"
#include "platform/clock.h"
#include "platform/worker_map.h"

namespace upout::mpi_micro {

namespace {

using namespace engines::shared_nothing;
using engines::Executor;
using engines::WorkerId;

constexpr std::size_t value_bytes = 8;
constexpr std::size_t keys_each = 10;
using Keys = std::array<kernel::Key, keys_each>;
using Client = Executor<Engine::Session>;

/// Keys of one client's transactions.
class KeyChooser {
 public:
  KeyChooser(const PartitionMap& map, unsigned rank, const Settings& settings, unsigned percent_crossing)
      : map_(&map),
        rank_(rank),
        percent_crossing_(percent_crossing),
        numbers_(settings.records, rank + 1),
        shares_(100, rank + 1) {}

  Keys next() {
    const bool crosses = shares_.next() < percent_crossing_;
    Keys keys{};
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const bool is_far = crosses && i % 2 == 1;
      do {
        keys[i] = micro::key_of(numbers_.next());
      } while ((map_->owner_of(keys[i]) != rank_) != is_far);
    }
    return keys;
  }

 private:
  const PartitionMap* map_;
  unsigned rank_;
  std::uint64_t percent_crossing_;
  micro::UniformNumbers numbers_;
  micro::UniformNumbers shares_;
};

/// The last key is far if any is, so that a crossing transaction changes something elsewhere.
kernel::Task<kernel::Verdict> read_nine_and_change_one(Client&, Transaction<Client>& transaction,
                                                       const Keys& keys) {
  std::uint64_t value = 0;
  const std::span<std::byte> bytes = std::as_writable_bytes(std::span(&value, 1));
  for (const kernel::Key key : keys) {
    std::uint32_t copied = 0;
    if (co_await transaction.read(key, 0, bytes, copied) != kernel::Status::ok)
      co_return kernel::Verdict::abort;
  }
  ++value;
  if (co_await transaction.update(keys.back(), 0, bytes) != kernel::Status::ok)
    co_return kernel::Verdict::abort;
  co_return kernel::Verdict::commit;
}

kernel::Task<bool> commit_one(Client& client, kernel::TransactionCounts& counts, Keys keys) {
  Transaction<Client> transaction(client);
  co_return co_await run_to_commit(transaction, counts, keys, [&](Transaction<Client>& tx) {
    return read_nine_and_change_one(client, tx, keys);
  });
}

kernel::Task<bool> insert_one(Client& client, std::uint64_t number) {
  const auto value = std::as_bytes(std::span(&number, 1));
  co_return co_await client.insert(micro::key_of(number), value) == kernel::Status::ok;
}

void load(Engine& engine, const Settings& settings) {
  engine.run_on_workers([&](Engine::Session& session, WorkerId id) {
    Client client(session, settings.depth);
    std::uint64_t number = id.global;
    client.run([&]() -> std::optional<kernel::Task<bool>> {
      if (number >= settings.records) return std::nullopt;
      return insert_one(client, std::exchange(number, number + engine.workers()));
    });
  });
}

}  // namespace

platform::Expected<std::unique_ptr<TransactionBench>> TransactionBench::create(const Settings& settings) {
  std::unique_ptr<TransactionBench> bench(new TransactionBench(settings));
  auto topology = platform::Topology::discover();
  if (!topology) return tl::unexpected(topology.error());
  bench->topology_ = std::make_unique<platform::Topology>(std::move(*topology));
  const auto map = platform::WorkerMap::create(*bench->topology_);
  if (!map) return tl::unexpected(map.error());
  for (std::size_t i = 0; i < controls.size(); ++i) {
    auto engine = Engine::create(MPI_COMM_WORLD, *bench->topology_, *map,
                                 {.expected_records = settings.records,
                                  .concurrency_control = controls[i],
                                  .value_bytes = value_bytes});
    if (!engine) return tl::unexpected(engine.error());
    bench->engines_[i] = std::move(*engine);
    load(*bench->engines_[i], settings);
    if (bench->engines_[i]->record_count() != settings.records)
      return platform::unexpected("--records", "records that could not be inserted", "fewer, or more memory");
  }
  return bench;
}

double TransactionBench::rate(Engine& engine, unsigned percent_crossing) {
  const platform::Clock clock = platform::Clock::calibrate();
  std::uint64_t committed = 0;
  double took = 0;
  engine.run_on_workers([&](Engine::Session& session, WorkerId id) {
    KeyChooser chooser(engine.map(), id.global, settings_, percent_crossing);
    kernel::TransactionCounts counts;
    Client client(session, settings_.depth);
    const platform::Timestamp begin = session.agree_on_start(clock);
    const auto seconds = [&] { return std::chrono::duration<double>(clock.now() - begin).count(); };
    while (seconds() < 0) {
    }
    std::uint64_t begun = 0;
    client.run([&]() -> std::optional<kernel::Task<bool>> {
      if (seconds() >= settings_.seconds) return std::nullopt;
      ++begun;
      return commit_one(client, counts, chooser.next());
    });
    took = seconds();
    committed = counts.committed;
    failed_ += begun - committed;
  });
  engine.sum({&committed, 1});
  return static_cast<double>(committed) / took;
}

std::vector<Measurement> TransactionBench::measurements() {
  std::vector<Measurement> all;
  for (const unsigned percent : {0U, 1U, 2U, 5U, 10U, 20U, 50U, 100U}) {
    for (std::size_t i = 0; i < controls.size(); ++i) {
      const char* control = controls[i] == kernel::ConcurrencyControl::occ ? "occ" : "serial";
      all.push_back({fmt::format("transactions/{}/{}_percent_cross", control, percent), "transactions/s",
                     [this, i, percent] { return rate(*engines_[i], percent); }});
    }
  }
  return all;
}

}  // namespace upout::mpi_micro
