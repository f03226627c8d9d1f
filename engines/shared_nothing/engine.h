#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engines/durability.h"
#include "engines/engine.h"
#include "engines/executor.h"
#include "engines/shared_nothing/collectives.h"
#include "engines/shared_nothing/links.h"
#include "engines/shared_nothing/mpi_transport.h"
#include "engines/shared_nothing/mpi_window.h"
#include "engines/shared_nothing/neighbourhood.h"
#include "engines/shared_nothing/one_sided_reads.h"
#include "engines/shared_nothing/partition_map.h"
#include "engines/shared_nothing/partitions.h"
#include "engines/shared_nothing/rank_log.h"
#include "engines/shared_nothing/replication/replicas.h"
#include "engines/shared_nothing/session.h"
#include "engines/shared_nothing/transaction.h"
#include "kernel/reclamation.h"
#include "kernel/store.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "platform/regions.h"
#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout::engines::shared_nothing {

/// A rank that the others do not hear of any more, and what was there and nowhere else.
struct LostRank {
  static constexpr int unknown = -1;  ///< it does not come to a collective call
  static constexpr int several = -2;  ///< all that had copies
  int rank = 0;
  std::string host;
  std::vector<std::uint32_t> partitions;
  std::uint32_t of_partitions = 0;  ///< of the deployment
};

struct Options {
  bool oversubscribe = false;        ///< allow more ranks on a host than the map has places
  std::size_t expected_records = 0;  ///< in all partitions together
  kernel::IndexKind index = kernel::IndexKind::hash;
  kernel::ConcurrencyControl concurrency_control = kernel::ConcurrencyControl::occ;
  PartitioningKind partitioning = PartitioningKind::hash;
  std::uint32_t partitions = 0;                   ///< at least one a rank; 0: one a rank
  kernel::Key largest_key = kernel::largest_key;  ///< the end of the last range
  /// The largest value, or output of a scan; a message holds at least one.
  std::size_t value_bytes = 0;
  /// Workers of each rank, at least 1; more than one are for engines whose partitions are `Shared`.
  unsigned threads_per_rank = 1;
  unsigned clients = 0;  ///< the last ranks: they own no partitions; fewer than there are ranks
  platform::Reserve* reserve = nullptr;  ///< that partitions take their memory from; an engine sets it itself
  platform::Timestamp link_delay{};      ///< that each message is late on top of what the transport takes
  bool changes_links = false;            ///< what happens to messages is going to change
  /// Copies are kept in different ones, and the nearest copy is the one of the nearest; links are made as
  /// long by whoever `changes_links`. Empty: hosts are what matters.
  platform::Regions regions = {};
  std::optional<std::size_t> home = {};  ///< the region whose ranks begin with all partitions; none: all do
  Batching batching = {};
  CopyPolicy copies = {};  ///< one a partition: there is no replication
  CopyTiming copy_timing = {};
  /// The folder is the rank's own. Only where partitions have no copies and do not move, and there are no
  /// transactions.
  DurabilityOptions durability = {};
  /// Called by the thread that notices; does not return. Empty: nobody looks whether ranks are there. Where
  /// partitions have copies, a rank is lost when partitions are lost with it.
  std::function<void(const LostRank&)> on_lost = {};
  /// The same where partitions have copies: only so many ranks are there, which is no majority.
  std::function<void(unsigned)> on_minority = {};
};

/// Which region each of so many ranks is in.
platform::RegionsOfRanks regions_of(const Options& options, unsigned ranks);
/// How keys are dealt out, and to which of so many ranks.
platform::Expected<PartitionMap> make_map(const Options& options, unsigned ranks);
/// The partitions that are a rank's to begin with, empty. `log`: where their changes go; null: nowhere.
template <class Policy = kernel::Exclusive>
platform::Expected<Partitions<Policy>> make_partitions(const Options& options, const PartitionMap& map,
                                                       unsigned rank, kernel::LogWriter* log = nullptr);
/// Those of the calling rank, with all that its log has of them. Collective; fails on all ranks or on none.
template <class Policy>
platform::Expected<RecoveredPartitions<Policy>> recover_own_partitions(MPI_Comm communicator,
                                                                       const Options& options,
                                                                       const PartitionMap& map);
