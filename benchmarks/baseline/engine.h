#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/baseline/database.h"
#include "benchmarks/baseline/transaction.h"
#include "engines/engine.h"
#include "engines/worker_threads.h"
#include "kernel/operation.h"
#include "platform/error.h"
#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout::baseline {

/// The sequential program that scalable systems have to beat (McSherry, Isard and Murray, "Scalability! But
/// at what COST?", HotOS 2015): one thread, the process's main one, over one Database, without locks, atomics
/// or messages. To the harness an engine like the others, so that the same workload is measured in the same
/// way. Made and used by the main thread, which it binds.
template <class Table>
class Engine {
 public:
  using TransactionClient = baseline::TransactionClient<Table>;
  using Transaction = baseline::Transaction<Table>;

  class Session {
   public:
    explicit Session(Database<Table>& database) : database_(&database) {}

    void submit(std::span<kernel::Operation* const> operations, engines::Completed& done) {
      database_->execute(operations);
      done.append(operations);
    }
    void poll(engines::Completed&) {}  // nothing is ever in flight
    platform::Timestamp agree_on_start(const platform::Clock& clock) { return clock.now(); }

    Database<Table>& database() { return *database_; }

   private:
    Database<Table>* database_;
  };

  /// `topology` must outlive it.
  static platform::Expected<std::unique_ptr<Engine>> create(const platform::Topology& topology,
                                                            const platform::WorkerMap& map,
                                                            std::uint64_t expected_records,
                                                            std::size_t longest_value) {
    auto database = Database<Table>::create(expected_records, longest_value);
    if (!database) {
      return platform::unexpected("the table",
                                  "no memory for " + std::to_string(expected_records) + " records",
                                  "fewer records or more memory");
    }
    return std::unique_ptr<Engine>(new Engine(std::move(*database), {topology, map, 1}));
  }

  template <class Work>
  void run_on_workers(Work&& work) {
    thread_.run_with_caller([&](unsigned) {
      Session session(database_);
      work(session, engines::WorkerId{});
    });
  }
  template <class Work>
  void run_in_shares(Work&& work) {
    run_on_workers([&](Session& session, engines::WorkerId) { work(session, engines::Share{}); });
  }
  template <engines::Aggregate A>
  A aggregate(const A& empty, engines::Copies) {
    A all = empty;
    database_.for_each([&](kernel::Key key, std::span<const std::byte> value) { all.visit(key, value); });
    return all;
  }

  unsigned copies() const { return 1; }
  unsigned local_shares() const { return 1; }
  void sum(std::span<std::uint64_t>) {}
  void max(std::span<std::uint64_t>) {}
  std::vector<std::uint64_t> concatenate(std::span<const std::uint64_t> numbers) {
    return {numbers.begin(), numbers.end()};
  }
  std::uint64_t record_count() { return database_.size(); }
  std::vector<platform::WorkerBinding> bindings() { return thread_.bindings(); }
  unsigned local_workers() const { return 1; }
  unsigned workers() const { return 1; }
  bool is_root() const { return true; }

 private:
  Engine(Database<Table> database, engines::WorkerThreads thread)
      : database_(std::move(database)), thread_(std::move(thread)) {}

  Database<Table> database_;
  engines::WorkerThreads thread_;
};

}  // namespace upout::baseline
