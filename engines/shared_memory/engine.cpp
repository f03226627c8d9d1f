#include "engines/shared_memory/engine.h"

#include <string>
#include <utility>

namespace upout::engines::shared_memory {

namespace {

/// Long enough for every worker to leave the barrier and reach its loop.
constexpr platform::Timestamp start_delay = std::chrono::milliseconds(2);

}  // namespace

static_assert(engines::Engine<Engine>);

platform::Timestamp Engine::Start::agree(const platform::Clock& clock, bool decides) {
  barrier_.arrive_and_wait();
  if (decides) instant_ = clock.now() + start_delay;
  barrier_.arrive_and_wait();
  return instant_;
}

platform::Expected<std::unique_ptr<Engine>> Engine::create(const platform::Topology& topology,
                                                           const platform::WorkerMap& map,
                                                           const Options& options) {
  if (!options.oversubscribe) {
    if (auto room = map.check_room("--threads", options.threads); !room) return tl::unexpected(room.error());
  }
  auto store = kernel::Store<kernel::Shared>::create(
      {.expected_records = options.expected_records, .index = options.index});
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<Engine>(new Engine(topology, map, options.threads, std::move(*store)));
}

Engine::Engine(const platform::Topology& topology, platform::WorkerMap map, unsigned threads,
               std::unique_ptr<kernel::Store<kernel::Shared>> store)
    : topology_(&topology),
      map_(std::move(map)),
      threads_(threads),
      store_(std::move(store)),
      bindings_(threads) {}

void Engine::bind(unsigned worker) {
  platform::WorkerBinding& binding = bindings_[worker];
  binding = platform::planned_binding(map_, worker, worker);
  // A refusal shows in what is read back; the run rules say what it means.
  if (topology_->bind_this_thread(map_[worker].cpu)) return;
  binding.asked_cpu = -1;
  binding.node.reset();
}

void Engine::read_binding(unsigned worker) {
  bindings_[worker].allowed_cpus = topology_->this_thread_cpus();
}

}  // namespace upout::engines::shared_memory
