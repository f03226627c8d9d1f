#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "engines/aggregate.h"
#include "engines/session.h"
#include "platform/clock.h"
#include "platform/topology.h"

namespace upout::engines {

/// Which worker a piece of work runs on.
struct WorkerId {
  unsigned local = 0;   ///< among the workers of this process
  unsigned global = 0;  ///< among all workers of the deployment
};

/// One of the pieces into which a phase's work is divided.
struct Share {
  unsigned local = 0;  ///< its number among those of this process
  unsigned index = 0;  ///< among all of the deployment
  unsigned count = 1;  ///< of the deployment
};

/// Gathers nothing: for the concept below.
struct NoAggregate {
  void visit(kernel::Key, std::span<const std::byte>) {}
  void merge(const NoAggregate&) {}
};

/// What the harness asks of an engine: a deployment of workers over threads and ranks, of which this process
/// holds a part. All of its calls are collective: each process of the deployment makes the same ones in the
/// same order, from its main thread.
///
/// - `run_on_workers(work)` calls `work(session, id)` on every worker at once, bound to its processor, and
/// returns when
///   all workers of all processes have returned and nothing is in flight.
/// - `run_in_shares(work)` calls `work(session, share)` for each of the deployment's shares once, on threads
/// of which each
///   takes the next one when it has done one. For phases that are not measured: loading and verifying.
/// - `aggregate(empty, copies)` takes in the records of this process, while no operation is under way, and
/// returns
///   what it has gathered; `copies()` says how many of each record there are.
/// - `session.agree_on_start(clock)`, called by every worker inside of that, returns one and the same instant
/// a little
///   ahead, on each host's own scale.
/// - `sum` and `max` combine numbers element by element over all processes, and `concatenate` puts one
/// process's numbers
///   after the other's; every process gets the result.
/// - `record_count()` counts the records of all partitions.
/// - `bindings()` says where the workers of all processes have really been, on the root process.
template <class E>
concept Engine = Session<typename E::Session> &&
    requires(E& engine, void (&work)(typename E::Session&, WorkerId),
             void (&shared_work)(typename E::Session&, Share), std::span<std::uint64_t> numbers,
             typename E::Session& session, const platform::Clock& clock) {
  engine.run_on_workers(work);
  engine.run_in_shares(shared_work);
  { engine.aggregate(NoAggregate{}, Copies::all) } -> std::same_as<NoAggregate>;
  { engine.copies() } -> std::same_as<unsigned>;
  { engine.local_shares() } -> std::same_as<unsigned>;
  { session.agree_on_start(clock) } -> std::same_as<platform::Timestamp>;
  engine.sum(numbers);
  engine.max(numbers);
  { engine.concatenate(numbers) } -> std::same_as<std::vector<std::uint64_t>>;
  { engine.record_count() } -> std::same_as<std::uint64_t>;
  { engine.bindings() } -> std::same_as<std::vector<platform::WorkerBinding>>;
  { engine.local_workers() } -> std::same_as<unsigned>;
  { engine.workers() } -> std::same_as<unsigned>;
  { engine.is_root() } -> std::same_as<bool>;
};

}  // namespace upout::engines
