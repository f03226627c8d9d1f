#pragma once

#include <atomic>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engines/engine.h"
#include "engines/shared_memory/layout.h"
#include "engines/shared_memory/placement.h"
#include "engines/shared_memory/proof.h"
#include "kernel/reclamation.h"
#include "kernel/traversal.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "platform/node_arenas.h"
#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout::engines::shared_memory {

struct Options {
  unsigned threads = 1;
  bool oversubscribe = false;        ///< allow more threads than the map has places
  std::size_t expected_records = 0;  ///< sizes the index
  kernel::IndexKind index = kernel::IndexKind::hash;
  std::string placement = "os";  ///< one of `placements()`
  unsigned islands = 0;          ///< groups of workers; 0: one for each NUMA node that has some
  PartitioningKind partitioning = PartitioningKind::hash;
  kernel::Key largest_key = 0;  ///< ends the last range
  platform::PageKind pages = platform::PageKind::transparent;
};

/// One process whose worker threads share its memory: over one store or several, placed on NUMA nodes by
/// name. Workers are threads of its own; phases that are not measured are oneTBB's, which runs as many
/// threads on each node as there are workers. Made and used by the process's main thread.
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
    Session(std::unique_ptr<Access> access, Start& start, bool decides_start)
        : access_(std::move(access)), start_(&start), decides_start_(decides_start) {}

    void submit(std::span<kernel::Operation* const> operations, Completed& done) {
      access_->submit(operations, done);
    }
    void poll(Completed& done) { access_->poll(done); }

    platform::Timestamp agree_on_start(const platform::Clock& clock) {
      return start_->agree(clock, decides_start_);
    }

   private:
    std::unique_ptr<Access> access_;
    Start* start_;
    bool decides_start_;
  };

  static platform::Expected<std::unique_ptr<Engine>> create(const platform::Topology& topology,
                                                            const platform::WorkerMap& map,
                                                            const Options& options);

  template <class Work>
  void run_on_workers(Work&& work) {
    Start start(layout_.workers());
    std::atomic<unsigned> at_work{layout_.workers()};
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < layout_.workers(); ++i) {
      workers.emplace_back([this, &work, &start, &at_work, i] {
        bind(i);
        {
          const kernel::ReaderRegistration registration;
          Session session(placement_->access(i), start, i == 0);
          work(session, WorkerId{i, i});
          --at_work;
          if (placement_->delegates()) serve_until(session, at_work);
        }
        read_binding_at_end(i);
      });
    }
  }

  template <class Work>
  void run_in_shares(Work&& work) {
    const std::vector<std::size_t> shares = arenas_.share_out(local_shares());
    arenas_.run(shares, [&](std::size_t arena, std::size_t item) {
      const kernel::ReaderRegistration registration;
      Start start(1);
      Session session(placement_->access_alone(worker_near(arena)), start, true);
      for (std::size_t before = 0; before < arena; ++before) item += shares[before];
      const auto index = static_cast<unsigned>(item);
      work(session, Share{index, index, local_shares()});
    });
  }

  /// Each store's records by threads of the node that it was asked to lie on, if that is one.
  template <Aggregate A>
  A aggregate(const A& empty, Copies copies = Copies::one) {
    const Division division = divide(copies);
    A whole = empty;
    std::mutex merging;
    arenas_.run(division.parts_by_arena(), [&](std::size_t arena, std::size_t item) {
      const auto& [store, part] = division.by_arena[arena][item];
      A gathered = empty;
      {
        const kernel::ReaderRegistration registration;
        kernel::Worker worker(store->heap());
        kernel::Traversal(*store, worker).run(part, [&](kernel::Key key, std::span<const std::byte> value) {
          gathered.visit(key, value);
        });
      }
      const std::lock_guard lock(merging);
      whole.merge(gathered);
    });
    return whole;
  }
  unsigned copies() const { return placement_->copies(); }

  void sum(std::span<std::uint64_t>) {}
  void max(std::span<std::uint64_t>) {}
  std::uint64_t record_count() { return placement_->record_count(); }
  std::size_t used_bytes() const;
  std::vector<platform::WorkerBinding> bindings() { return bindings_; }
  unsigned local_workers() const { return layout_.workers(); }
  unsigned workers() const { return layout_.workers(); }
  /// So many that those who are done first can help the others.
  unsigned local_shares() const { return layout_.workers() * shares_a_worker; }
  bool is_root() const { return true; }

  const Layout& layout() const { return layout_; }
  unsigned partitions() const { return placement_->partitions(); }
  /// Looks up where the data lie. To be called while no operation is under way.
  PlacementProof prove_placement() const;

 private:
  static constexpr unsigned shares_a_worker = 16;

  /// Who goes through which part of which store.
  struct Division {
    struct Piece {
      Store* store;
      kernel::Part part;
    };
    std::vector<std::vector<Piece>> by_arena;

    std::vector<std::size_t> parts_by_arena() const;
  };

  Engine(const platform::Topology& topology, platform::WorkerMap map, Layout layout,
         std::unique_ptr<Placement> placement, platform::NodeArenas arenas);

  Division divide(Copies copies) const;
  /// A worker that has its place where the arena's threads run.
  unsigned worker_near(std::size_t arena) const;

  void bind(unsigned worker);
  void read_binding_at_end(unsigned worker);
  /// Does what others ask for until all have ended their work.
  static void serve_until(Session& session, const std::atomic<unsigned>& at_work);

  const platform::Topology* topology_;
  platform::WorkerMap map_;
  Layout layout_;
  std::unique_ptr<Placement> placement_;
  platform::NodeArenas arenas_;
  std::vector<platform::WorkerBinding> bindings_;  ///< each worker writes its own element
};

}  // namespace upout::engines::shared_memory
