#include "benchmarks/upout/run_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>

#include "harness/history/gather.h"
#include "harness/history/history.h"

namespace upout {

using platform::Expected;

namespace {

Expected<void> write_file(const std::string& path, const harness::HistoryPart& history,
                          std::uint32_t processes) {
  std::ofstream file(path, std::ios::binary);
  harness::write_history(history, processes, file);
  file.close();
  if (file) return {};
  return platform::unexpected("--history " + path, "a file that cannot be written", "one that can");
}

/// From the first beginning to the end, in seconds.
double length_of(const harness::HistoryPart& history) {
  if (history.entries.empty()) return 0;
  const auto first = std::ranges::min_element(history.entries, {}, &harness::HistoryEntry::began);
  return static_cast<double>((history.full_at - first->began).count()) * 1e-9;
}

}  // namespace

Expected<std::unique_ptr<harness::RecordedWorkload>> record_history(const RunCommand& command,
                                                                    const workloads::Workload& workload) {
  if (command.history.empty()) {
    if (!command.history_operations_given) return nullptr;
    return platform::unexpected("--history-operations", "it without --history",
                                "--history, whose limit it is");
  }
  if (command.options.engine == "null") {
    return platform::unexpected("--history", "it beside --engine null",
                                "an engine that keeps records: there is nothing to be read");
  }
  return harness::RecordedWorkload::create(workload, command.history_operations)
      .map_error([](platform::Error error) {
        error.where = "--history";
        return error;
      });
}

Expected<void> write_history(const RunCommand& command, const harness::RecordedWorkload& recorded,
                             const Program& program, harness::RunOutcome& outcome) {
  harness::RunRecord& record = outcome.record;
  harness::HistoryPart history = recorded.part();
  if (program.mpi != nullptr) history = harness::gather_history(history, outcome.present);
  if (!program.is_root()) return {};
  harness::end_when_full(history);
  record.history = {.operations = history.entries.size(),
                    .operations_per_worker_at_most = recorded.limit(),
                    .whole = history.full_at == harness::never};
  if (!record.history->whole) {
    fmt::print(
        stderr,
        "upout: warning: the history has the first {:.3g} s, {} operations: after that a worker had room "
        "for no more (--history-operations {})\n",
        length_of(history), history.entries.size(), recorded.limit());
  }
  return write_file(command.history, history,
                    record.deployment.generating_workers() * record.deployment.depth);
}

}  // namespace upout
