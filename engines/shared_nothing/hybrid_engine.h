#pragma once

#include <mpi.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engines/engine.h"
#include "engines/shared_nothing/collectives.h"
#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/funnel.h"
#include "engines/shared_nothing/links.h"
#include "engines/shared_nothing/mpi_carrier.h"
#include "engines/shared_nothing/neighbourhood.h"
#include "engines/shared_nothing/partition_map.h"
#include "engines/shared_nothing/partitions.h"
#include "engines/shared_nothing/session.h"
#include "engines/shared_nothing/transaction.h"
#include "engines/worker_threads.h"
#include "kernel/policy.h"
#include "kernel/reclamation.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout::engines::shared_nothing {

/// The agreement of all workers of a rank, and through worker 0 with those of all ranks, on an instant a
/// little ahead. Each worker calls `agree` once.
class StartOfRank {
 public:
  explicit StartOfRank(unsigned workers) : workers_(workers) {}

  /// Who waits calls `idle()` again and again. Worker 0 decides, by `agree_with_others()`.
  template <class Idle, class Agree>
  platform::Timestamp agree(unsigned worker, Idle&& idle, Agree&& agree_with_others) {
    arrivals_.fetch_add(1);
    if (worker == 0) {
      while (arrivals_.load() != workers_) idle();
      instant_ = agree_with_others();
      is_agreed_.store(true);
    }
    while (!is_agreed_.load()) idle();
    return instant_;
  }

 private:
  unsigned workers_;
  std::atomic<unsigned> arrivals_{0};
  std::atomic<bool> is_agreed_{false};
  platform::Timestamp instant_{};
};

/// Shared nothing with several workers a rank, which are threads over `Shared` partitions of its own. Worker
/// k talks to the workers k of the other ranks, over the rank's funnel: its main thread, which is worker 0,
/// is the only one that speaks MPI. No partition moves. Made and used by the main thread.
class HybridEngine {
 public:
  using Links = shared_nothing::Links<FunnelTransport<MpiCarrier>>;
  class Session : public shared_nothing::Session<Links, kernel::Shared> {
   public:
    Session(HybridEngine& engine, unsigned worker, Partitions<kernel::Shared>& partitions, StartOfRank& start)
        : shared_nothing::Session<Links, kernel::Shared>(
              engine.workers_[worker].transport, partitions, engine.workers_[worker].map,
              {.yields = engine.yields_,
               .phase = engine.phase_,
               .batching = engine.batching_,
               .on_lost = engine.watch(worker),
               .on_missing = worker == 0 ? missing(engine.on_lost_) : nullptr}),
          engine_(&engine),
          worker_(worker),
          start_(&start) {}

    platform::Timestamp agree_on_start(const platform::Clock& clock) {
      const auto idle = [this] { this->serve_once(); };
      return start_->agree(worker_, idle, [&] { return engine_->collectives_.agree_on_start(clock, idle); });
    }

   private:
    HybridEngine* engine_;
    unsigned worker_;  ///< of this rank
    StartOfRank* start_;
  };

  using TransactionClient = Executor<Session>;
  using Transaction = shared_nothing::Transaction<TransactionClient>;

  /// Collective; fails on all ranks or on none.
  static platform::Expected<std::unique_ptr<HybridEngine>> create(MPI_Comm communicator,
                                                                  const platform::Topology& topology,
                                                                  const platform::WorkerMap& worker_map,
                                                                  const Options& options);

  template <class Work>
  void run_on_workers(Work&& work) {
    StartOfRank start(local_workers());
    ++phase_;
    threads_.run_with_caller([&](unsigned worker) {
      const kernel::ReaderRegistration registration;
      Partitions<kernel::Shared> partitions = partitions_.for_another_worker();
      Session session(*this, worker, partitions, start);
      work(session, WorkerId{worker, rank() * local_workers() + worker});
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
    threads_.run_with_caller([&](unsigned worker) {
      A gathered = empty;
      {
        const kernel::ReaderRegistration registration;
        gather(gathered, partitions_, {worker, local_workers()});
      }
      const std::lock_guard lock(merging);
      whole.merge(gathered);
    });
    return whole;
  }
  unsigned copies() const { return 1; }

  void sum(std::span<std::uint64_t> numbers) { collectives_.sum(numbers); }
  void max(std::span<std::uint64_t> numbers) { collectives_.max(numbers); }
  std::vector<std::uint64_t> concatenate(std::span<const std::uint64_t> numbers) {
    return collectives_.concatenate(numbers);
  }
  std::uint64_t record_count();
  std::vector<platform::WorkerBinding> bindings();
  unsigned local_workers() const { return threads_.size(); }
  unsigned local_shares() const { return threads_.size(); }
  unsigned workers() const { return ranks() * local_workers(); }
  const Neighbourhood& neighbourhood() const { return neighbourhood_; }
  bool is_root() const { return rank() == 0; }

 private:
  struct Worker {
    Worker(const LinkOptions& links, Funnel<MpiCarrier>& funnel, unsigned number, PartitionMap known)
        : transport(links, funnel, number), map(std::move(known)) {}
    Links transport;
    PartitionMap map;
  };

  HybridEngine(MPI_Comm communicator, WorkerThreads threads, Neighbourhood neighbourhood, PartitionMap map,
               Partitions<kernel::Shared> partitions, const Options& options);

  unsigned rank() const { return static_cast<unsigned>(workers_.front().transport.rank()); }
  unsigned ranks() const { return static_cast<unsigned>(workers_.front().transport.size()); }
  std::function<void(int)> watch(unsigned worker);
  void lose(int rank) const { on_lost_(lost_rank(rank, hosts_, map_)); }

  MPI_Comm communicator_;
  Collectives collectives_;
  WorkerThreads threads_;
  Neighbourhood neighbourhood_;
  PartitionMap map_;
  Partitions<kernel::Shared> partitions_;
  std::unique_ptr<LinkConditions> conditions_;
  Funnel<MpiCarrier> funnel_;
  std::deque<Worker> workers_;
  std::function<void(const LostRank&)> on_lost_;
  std::vector<std::string> hosts_;  ///< by rank
  bool yields_;
  Batching batching_;
  unsigned phase_ = 0;  ///< of `run_on_workers`
};

}  // namespace upout::engines::shared_nothing
