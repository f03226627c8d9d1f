#include "benchmarks/baseline/measure.h"

#include <utility>

#include "benchmarks/baseline/engine.h"
#include "benchmarks/baseline/hash_table.h"
#include "benchmarks/baseline/inline_table.h"
#include "benchmarks/baseline/ordered_table.h"
#include "engines/transaction.h"
#include "harness/measurement.h"
#include "harness/run_record.h"
#include "platform/clock.h"
#include "platform/topology.h"
#include "platform/worker_map.h"
#include "workloads/transactions.h"

namespace upout::baseline {

namespace {

static_assert(engines::TransactingEngine<Engine<HashTable>>);
static_assert(engines::TransactingEngine<Engine<InlineTable>>);
static_assert(engines::TransactingEngine<Engine<OrderedTable>>);

harness::Deployment deployment_of(const harness::RunOptions& options, const workloads::Workload& workload) {
  harness::Deployment deployment;
  deployment.engine = options.engine;
  deployment.depth = options.depth;
  deployment.index = workload.needs_order() ? "ordered" : "hash";
  deployment.binding = options.bind.to_string();
  // Nothing keeps them apart: they are one after the other.
  if (workload.has_transactions()) deployment.concurrency_control = "serial";
  return deployment;
}

platform::Expected<void> check_transactions(const workloads::Workload& workload) {
  const auto* transactional = dynamic_cast<const workloads::TransactionWorkload*>(&workload);
  return transactional == nullptr ? platform::Expected<void>() : transactional->check_deployment(1, 1);
}

template <class Table>
platform::Expected<harness::RunOutcome> measure_on(
    const platform::Topology& topology, const platform::WorkerMap& map, const harness::RunOptions& options,
    const workloads::Workload& workload, const harness::Interrupt& interrupt, harness::Progress& progress) {
  const auto engine = Engine<Table>::create(topology, map, workload.record_count(), workload.output_bytes());
  if (!engine) return tl::unexpected(engine.error());
  harness::RunOutcome outcome{harness::begin_record(options, workload, deployment_of(options, workload)),
                              harness::describe_host(topology)};
  outcome.record.id = options.id.empty() ? harness::default_id(options, workload, 1) : options.id;
  const platform::Clock clock = platform::Clock::calibrate();
  harness::Measurement measurement(**engine, workload, options, clock, interrupt, progress);
  if (auto performed = measurement.perform(outcome.record); !performed)
    return tl::unexpected(performed.error());
  outcome.environment["workers"] = harness::to_json((*engine)->bindings());
  outcome.environment["clock"] = clock.source();
  outcome.environment["mpi"] = nullptr;
  return outcome;
}

}  // namespace

platform::Expected<harness::RunOutcome> measure(const harness::RunOptions& options,
                                                const workloads::Workload& workload,
                                                const harness::Interrupt& interrupt,
                                                harness::Progress& progress) {
  if (auto possible = check_transactions(workload); !possible) return tl::unexpected(possible.error());
  const auto topology = platform::Topology::discover();
  if (!topology) return tl::unexpected(topology.error());
  const auto map = platform::WorkerMap::create(*topology, options.bind);
  if (!map) return tl::unexpected(map.error());
  const auto measure_it = workload.needs_order()                            ? measure_on<OrderedTable>
                          : workload.output_bytes() <= InlineTable::longest ? measure_on<InlineTable>
                                                                            : measure_on<HashTable>;
  return measure_it(*topology, *map, options, workload, interrupt, progress);
}

}  // namespace upout::baseline
