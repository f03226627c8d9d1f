#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "engines/engine.h"
#include "engines/shared_nothing/delayed_transport.h"
#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/ring_transport.h"
#include "engines/shared_nothing/session.h"
#include "engines/worker_threads.h"
#include "kernel/store.h"
#include "platform/error.h"

namespace upout::engines::shared_nothing {

/// Shared nothing in one process: ranks are threads, each with `Exclusive` partitions of its own, that talk
/// through rings of messages. The same session and protocol as over MPI. Made and used by the process's main
/// thread.
class RingEngine {
 public:
  using Links = DelayedTransport<RingTransport>;
  class Session : public shared_nothing::Session<Links> {
   public:
    Session(RingEngine& engine, unsigned rank, Start& start)
        : shared_nothing::Session<Links>(
              engine.ranks_[rank].transport, engine.ranks_[rank].partitions, engine.ranks_[rank].map,
              {.yields = engine.yields_, .phase = engine.phase_, .batching = engine.batching_}),
          start_(&start),
          decides_start_(rank == 0) {}
    platform::Timestamp agree_on_start(const platform::Clock& clock) {
      return start_->agree(clock, decides_start_);
    }

   private:
    Start* start_;
    bool decides_start_;
  };

  static platform::Expected<std::unique_ptr<RingEngine>> create(const platform::Topology& topology,
                                                                const platform::WorkerMap& map,
                                                                unsigned ranks, const Options& options);

  template <class Work>
  void run_on_workers(Work&& work) {
    Start start(workers());
    ++phase_;
    threads_.run([this, &work, &start](unsigned rank) {
      Session session(*this, rank, start);
      work(session, WorkerId{rank, rank});
      session.serve_until_all_are_done();
    });
  }
  template <class Work>
  void run_in_shares(Work&& work) {
    run_on_workers([&](Session& session, WorkerId id) {
      work(session, Share{id.local, id.global, workers()});
    });
  }
  template <Aggregate A>
  A aggregate(const A& empty, Copies = Copies::one) {
    A whole = empty;
    std::mutex merging;
    threads_.run([&](unsigned rank) {
      const A gathered = gather(ranks_[rank].partitions, empty);
      const std::lock_guard lock(merging);
      whole.merge(gathered);
    });
    return whole;
  }
  unsigned copies() const { return 1; }

  void sum(std::span<std::uint64_t>) {}
  void max(std::span<std::uint64_t>) {}
  std::uint64_t record_count();
  std::vector<platform::WorkerBinding> bindings() { return threads_.bindings(); }
  unsigned local_workers() const { return threads_.size(); }
  unsigned local_shares() const { return threads_.size(); }
  unsigned workers() const { return threads_.size(); }
  bool is_root() const { return true; }

 private:
  struct Rank {
    Rank(platform::Timestamp link_delay, RingNetwork& network, int number, PartitionMap known,
         Partitions<> owned)
        : transport(link_delay, network, number), map(std::move(known)), partitions(std::move(owned)) {}
    Links transport;
    PartitionMap map;
    Partitions<> partitions;
  };

  RingEngine(WorkerThreads threads, std::size_t message_bytes, bool yields, const Batching& batching);

  WorkerThreads threads_;
  RingNetwork network_;
  bool yields_;
  Batching batching_;
  unsigned phase_ = 0;  ///< of `run_on_workers`
  std::deque<Rank> ranks_;
};

}  // namespace upout::engines::shared_nothing