/// What is lost with a rank of these hosts (by rank).
LostRank lost_rank(int rank, const std::vector<std::string>& hosts, const PartitionMap& map);
/// What to call when some rank, nobody knows which, does not come to a collective call or to a session's end;
/// empty: nothing.
std::function<void()> missing(const std::function<void(const LostRank&)>& on_lost);
/// `conditions`: of the rank; null: none.
LinkOptions link_options(const Options& options, const PartitionMap& map, const LinkConditions* conditions);
/// Null: nothing happens to messages.
std::unique_ptr<LinkConditions> make_conditions(const Options& options, const PartitionMap& map);
/// What a rank has of copies, if there are any: else null. `hosts`: by rank.
template <class Policy>
platform::Expected<std::unique_ptr<Replicas<Policy>>> make_replicas(const Options& options,
                                                                    const PartitionMap& map,
                                                                    const Partitions<Policy>& partitions,
                                                                    unsigned rank,
                                                                    const std::vector<std::string>& hosts);

/// Shared nothing: one rank a worker, with partitions of its own. The rank's main thread is its worker and
/// the only one that speaks MPI. `Exclusive` partitions are its thread's alone; `Shared` ones lie in a
/// window, out of which other ranks read on their own (`OneSidedReads`).
template <class Policy>
class EngineOf {
 public:
  using Links = shared_nothing::Links<MpiTransport>;
  class Session : public shared_nothing::Session<Links, Policy> {
   public:
    /// `awaited`: what has to be on disk before anything is acknowledged.
    Session(EngineOf& engine, AwaitedLog awaited)
        : shared_nothing::Session<Links, Policy>(engine.transport_, engine.partitions_, engine.map_,
                                                 {.yields = engine.yields_,
                                                  .phase = engine.phase_++,
                                                  .batching = engine.batching_,
                                                  .on_lost = engine.watch(),
                                                  .on_missing = missing(engine.on_lost_),
                                                  .one_sided = engine.one_sided_.get(),
                                                  .replicas = engine.replicas_.get(),
                                                  .awaited = awaited,
                                                  .on_lost_partitions = engine.watch_partitions(),
                                                  .on_minority = engine.on_minority_}),
          engine_(&engine) {}
    platform::Timestamp agree_on_start(const platform::Clock& clock) {
      return engine_->collectives_.agree_on_start(clock, [this] { this->serve_once(); });
    }

   private:
    EngineOf* engine_;
  };

  using TransactionClient = Executor<Session>;
  using Transaction = shared_nothing::Transaction<TransactionClient>;

  /// Collective; fails on all ranks or on none.
  static platform::Expected<std::unique_ptr<EngineOf>> create(MPI_Comm communicator,
                                                              const platform::Topology& topology,
                                                              const platform::WorkerMap& worker_map,
                                                              const Options& options);

  template <class Work>
  void run_on_workers(Work&& work) {
    run(work, awaited_log());
  }

  /// Shares are dealt out among the ranks that are there.
  template <class Work>
  void run_in_shares(Work&& work) {
    const auto take_share = [&](Session& session, WorkerId) {
      work(session, Share{0, collectives_.place(), collectives_.present()});
    };
    // Nobody asks when each of its operations is safe: all are, when the phase is over.
    run(take_share, AwaitedLog());
    if (log_ != nullptr) log_->durable().wait();
  }
  template <Aggregate A>
  A aggregate(const A& empty, Copies copies = Copies::one) {
    std::optional<kernel::ReaderRegistration> registration;
    if constexpr (Policy::is_shared) registration.emplace();
    A gathered = empty;
    gather(gathered, partitions_);
    if (copies == Copies::all && replicas_ != nullptr) replicas_->gather_backups(gathered);
    return gathered;
  }
  unsigned copies() const { return replicas_ == nullptr ? 1 : replicas_->uniform_copies(); }

