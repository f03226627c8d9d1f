#pragma once

#include <barrier>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "engines/engine.h"
#include "kernel/reclamation.h"
#include "kernel/store.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout::engines::shared_memory {

struct Options {
  unsigned threads = 1;
  bool oversubscribe = false;        ///< allow more threads than the map has places
  std::size_t expected_records = 0;  ///< sizes the index
  kernel::IndexKind index = kernel::IndexKind::hash;
};

/// Shared everything: one store in one process, and worker threads that all reach all of it. Made and used by
/// the process's main thread.
class Engine {
 public:
  /// The agreement of the workers on an instant.
  class Start {
   public:
    explicit Start(unsigned workers) : barrier_(workers) {}
    platform::Timestamp agree(const platform::Clock& clock, bool decides);

   private:
    std::barrier<> barrier_;
    platform::Timestamp instant_{};
  };

  class Session {
   public:
    Session(kernel::Store<kernel::Shared>& store, Start& start, bool decides_start)
        : store_(&store), worker_(store.heap()), start_(&start), decides_start_(decides_start) {}

    void submit(std::span<kernel::Operation* const> operations, Completed& done) {
      store_->execute(worker_, operations);
      done.insert(done.end(), operations.begin(), operations.end());
    }
    void poll(Completed&) {}  // nothing is ever in flight between two calls

    platform::Timestamp agree_on_start(const platform::Clock& clock) {
      return start_->agree(clock, decides_start_);
    }

   private:
    kernel::Store<kernel::Shared>* store_;
    kernel::Worker worker_;
    Start* start_;
    bool decides_start_;
  };

  static platform::Expected<std::unique_ptr<Engine>> create(const platform::Topology& topology,
                                                            const platform::WorkerMap& map,
                                                            const Options& options);

  template <class Work>
  void run_on_workers(Work&& work) {
    Start start(threads_);
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < threads_; ++i) {
      workers.emplace_back([this, &work, &start, i] {
        bind(i);
        {
          const kernel::ReaderRegistration registration;
          Session session(*store_, start, i == 0);
          work(session, WorkerId{i, i});
        }
        read_binding(i);
      });
    }
  }

  void sum(std::span<std::uint64_t>) {}
  void max(std::span<std::uint64_t>) {}
  std::uint64_t record_count() { return store_->size(); }
  std::size_t used_bytes() const { return store_->used_bytes(); }
  std::vector<platform::WorkerBinding> bindings() { return bindings_; }
  unsigned local_workers() const { return threads_; }
  unsigned workers() const { return threads_; }
  bool is_root() const { return true; }

 private:
  Engine(const platform::Topology& topology, platform::WorkerMap map, unsigned threads,
         std::unique_ptr<kernel::Store<kernel::Shared>> store);

  void bind(unsigned worker);
  void read_binding(unsigned worker);

  const platform::Topology* topology_;
  platform::WorkerMap map_;
  unsigned threads_;
  std::unique_ptr<kernel::Store<kernel::Shared>> store_;
  std::vector<platform::WorkerBinding> bindings_;  ///< each worker writes its own element
};

}  // namespace upout::engines::shared_memory
