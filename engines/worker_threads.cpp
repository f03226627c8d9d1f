#include "engines/worker_threads.h"

#include <chrono>

namespace upout::engines {

namespace {

/// Long enough for every worker to leave the barrier and reach its loop.
constexpr platform::Timestamp start_delay = std::chrono::milliseconds(2);

}  // namespace

void WorkerThreads::bind(unsigned worker) {
  platform::WorkerBinding& binding = bindings_[worker];
  binding = platform::planned_binding(map_, before_.places + worker, before_.workers + worker);
  // A refusal shows in what is read back; the run rules say what it means.
  if (!topology_->bind_this_thread(static_cast<unsigned>(binding.asked_cpu))) {
    binding.asked_cpu = -1;
    binding.node.reset();
  }
  binding.add_allowed(topology_->this_thread_cpus());
}

platform::Timestamp Start::agree(const platform::Clock& clock, bool decides) {
  barrier_.arrive_and_wait();
  if (decides) instant_ = clock.now() + start_delay;
  barrier_.arrive_and_wait();
  return instant_;
}

}  // namespace upout::engines
