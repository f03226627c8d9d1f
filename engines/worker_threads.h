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
  /// What comes before the first worker: places of the map, and workers of the deployment.
  struct Others {
    unsigned places;
    unsigned workers;
  };

  /// `topology` must outlive it.
  WorkerThreads(const platform::Topology& topology, platform::WorkerMap map, unsigned workers,
                Others before = {})
      : topology_(&topology), map_(std::move(map)), before_(before), bindings_(workers) {}

  unsigned size() const { return static_cast<unsigned>(bindings_.size()); }
  const platform::WorkerMap& map() const { return map_; }
  /// Of the last `run`.
  const std::vector<platform::WorkerBinding>& bindings() const { return bindings_; }

  /// Calls `work(worker)` for all workers at once, on threads made for that, and returns when all calls have.
  template <class Work>
  void run(Work&& work) {
    const std::vector<std::jthread> threads = start(0, work);
  }
  /// The same, with the calling thread as worker 0, which stays bound.
  template <class Work>
  void run_with_caller(Work&& work) {
    const std::vector<std::jthread> threads = start(1, work);
    perform(0, work);
  }

 private:
  template <class Work>
  std::vector<std::jthread> start(unsigned first, Work& work) {
    std::vector<std::jthread> threads;
    for (unsigned worker = first; worker < size(); ++worker)
      threads.emplace_back([this, &work, worker] { perform(worker, work); });
    return threads;
  }
  template <class Work>
  void perform(unsigned worker, Work& work) {
    bind(worker);
    work(worker);
    bindings_[worker].add_allowed(topology_->this_thread_cpus());
  }
  void bind(unsigned worker);

  const platform::Topology* topology_;
  platform::WorkerMap map_;
  Others before_;
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
