#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engines/durability.h"
#include "engines/durable_log.h"
#include "engines/engine.h"
#include "engines/held_until_durable.h"
#include "engines/shared_memory/layout.h"
#include "engines/shared_memory/placement.h"
#include "engines/shared_memory/proof.h"
#include "engines/shared_memory/transaction.h"
#include "engines/worker_threads.h"
#include "kernel/log/log_image.h"
#include "kernel/reclamation.h"
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
  kernel::ConcurrencyControl concurrency_control = kernel::ConcurrencyControl::occ;
  std::string placement = "os";  ///< one of `placements()`
  unsigned islands = 0;          ///< groups of workers; 0: one for each NUMA node that has some
  PartitioningKind partitioning = PartitioningKind::hash;
  kernel::Key largest_key = 0;  ///< ends the last range
  platform::PageKind pages = platform::PageKind::transparent;
  DurabilityOptions durability = {};  ///< only with one store
};

/// One process whose worker threads share its memory: over one store or several, placed on NUMA nodes by
/// name. Workers are threads of its own; phases that are not measured, but for aggregates, are oneTBB's,
/// which runs as many threads on each node as there are workers. Made and used by the process's main thread.
class Engine {
 public:
  class Session {
   public:
    Session(std::unique_ptr<Access> access, Start& start, bool decides_start)
        : access_(std::move(access)), start_(&start), decides_start_(decides_start) {}
    /// `access` writes to `log`. `awaited`: what has to be on disk before anything is acknowledged.
    Session(std::unique_ptr<kernel::LogWriter> log, std::unique_ptr<Access> access, Start& start,
            bool decides_start, AwaitedLog awaited)
        : log_(std::move(log)),
          access_(std::move(access)),
          start_(&start),
          decides_start_(decides_start),
          awaited_(awaited) {
      if (awaited_.state != nullptr) held_.emplace(awaited_);
    }

    void submit(std::span<kernel::Operation* const> operations, Completed& done) {
      if (!held_) [[likely]]
        return access_->submit(operations, done);
      while (!operations.empty()) {
        const auto part = operations.first(std::min(operations.size(), most_at_once));
        access_->submit(part, executed_);
        hold(done);
        operations = operations.subspan(part.size());
      }
    }
    void poll(Completed& done) {
      if (!held_) [[likely]]
        return access_->poll(done);
      access_->poll(executed_);
      hold(done);
      held_->release(done);
    }
    /// For `TransactionClient`.
    OneStoreAccess one_store() { return access_->one_store(); }
    AwaitedLog awaited() const { return awaited_; }

    platform::Timestamp agree_on_start(const platform::Clock& clock) {
      return start_->agree(clock, decides_start_);
    }

   private:
    /// No epoch ends within them: the disk writes what came before while others are done.
    static constexpr std::size_t most_at_once = 256;

    void hold(Completed& done) {
      held_->hold(executed_, done);
      executed_.clear();
    }

    std::unique_ptr<kernel::LogWriter> log_;
    std::unique_ptr<Access> access_;
    Start* start_;
    bool decides_start_;
    AwaitedLog awaited_ = {};
    std::optional<HeldUntilDurable> held_;
    Completed executed_;
  };

  using TransactionClient = shared_memory::TransactionClient;
  using Transaction = shared_memory::Transaction;

  static platform::Expected<std::unique_ptr<Engine>> create(const platform::Topology& topology,
                                                            const platform::WorkerMap& map,
                                                            const Options& options);

  template <class Work>
  void run_on_workers(Work&& work) {
    Start start(workers());
    std::atomic<unsigned> at_work{workers()};
    threads_.run([this, &work, &start, &at_work](unsigned worker) {
      const kernel::ReaderRegistration registration;
      auto log = log_writer();
      auto access = placement_->access(worker, log.get());
      Session session(std::move(log), std::move(access), start, worker == 0, awaited_log());
      work(session, WorkerId{worker, worker});
      --at_work;
      if (placement_->delegates()) serve_until(session, at_work);
    });
  }

  template <class Work>
  void run_in_shares(Work&& work) {
    const std::vector<std::size_t> shares = arenas_.share_out(local_shares());
    arenas_.run(shares, [&](std::size_t arena, std::size_t item) {
      const kernel::ReaderRegistration registration;
      Start start(1);
      auto log = log_writer();
      auto access = placement_->access_alone(worker_near(arena), log.get());
      // Nobody asks when each of its operations is safe: all are, when the phase is over.
      Session session(std::move(log), std::move(access), start, true, AwaitedLog());
      for (std::size_t before = 0; before < arena; ++before) item += shares[before];
      const auto index = static_cast<unsigned>(item);
      work(session, Share{index, index, local_shares()});
    });
    if (log_ != nullptr) log_->wait();
  }

