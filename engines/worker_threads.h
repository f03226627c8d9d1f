#pragma once

#include <barrier>
#include <thread>
#include <utility>
#include <vector>

#include "platform/clock.h"
#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout::engines {

/// The workers of one process: as many threads as there are, each bound to its place in the map, which say
/// where they have really been. Made and used by the process's main thread.
class WorkerThreads {
 public:
  /// `topology` must outlive it.
  WorkerThreads(const platform::Topology& topology, platform::WorkerMap map, unsigned workers)
      : topology_(&topology), map_(std::move(map)), bindings_(workers) {}

  unsigned size() const { return static_cast<unsigned>(bindings_.size()); }
  const platform::WorkerMap& map() const { return map_; }
  /// Of the last `run`.
  const std::vector<platform::WorkerBinding>& bindings() const { return bindings_; }

  /// Calls `work(worker)` for all workers at once, on threads made for that, and returns when all calls have.
  template <class Work>
  void run(Work&& work) {
    std::vector<std::jthread> threads;
    for (unsigned worker = 0; worker < size(); ++worker) {
      threads.emplace_back([this, &work, worker] {
        bind(worker);
        work(worker);
        bindings_[worker].add_allowed(topology_->this_thread_cpus());
      });
    }
  }

 private:
  void bind(unsigned worker);

  const platform::Topology* topology_;
  platform::WorkerMap map_;
  std::vector<platform::WorkerBinding> bindings_;  ///< each worker writes its own element
};

/// The agreement of threads on an instant a little ahead. Each calls `agree` once.
class Start {
 public:
  explicit Start(unsigned workers) : barrier_(workers) {}

  /// One of them decides. The same on all.
  platform::Timestamp agree(const platform::Clock& clock, bool decides);

 private:
  std::barrier<> barrier_;
  platform::Timestamp instant_{};
};

}  // namespace upout::engines
