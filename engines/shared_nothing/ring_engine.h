#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "engines/engine.h"
#include "engines/executor.h"
#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/ring_transport.h"
#include "engines/shared_nothing/session.h"
#include "engines/shared_nothing/transaction.h"
#include "engines/worker_threads.h"
#include "kernel/policy.h"
#include "kernel/reclamation.h"
#include "platform/error.h"

namespace upout::engines::shared_nothing {

/// Whether there is a place for each worker of ranks that are threads.
platform::Expected<void> check_room(const platform::WorkerMap& map, unsigned ranks,
                                    unsigned threads_per_rank);

/// Shared nothing in one process: workers are threads that talk through rings of messages. The same session
/// and protocol as over MPI. Ranks have one worker each and `Exclusive` partitions, or several and `Shared`
/// ones; worker k of a rank talks to the workers k of the others. Made and used by the process's main thread.
template <class Policy>
class RingEngineOver {
  /// Its partitions as a worker uses them: if it is the only one of its rank, these themselves.
  using WorkersPartitions = std::conditional_t<Policy::is_shared, Partitions<Policy>, Partitions<Policy>&>;
  struct NoRegistration {};
  using Registration = std::conditional_t<Policy::is_shared, kernel::ReaderRegistration, NoRegistration>;

 public:
  using Links = shared_nothing::Links<RingTransport>;
  class Session : public shared_nothing::Session<Links, Policy> {
   public:
    /// `awaits`: nothing is acknowledged that is not on disk, where there is a log that is waited for.
    Session(RingEngineOver& engine, unsigned worker, Partitions<Policy>& partitions, Start& start,
            bool awaits)
        : shared_nothing::Session<Links, Policy>(engine.workers_[worker].transport, partitions,
                                                 engine.workers_[worker].map,
                                                 {.yields = engine.yields_,
                                                  .phase = engine.phase_,
                                                  .batching = engine.batching_,
                                                  .replicas = engine.replicas_of(worker),
                                                  .awaited = awaits ? engine.log_of(worker) : AwaitedLog(),
                                                  .on_lost_partitions = engine.watch_partitions(worker),
                                                  .on_minority = engine.on_minority_}),
          start_(&start),
          decides_start_(worker == 0) {}
    platform::Timestamp agree_on_start(const platform::Clock& clock) {
      return start_->agree(clock, decides_start_);
    }

   private:
    Start* start_;
    bool decides_start_;
  };

  using TransactionClient = Executor<Session>;
  using Transaction = shared_nothing::Transaction<TransactionClient>;

  static platform::Expected<std::unique_ptr<RingEngineOver>> create(const platform::Topology& topology,
                                                                    const platform::WorkerMap& map,
                                                                    unsigned ranks, const Options& options);

  template <class Work>
  void run_on_workers(Work&& work) {
    run(work, true);
  }
  template <class Work>
  void run_in_shares(Work&& work) {
    const auto take_share = [&](Session& session, WorkerId id) {
      work(session, Share{id.local, id.global, workers()});
    };
    // Nobody asks when each of its operations is safe: all are, when the phase is over.
    run(take_share, false);
    for (const auto& log : logs_) log->durable().wait();
  }
  template <Aggregate A>
  A aggregate(const A& empty, Copies copies = Copies::one) {
    A whole = empty;
    std::mutex merging;
    threads_.run([&](unsigned worker) {
      A gathered = empty;
      {
        [[maybe_unused]] const Registration registration;
        gather(gathered, ranks_[worker / planes_.size()], {worker % planes_.size(), planes_.size()});
        if (copies == Copies::all && replicas_of(worker) != nullptr)
          replicas_of(worker)->gather_backups(gathered);
      }
      const std::lock_guard lock(merging);
      whole.merge(gathered);
    });
    return whole;
  }
  unsigned copies() const { return replicas_.empty() ? 1 : replicas_.front()->uniform_copies(); }
  /// What copies have told clients since the last call.
  CopyReads take_copy_reads() {
    CopyReads all;
    for (const auto& replicas : replicas_) all.merge(std::exchange(replicas->reads(), {}));
    return all;
  }
  /// Of that rank, to be changed; null: they do not change.
  LinkConditions* conditions(unsigned rank) { return conditions_[rank].get(); }
  int first_rank() const { return 0; }
  /// Of that rank; null: partitions have no copies.
  const Replicas<Policy>* replicas(unsigned rank) const {
    return replicas_.empty() ? nullptr : replicas_[rank].get();
  }