  /// Each store's records by workers whose places are on the node that it was asked to lie on, if that is
  /// one: each takes the next piece when it is done with one, and merges once.
  template <Aggregate A>
  A aggregate(const A& empty, Copies copies = Copies::one) {
    const Division division = divide(copies);
    std::vector<std::atomic<std::size_t>> next(division.by_arena.size());
    A whole = empty;
    std::mutex merging;
    threads_.run([&](unsigned worker) {
      const std::size_t arena = arenas_.arena_of(threads_.map()[worker].node);
      const auto& pieces = division.by_arena[arena];
      A gathered = empty;
      {
        const kernel::ReaderRegistration registration;
        for (std::size_t i = next[arena]++; i < pieces.size(); i = next[arena]++)
          gather(gathered, *pieces[i].store, pieces[i].part);
      }
      const std::lock_guard lock(merging);
      whole.merge(gathered);
    });
    return whole;
  }
  unsigned copies() const { return placement_->copies(); }

  void sum(std::span<std::uint64_t>) {}
  void max(std::span<std::uint64_t>) {}
  std::vector<std::uint64_t> concatenate(std::span<const std::uint64_t> numbers) {
    return {numbers.begin(), numbers.end()};
  }
  std::uint64_t record_count() { return placement_->record_count(); }
  std::size_t used_bytes() const;
  std::vector<platform::WorkerBinding> bindings() { return threads_.bindings(); }
  unsigned local_workers() const { return layout_.workers(); }
  unsigned workers() const { return layout_.workers(); }
  /// So many that those who are done first can help the others.
  unsigned local_shares() const { return layout_.workers() * shares_a_worker; }
  bool is_root() const { return true; }

  const Layout& layout() const { return layout_; }
  unsigned partitions() const { return placement_->partitions(); }
  /// All records are in one store.
  bool offers_transactions() const { return placement_->stores().size() == 1; }
  /// Looks up where the data lie. To be called while no operation is under way.
  PlacementProof prove_placement() const;

  /// The log; null, if the engine has none.
  kernel::Log* log() { return log_ == nullptr ? nullptr : &log_->log(); }
  /// The same in numbers, of which there are none without one.
  LogCounters log_counters() const {
    LogCounters counters;
    if (log_ != nullptr) counters.add(log_->log());
    return counters;
  }
  /// A copy of all records on disk, from which on the log is needed, and its bytes. Workers may be at work.
  platform::Expected<std::size_t> take_checkpoint();
  /// Forgets all that is in memory, brings it back from the disk, and goes on. While no operation is under
  /// way.
  platform::Expected<RecoveryReport> restart();

 private:
  static constexpr unsigned shares_a_worker = 16;

  /// Who goes through which part of which store.
  struct Division {
    struct Piece {
      Store* store;
      kernel::Part part;
    };
    std::vector<std::vector<Piece>> by_arena;
  };

  Engine(const Options& options, Layout layout, platform::NodeArenas arenas, WorkerThreads threads);

  platform::Expected<void> make_placement();
  /// Opens the log, with all that it has. The placement is there, and empty.
  platform::Expected<RecoveryReport> recover();
  platform::Expected<std::uint64_t> redo(const kernel::LogImage& image);
  std::unique_ptr<kernel::LogWriter> log_writer() {
    return log_ == nullptr ? nullptr : std::make_unique<kernel::LogWriter>(log_->log().writer());
  }
  AwaitedLog awaited_log() { return log_ == nullptr ? AwaitedLog() : log_->awaited(); }

  Division divide(Copies copies) const;
  /// A worker that has its place where the arena's threads run.
  unsigned worker_near(std::size_t arena) const;

  /// Does what others ask for until all have ended their work.
  static void serve_until(Session& session, const std::atomic<unsigned>& at_work);

  Options options_;
  Layout layout_;
  std::unique_ptr<Placement> placement_;
  std::unique_ptr<DurableLog> log_;
  platform::NodeArenas arenas_;
  WorkerThreads threads_;
};

}  // namespace upout::engines::shared_memory
