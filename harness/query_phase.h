#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engines/engine.h"
#include "harness/histogram.h"
#include "harness/interrupt.h"
#include "harness/progress.h"
#include "harness/run.h"
#include "platform/clock.h"
#include "workloads/query_workloads.h"

namespace upout::harness {

/// What was asked and answered in one window: from its begin to the first answer at or after its end, since a
/// query may take a good part of a window. Of the whole deployment, which answers one query at a time.
struct QueryWindow {
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;  ///< that were answered wrongly
  double seconds = 0;
  platform::Timestamp begin{};               ///< by this process's clock
  std::map<std::string, Histogram> latency;  ///< by type of query
};

/// The measured phase of a workload of queries on one engine. Each process of the deployment makes one; its
/// calls are collective. The root's clock counts, and what it is told of the answers.
template <class E>
class QueryPhase {
 public:
  /// Keeps references to all of its arguments.
  QueryPhase(E& engine, const workloads::Workload& workload, const RunOptions& options,
             const platform::Clock& clock, const Interrupt& interrupt, Progress& progress)
      : engine_(&engine),
        workload_(&workload),
        options_(&options),
        clock_(&clock),
        interrupt_(&interrupt),
        progress_(&progress) {}

  /// Warm-up and one measured window, the `round`-th one.
  QueryWindow repeat(const std::string& phase, std::uint32_t round) {
    QueryWindow window;
    workloads::visit_queries(*workload_, [&](const auto& workload) {
      const Schedule& schedule = options_->schedule;
      std::atomic<std::uint64_t> answered{0};
      auto queries = workload.queries(options_->seed, round);
      workload.right_answers();  // takes its time now, and not while something is measured
      progress_->phase(phase, schedule.warmup_seconds + schedule.window_seconds(),
                       [&answered] { return answered.load(); });
      ask(workload, queries, schedule.warmup_seconds, answered);
      window = ask(workload, queries, schedule.window_seconds(), answered);
      progress_->phase(phase, 0);
    });
    share(window);
    return window;
  }

 private:
  /// A latency is of the answer alone; that it is looked at, and that all agree to go on, comes out of the
  /// window.
  template <class W, class Queries>
  QueryWindow ask(const W& workload, Queries& queries, double seconds, std::atomic<std::uint64_t>& answered) {
    QueryWindow window;
    std::vector<Histogram> histograms(W::types.size());
    const platform::Timestamp begin = clock_->now();
    window.begin = begin;
    for (platform::Timestamp end = begin; !is_over(end - begin, seconds);) {
      const auto query = queries.next();
      const platform::Timestamp asked = clock_->now();
      const auto answer = workload.answer(query, *engine_);
      end = clock_->now();
      histograms[query.type].record(static_cast<std::uint64_t>((end - asked).count()));
      window.seconds = static_cast<double>((end - begin).count()) * 1e-9;
      window.failed += workload.right_answers().is_right(query, answer) ? 0 : 1;
      answered.store(++window.answered, std::memory_order_relaxed);
    }
    for (std::size_t type = 0; type < histograms.size(); ++type) {
      if (histograms[type].count() != 0) window.latency[std::string(W::types[type])] = histograms[type];
    }
    return window;
  }

  /// The root decides, so that all ask for the same number of queries, or whoever was sent a signal.
  bool is_over(platform::Timestamp passed, double seconds) {
    const bool is_at_end = engine_->is_root() && static_cast<double>(passed.count()) * 1e-9 >= seconds;
    std::uint64_t ends = is_at_end || interrupt_->requested() ? 1 : 0;
    engine_->max({&ends, 1});
    return ends != 0;
  }

  /// All processes have asked the same, and all get the root's numbers; one is as good as another for the
  /// histograms, which only the root's document has.
  void share(QueryWindow& window) {
    std::array<std::uint64_t, 3> numbers{};
    if (engine_->is_root())
      numbers = {window.answered, window.failed, static_cast<std::uint64_t>(window.seconds * 1e9)};
    engine_->sum(numbers);
    window.answered = numbers[0];
    window.failed = numbers[1];
    window.seconds = static_cast<double>(numbers[2]) * 1e-9;
  }

  E* engine_;
  const workloads::Workload* workload_;
  const RunOptions* options_;
  const platform::Clock* clock_;
  const Interrupt* interrupt_;
  Progress* progress_;
};

}  // namespace upout::harness
