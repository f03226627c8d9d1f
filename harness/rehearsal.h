#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "engines/engine.h"
#include "harness/generators.h"
#include "harness/interrupt.h"
#include "harness/run.h"
#include "harness/statistics/median_interval.h"
#include "platform/clock.h"
#include "workloads/workload.h"

/// What generating and recording a load takes: the same load as in the run, in the same loop and with the
/// same recorder, but with no database (engines/null/engine.h), before anything is measured. The streams are
/// made for that and gone before those of the run are made, so that they share nothing with them.
/// A time series, and when transactions arrive, are left out.
namespace upout::harness {

/// One worker's rehearsal: gives the nanoseconds of an operation, or of a transaction; 0 if a signal came
/// before there was any. To be called once, on the worker's thread.
using Rehearsal = std::function<double()>;

/// `stores`: how many partitions the engine has. `clock` and `interrupt` must outlive it. Not for queries.
Rehearsal rehearsal_of(const workloads::Workload& workload, workloads::WorkerSlot slot, std::uint32_t stores,
                       const RunOptions& options, const platform::Clock& clock, const Interrupt& interrupt);

/// All workers that generate load rehearse at once, as they are going to work: the median over them, in
/// nanoseconds. None for queries, which nobody generates: a few numbers are drawn for each. Collective.
template <class E>
std::optional<double> rehearse(E& engine, const workloads::Workload& workload, std::uint32_t stores,
                               const RunOptions& options, const Generators& generators,
                               const platform::Clock& clock, const Interrupt& interrupt) {
  if (workload.has_queries()) return std::nullopt;
  std::vector<double> local(engine.local_workers());
  engine.run_on_workers([&](typename E::Session& session, engines::WorkerId id) {
    Rehearsal perform;
    if (generators.has(id))
      perform = rehearsal_of(workload, generators.slot_of(id), stores, options, clock, interrupt);
    const platform::Timestamp start = session.agree_on_start(clock);
    if (!perform) return;  // and serves until all are done, as in the run
    while (clock.now() < start) {
    }
    local[id.local] = perform();
  });
  std::vector<std::uint64_t> bits;
  for (const double ns : local) {
    if (ns > 0) bits.push_back(std::bit_cast<std::uint64_t>(ns));
  }
  std::vector<double> all;
  for (const std::uint64_t ns : engine.concatenate(bits)) all.push_back(std::bit_cast<double>(ns));
  if (all.empty()) return std::nullopt;
  return median_interval(all).median;
}

}  // namespace upout::harness