  void sum(std::span<std::uint64_t> numbers) { collectives_.sum(numbers); }
  void max(std::span<std::uint64_t> numbers) { collectives_.max(numbers); }
  std::vector<std::uint64_t> concatenate(std::span<const std::uint64_t> numbers) {
    return collectives_.concatenate(numbers);
  }
  std::uint64_t record_count();
  std::vector<platform::WorkerBinding> bindings();
  unsigned local_workers() const { return 1; }
  unsigned local_shares() const { return 1; }
  unsigned workers() const { return static_cast<unsigned>(transport_.size()); }
  const Neighbourhood& neighbourhood() const { return neighbourhood_; }
  bool is_root() const { return collectives_.place() == 0; }
  /// Ranks that are there. Fewer than there were: this object must not be destroyed, for that is collective.
  unsigned ranks_present() const { return collectives_.present(); }
  /// Of this process's one rank; null: partitions have no copies.
  const Replicas<Policy>* replicas(unsigned) const { return replicas_.get(); }
  /// What copies of this process have told clients since the last call.
  CopyReads take_copy_reads() {
    return replicas_ == nullptr ? CopyReads{} : std::exchange(replicas_->reads(), {});
  }
  /// Of this process's one rank, to be changed; null: they do not change.
  LinkConditions* conditions(unsigned) { return conditions_.get(); }
  int first_rank() const { return transport_.rank(); }
  /// Which rank owns what, as far as this one knows.
  const PartitionMap& map() const { return map_; }
  /// Of the sessions from now on; the same on all ranks.
  void set_batching(const Batching& batching) { batching_ = batching; }
  /// Null: `Exclusive`.
  const OneSidedReads* one_sided() const { return one_sided_.get(); }

  /// Of this rank's log.
  LogCounters log_counters() const {
    LogCounters counters;
    if (log_ != nullptr) counters.add(log_->log());
    return counters;
  }
  /// A copy of this rank's records on disk, from which on the log is needed, and its bytes. While no
  /// operation is under way. Collective; fails on all ranks or on none.
  platform::Expected<std::size_t> take_checkpoint();
  /// Forgets all that is in memory, brings it back from the disk, and goes on; what all ranks did, and how
  /// long the slowest took. Likewise.
  platform::Expected<RecoveryReport> restart();

 private:
  EngineOf(MPI_Comm communicator, const platform::Topology& topology, Neighbourhood neighbourhood,
           platform::WorkerBinding planned, std::unique_ptr<MpiWindow> window, PartitionMap map,
           RecoveredPartitions<Policy> recovered, const Options& options);

  template <class Work>
  void run(Work& work, AwaitedLog awaited) {
    bind();
    {
      std::optional<kernel::ReaderRegistration> registration;
      if constexpr (Policy::is_shared) registration.emplace();
      Session session(*this, awaited);
      work(session, WorkerId{0, static_cast<unsigned>(transport_.rank())});
      session.serve_until_all_are_done();
    }
    binding_.add_allowed(topology_->this_thread_cpus());
    note_who_is_there();
  }
  AwaitedLog awaited_log() { return log_ == nullptr ? AwaitedLog() : log_->awaited(transport_.size()); }

  void bind();
  void note_who_is_there();
  std::function<void(int)> watch() const;
  std::function<void(const std::vector<std::uint32_t>&)> watch_partitions() const;

  Options options_;
  MPI_Comm communicator_;
  Collectives collectives_;
  const platform::Topology* topology_;
  Neighbourhood neighbourhood_;
  std::unique_ptr<MpiWindow> window_;  ///< null: `Exclusive`
  std::unique_ptr<OneSidedReads> one_sided_;
  PartitionMap map_;
  std::unique_ptr<RankLog> log_;
  Partitions<Policy> partitions_;  ///< in the window
  std::unique_ptr<LinkConditions> conditions_;
  Links transport_;
  std::unique_ptr<Replicas<Policy>> replicas_;
  platform::WorkerBinding planned_;
  platform::WorkerBinding binding_;  ///< as it turned out
  std::function<void(const LostRank&)> on_lost_;
  std::function<void(unsigned)> on_minority_;
  std::vector<std::string> hosts_;                 ///< by rank
  std::vector<platform::WorkerBinding> bindings_;  ///< of all, when all were there for the last time
  bool yields_;
  Batching batching_;
  unsigned phase_ = 0;  ///< sessions so far
};

extern template class EngineOf<kernel::Exclusive>;
extern template class EngineOf<kernel::Shared>;

using Engine = EngineOf<kernel::Exclusive>;
/// For hash-indexed partitions without serial transactions.
using OneSidedEngine = EngineOf<kernel::Shared>;

}  // namespace upout::engines::shared_nothing