  void sum(std::span<std::uint64_t>) {}
  void max(std::span<std::uint64_t>) {}
  std::vector<std::uint64_t> concatenate(std::span<const std::uint64_t> numbers) {
    return {numbers.begin(), numbers.end()};
  }
  std::uint64_t record_count();
  std::vector<platform::WorkerBinding> bindings() { return threads_.bindings(); }
  unsigned local_workers() const { return threads_.size(); }
  unsigned local_shares() const { return threads_.size(); }
  unsigned workers() const { return threads_.size(); }
  bool is_root() const { return true; }

  /// Of all ranks' logs.
  LogCounters log_counters() const {
    LogCounters counters;
    for (const auto& log : logs_) counters.add(log->log());
    return counters;
  }
  /// Copies of all records on disk, from which on the logs are needed, and their bytes. While no operation is
  /// under way.
  platform::Expected<std::size_t> take_checkpoint();
  /// Forgets all that is in memory, brings it back from the disk, and goes on. Likewise.
  platform::Expected<RecoveryReport> restart();

 private:
  struct Worker {
    Worker(const LinkOptions& links, RingNetwork& plane, int rank, PartitionMap known)
        : transport(links, plane, rank), map(std::move(known)) {}
    Links transport;
    PartitionMap map;
  };

  RingEngineOver(WorkerThreads threads, unsigned ranks, PartitionMap map, bool yields,
                 const Options& options);

  template <class Work>
  void run(Work& work, bool awaits) {
    Start start(workers());
    ++phase_;
    threads_.run([this, &work, &start, awaits](unsigned worker) {
      [[maybe_unused]] const Registration registration;
      WorkersPartitions partitions = partitions_of(worker);
      Session session(*this, worker, partitions, start, awaits);
      work(session, WorkerId{worker, worker});
      session.serve_until_all_are_done();
    });
  }

  /// Makes the partitions of all ranks, with what their logs have: each rank's log is in a folder of its own
  /// within the one that the options name.
  platform::Expected<RecoveryReport> recover();
  AwaitedLog log_of(unsigned worker) {
    return logs_.empty() ? AwaitedLog() : logs_[worker]->awaited(static_cast<int>(ranks()));
  }

  std::function<void(const std::vector<std::uint32_t>&)> watch_partitions(unsigned worker) const {
    if (!on_lost_) return {};
    const std::uint32_t all = workers_[worker].map.partitions();
    return [this, all](const std::vector<std::uint32_t>& lost) {
      on_lost_({.rank = LostRank::several, .host = {}, .partitions = lost, .of_partitions = all});
    };
  }
  /// Null: there are no copies, or they have several workers.
  Replicas<Policy>* replicas_of(unsigned worker) {
    return replicas_.empty() ? nullptr : replicas_[worker / planes_.size()].get();
  }
  WorkersPartitions partitions_of(unsigned worker) {
    Partitions<Policy>& of_rank = ranks_[worker / planes_.size()];
    if constexpr (Policy::is_shared) {
      return of_rank.for_another_worker();
    } else {
      return of_rank;
    }
  }

  unsigned ranks() const { return threads_.size() / static_cast<unsigned>(planes_.size()); }

  Options options_;
  PartitionMap map_;  ///< as it was to begin with
  WorkerThreads threads_;
  std::deque<RingNetwork> planes_;  ///< by the number of their workers within a rank
  bool yields_;
  Batching batching_;
  std::function<void(const LostRank&)> on_lost_;
  std::function<void(unsigned)> on_minority_;
  unsigned phase_ = 0;                                       ///< of `run_on_workers`
  std::vector<std::unique_ptr<LinkConditions>> conditions_;  ///< by rank
  std::vector<std::unique_ptr<RankLog>> logs_;               ///< by rank; empty: they keep none
  std::deque<Partitions<Policy>> ranks_;                     ///< what each has
  std::vector<std::unique_ptr<Replicas<Policy>>> replicas_;  ///< likewise; empty: no copies
  std::deque<Worker> workers_;  ///< those of one rank after those of the one before
};

using RingEngine = RingEngineOver<kernel::Exclusive>;
using HybridRingEngine = RingEngineOver<kernel::Shared>;

extern template class RingEngineOver<kernel::Exclusive>;
extern template class RingEngineOver<kernel::Shared>;

}  // namespace upout::engines::shared_nothing
