#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engines/engine.h"
#include "engines/worker_threads.h"
#include "kernel/operation.h"
#include "platform/error.h"
#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout::engines::null {

/// Worker threads without a database: every operation is done as soon as it is submitted, unexamined. What is
/// measured on it is what generating and recording a load cost. It takes single-key operations alone, for a
/// scan would have to return records. Made and used by the process's main thread.
class Engine {
 public:
  /// There is nothing that could be loaded or verified.
  static constexpr bool keeps_records = false;

  class Session {
   public:
    Session(Start& start, bool decides_start) : start_(&start), decides_start_(decides_start) {}

    void submit(std::span<kernel::Operation* const> operations, Completed& done) {
      for (kernel::Operation* operation : operations) {
        operation->status = kernel::Status::ok;
        operation->output_size = static_cast<std::uint32_t>(operation->output.size());
      }
      done.append(operations);
    }
    void poll(Completed&) {}  // nothing is ever in flight

    platform::Timestamp agree_on_start(const platform::Clock& clock) {
      return start_->agree(clock, decides_start_);
    }

   private:
    Start* start_;
    bool decides_start_;
  };

  static platform::Expected<std::unique_ptr<Engine>> create(const platform::Topology& topology,
                                                            const platform::WorkerMap& map, unsigned threads,
                                                            bool oversubscribe) {
    if (!oversubscribe) {
      if (auto room = map.check_room("--threads", threads); !room) return tl::unexpected(room.error());
    }
    return std::unique_ptr<Engine>(new Engine(WorkerThreads(topology, map, threads)));
  }

  template <class Work>
  void run_on_workers(Work&& work) {
    Start start(workers());
    threads_.run([&work, &start](unsigned worker) {
      Session session(start, worker == 0);
      work(session, WorkerId{worker, worker});
    });
  }
  template <class Work>
  void run_in_shares(Work&& work) {
    run_on_workers([&](Session& session, WorkerId id) {
      work(session, Share{id.local, id.global, workers()});
    });
  }
  template <Aggregate A>
  A aggregate(const A& empty, Copies) {
    return empty;
  }

  unsigned copies() const { return 1; }
  unsigned local_shares() const { return workers(); }
  void sum(std::span<std::uint64_t>) {}
  void max(std::span<std::uint64_t>) {}
  std::vector<std::uint64_t> concatenate(std::span<const std::uint64_t> numbers) {
    return {numbers.begin(), numbers.end()};
  }
  std::uint64_t record_count() { return 0; }
  std::vector<platform::WorkerBinding> bindings() { return threads_.bindings(); }
  unsigned local_workers() const { return threads_.size(); }
  unsigned workers() const { return threads_.size(); }
  bool is_root() const { return true; }

 private:
  explicit Engine(WorkerThreads threads) : threads_(std::move(threads)) {}

  WorkerThreads threads_;
};

static_assert(engines::Engine<Engine>);

}  // namespace upout::engines::null
