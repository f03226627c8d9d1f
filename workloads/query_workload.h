#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "workloads/workload.h"

namespace upout::workloads {

/// A workload of queries over all that was loaded, which change nothing. The whole deployment answers one at
/// a time: every process is asked for the same ones in the same order. Each class of this kind has, beside
/// what stands here,
///
/// - `types`: the names of its types of query, for results;
/// - a `Query`: one as it was drawn, with `type`, an index into them;
/// - `queries(seed, round)`: what draws them, the same ones in each process, with `next()`;
/// - `answer(query, engine)`: a template over any `engines::Engine`, collective;
/// - `right_answers()`: what knows what each answer has to be, from nothing but what the workload is, with
///   `is_right(query, answer)`; the first call may take long,
///
/// and a place in `visit_queries` (workloads/query_workloads.h).
class QueryWorkload : public Workload {
 public:
  bool has_queries() const final { return true; }
  bool needs_order() const final { return false; }
  std::unique_ptr<RunStream> run(WorkerSlot, std::size_t, std::uint64_t) const final { return nullptr; }
};

}  // namespace upout::workloads
