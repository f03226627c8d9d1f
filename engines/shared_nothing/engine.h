#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engines/engine.h"
#include "engines/shared_nothing/delayed_transport.h"
#include "engines/shared_nothing/mpi_transport.h"
#include "engines/shared_nothing/mpi_window.h"
#include "engines/shared_nothing/neighbourhood.h"
#include "engines/shared_nothing/one_sided_reads.h"
#include "engines/shared_nothing/partition_map.h"
#include "engines/shared_nothing/partitions.h"
#include "engines/shared_nothing/session.h"
#include "kernel/reclamation.h"
#include "kernel/store.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout::engines::shared_nothing {

/// A rank that the others do not hear of any more, and what was there and nowhere else.
struct LostRank {
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
  platform::Reserve* reserve = nullptr;  ///< that partitions take their memory from; an engine sets it itself
  platform::Timestamp link_delay{};      ///< that each message is late on top of what the transport takes
  Batching batching = {};
  /// Called by the thread that notices; does not return. Empty: nobody looks whether ranks are there.
  std::function<void(const LostRank&)> on_lost = {};
};

/// How keys are dealt out, and to which of so many ranks.
platform::Expected<PartitionMap> make_map(const Options& options, unsigned ranks);
/// The partitions that are a rank's to begin with, empty.
template <class Policy = kernel::Exclusive>
platform::Expected<Partitions<Policy>> make_partitions(const Options& options, const PartitionMap& map,
                                                       unsigned rank);
/// Bounds one message.
std::size_t message_bytes_for(const Options& options, const PartitionMap& map);

/// Shared nothing: one rank a worker, with partitions of its own. The rank's main thread is its worker and
/// the only one that speaks MPI. `Exclusive` partitions are its thread's alone; `Shared` ones lie in a
/// window, out of which other ranks read on their own (`OneSidedReads`).
template <class Policy>
class EngineOf {
 public:
  using Links = DelayedTransport<MpiTransport>;
  class Session : public shared_nothing::Session<Links, Policy> {
   public:
    explicit Session(EngineOf& engine)
        : shared_nothing::Session<Links, Policy>(engine.transport_, engine.partitions_, engine.map_,
                                                 {.yields = engine.yields_,
                                                  .phase = engine.phase_++,
                                                  .batching = engine.batching_,
                                                  .on_lost = engine.watch(),
                                                  .one_sided = engine.one_sided_.get()}),
          engine_(&engine) {}
    platform::Timestamp agree_on_start(const platform::Clock& clock) {
      return engine_->agree_on_start(clock, [this] {
        Completed none;
        this->poll(none);
      });
    }

   private:
    EngineOf* engine_;
  };

  /// Collective; fails on all ranks or on none.
  static platform::Expected<std::unique_ptr<EngineOf>> create(MPI_Comm communicator,
                                                              const platform::Topology& topology,
                                                              const platform::WorkerMap& worker_map,
                                                              const Options& options);

  template <class Work>
  void run_on_workers(Work&& work) {
    bind();
    {
      std::optional<kernel::ReaderRegistration> registration;
      if constexpr (Policy::is_shared) registration.emplace();
      Session session(*this);
      work(session, WorkerId{0, static_cast<unsigned>(transport_.rank())});
      session.serve_until_all_are_done();
    }
    binding_.add_allowed(topology_->this_thread_cpus());
  }

  template <class Work>
  void run_in_shares(Work&& work) {
    run_on_workers([&](Session& session, WorkerId id) { work(session, Share{0, id.global, workers()}); });
  }
  template <Aggregate A>
  A aggregate(const A& empty, Copies = Copies::one) {
    return gather(partitions_, empty);
  }
  unsigned copies() const { return 1; }

  void sum(std::span<std::uint64_t> numbers);
  void max(std::span<std::uint64_t> numbers);
  std::uint64_t record_count();
  std::vector<platform::WorkerBinding> bindings();
  unsigned local_workers() const { return 1; }
  unsigned local_shares() const { return 1; }
  unsigned workers() const { return static_cast<unsigned>(transport_.size()); }
  const Neighbourhood& neighbourhood() const { return neighbourhood_; }
  bool is_root() const { return transport_.rank() == 0; }
  /// Which rank owns what, as far as this one knows.
  const PartitionMap& map() const { return map_; }
  /// Of the sessions from now on; the same on all ranks.
  void set_batching(const Batching& batching) { batching_ = batching; }
  /// Null: `Exclusive`.
  const OneSidedReads* one_sided() const { return one_sided_.get(); }

 private:
  EngineOf(MPI_Comm communicator, const platform::Topology& topology, Neighbourhood neighbourhood,
           platform::WorkerBinding planned, std::size_t message_bytes, std::unique_ptr<MpiWindow> window,
           PartitionMap map, Partitions<Policy> partitions, const Options& options);

  void bind();
  std::function<void(int)> watch() const;
  void sum_up(std::span<std::uint64_t> numbers, MPI_Op operation) const;
  /// While it waits, it calls `idle()` again and again.
  platform::Timestamp agree_on_start(const platform::Clock& clock, const std::function<void()>& idle);

  MPI_Comm communicator_;
  const platform::Topology* topology_;
  Neighbourhood neighbourhood_;
  platform::Timestamp ahead_of_root_{};  ///< this host's clock less the root's, when last measured
  std::unique_ptr<MpiWindow> window_;    ///< null: `Exclusive`
  std::unique_ptr<OneSidedReads> one_sided_;
  PartitionMap map_;
  Partitions<Policy> partitions_;  ///< in the window
  Links transport_;
  platform::WorkerBinding planned_;
  platform::WorkerBinding binding_;  ///< as it turned out
  std::function<void(const LostRank&)> on_lost_;
  std::vector<std::string> hosts_;  ///< by rank
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
