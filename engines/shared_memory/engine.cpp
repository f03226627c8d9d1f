#include "engines/shared_memory/engine.h"

#include <chrono>
#include <string>
#include <utility>

#include "engines/transaction.h"
#include "kernel/log/checkpoint.h"
#include "kernel/log/recovery.h"

namespace upout::engines::shared_memory {

static_assert(engines::TransactingEngine<Engine>);

platform::Expected<std::unique_ptr<Engine>> Engine::create(const platform::Topology& topology,
                                                           const platform::WorkerMap& map,
                                                           const Options& options) {
  if (!options.oversubscribe) {
    if (auto room = map.check_room("--threads", options.threads); !room) return tl::unexpected(room.error());
  }
  // Where the kernel does not tell, the nodes are taken to be one.
  auto layout = Layout::create(map, options.threads, options.islands,
                               platform::allowed_memory_nodes().value_or(std::vector<unsigned>{}));
  if (!layout) return tl::unexpected(layout.error());
  std::vector<platform::WorkerPlace> places;
  for (unsigned worker = 0; worker < options.threads; ++worker) places.push_back(map[worker]);
  auto arenas = platform::NodeArenas::create(topology, places);
  if (!arenas) return tl::unexpected(arenas.error());
  std::unique_ptr<Engine> engine(new Engine(options, std::move(*layout), std::move(*arenas),
                                            WorkerThreads(topology, map, options.threads)));
  if (auto made = engine->make_placement(); !made) return tl::unexpected(made.error());
  if (options.durability.durability == Durability::none) return engine;
  if (auto recovered = engine->recover(); !recovered) return tl::unexpected(recovered.error());
  return engine;
}

Engine::Engine(const Options& options, Layout layout, platform::NodeArenas arenas, WorkerThreads threads)
    : options_(options),
      layout_(std::move(layout)),
      arenas_(std::move(arenas)),
      threads_(std::move(threads)) {}

platform::Expected<void> Engine::make_placement() {
  auto kind = placement_named(options_.placement);
  if (!kind) return tl::unexpected(kind.error());
  auto placement = kind->create(layout_, {.store = {.expected_records = options_.expected_records,
                                                    .index = options_.index,
                                                    .concurrency_control = options_.concurrency_control,
                                                    .memory = {.placement = {}, .pages = options_.pages}},
                                          .partitioning = options_.partitioning,
                                          .largest_key = options_.largest_key,
                                          .yields = options_.oversubscribe});
  if (!placement) return tl::unexpected(placement.error());
  placement_ = std::move(*placement);
  return {};
}

// The log
// ---------------------------------------------------------------------------------------------------------

platform::Expected<RecoveryReport> Engine::recover() {
  if (placement_->stores().size() != 1) {
    return platform::unexpected("--durability " + std::string(name_of(options_.durability.durability)),
                                "it with --placement " + options_.placement,
                                "os or interleave: what is logged is recovered into one store");
  }
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  RecoveryReport report;
  const auto begin = Clock::now();
  const auto image = kernel::LogImage::open(options_.durability.folder);
  if (!image) return tl::unexpected(image.error());
  report.reading_seconds = seconds_since(begin);
  report.log_bytes = image->bytes();
  const auto read = Clock::now();
  auto changes = redo(*image);
  if (!changes) return tl::unexpected(changes.error());
  report.redoing_seconds = seconds_since(read);
  report.changes = *changes;
  auto log = image->go_on().and_then(
      [this](const kernel::LogOptions& goes_on) { return DurableLog::create(goes_on, options_.durability); });
  if (!log) return tl::unexpected(log.error());
  log_ = std::move(*log);
  return report;
}

platform::Expected<std::uint64_t> Engine::redo(const kernel::LogImage& image) {
  Store& store = *placement_->stores()[0].store;
  kernel::Recovery<kernel::Shared> recovery(image);
  const auto for_each = [&](std::size_t count, auto&& use) {
    const std::vector<std::size_t> shares = arenas_.share_out(count);
    arenas_.run(shares, [&](std::size_t arena, std::size_t item) {
      const kernel::ReaderRegistration registration;
      kernel::Worker worker(store.heap());
      for (std::size_t before = 0; before < arena; ++before) item += shares[before];
      use(item, [&](kernel::Key) { return kernel::RecoveryTarget<kernel::Shared>{&store, &worker}; });
    });
  };
  return recovery.run(for_each).map([&] { return recovery.changes(); });
}

platform::Expected<std::size_t> Engine::take_checkpoint() {
  auto checkpoint = kernel::CheckpointWriter::begin(log_->log());
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  const auto added = [&] {
    Store& store = *placement_->stores()[0].store;
    const kernel::ReaderRegistration registration;
    kernel::Worker worker(store.heap());
    return checkpoint->add(store, worker);
  }();
  return added.and_then([&] { return checkpoint->finish(); }).map([&] { return checkpoint->bytes(); });
}

platform::Expected<RecoveryReport> Engine::restart() {
  if (auto closed = log_->close(); !closed) return tl::unexpected(closed.error());
  log_.reset();
  placement_.reset();
  return make_placement().and_then([this] { return recover(); });
}

void Engine::serve_until(Session& session, const std::atomic<unsigned>& at_work) {
  for (Completed none; at_work.load() != 0;) session.poll(none);
}

auto Engine::divide(Copies copies) const -> Division {
  std::span<const PlacedStore> stores = placement_->stores();
  if (copies == Copies::one) stores = stores.first(stores.size() / placement_->copies());
  const std::size_t parts = (local_shares() + stores.size() - 1) / stores.size();
  Division division{.by_arena = std::vector<std::vector<Division::Piece>>(arenas_.size())};
  for (const PlacedStore& placed : stores) {
    const auto* bound = std::get_if<platform::BoundTo>(&placed.asked);
    // What lies everywhere is everybody's.
    std::vector<std::size_t> shares = arenas_.share_out(parts);
    if (bound != nullptr) {
      shares.assign(arenas_.size(), 0);
      shares[arenas_.arena_of(bound->node)] = parts;
    }
    std::size_t index = 0;
    for (std::size_t arena = 0; arena < shares.size(); ++arena) {
      for (std::size_t i = 0; i < shares[arena]; ++i)
        division.by_arena[arena].push_back({placed.store.get(), {index++, parts}});
    }
  }
  return division;
}

unsigned Engine::worker_near(std::size_t arena) const {
  unsigned worker = 0;
  while (arenas_.arena_of(threads_.map()[worker].node) != arena) ++worker;
  return worker;
}

std::size_t Engine::used_bytes() const {
  std::size_t sum = 0;
  for (const PlacedStore& placed : placement_->stores()) sum += placed.store->used_bytes();
  return sum;
}

PlacementProof Engine::prove_placement() const {
  PlacementProof proof = prove(placement_->stores());
  proof.pages_asked = placement_->stores()[0].store->heap().memory().pages;
  return proof;
}

}  // namespace upout::engines::shared_memory
