#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engines/engine.h"
#include "harness/arrivals.h"
#include "harness/generators.h"
#include "harness/interrupt.h"
#include "harness/measured_phase.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/run.h"
#include "harness/transaction_loop.h"
#include "platform/clock.h"
#include "workloads/transaction_workloads.h"

namespace upout::harness {

/// What all workers have measured in one window, over all processes.
struct TransactionWindow {
  std::uint64_t committed = 0;
  std::uint64_t offered = 0;   ///< that arrived, in an open loop
  std::uint64_t answered = 0;  ///< of these, those that ended, whenever
  std::uint64_t failed = 0;    ///< transactions that ended as the workload did not expect
  std::map<std::string, std::uint64_t> aborts_by_cause;
  std::map<std::string, std::uint64_t> committed_by_type;  ///< only types that did
  std::map<std::string, Histogram> latency;                ///< by type of transaction, of what has committed
  std::vector<IntervalFigures> series;                     ///< if one was asked for
  platform::Timestamp begin{};                             ///< by this process's clock
  platform::Timestamp longest{};  ///< from the window's begin until the last of them ended
};

/// The measured phase of a workload of transactions on one engine. Its streams live through all repetitions.
/// Each process of the deployment makes one; its calls are collective.
template <class E>
class TransactionPhase {
 public:
  /// Keeps references to all of its arguments. `load`: it may change between repetitions.
  TransactionPhase(E& engine, const workloads::Workload& workload, const RunOptions& options,
                   const OfferedLoad& load, const platform::Clock& clock, const Interrupt& interrupt,
                   Progress& progress, const Generators& generators)
      : engine_(&engine),
        workload_(&workload),
        options_(&options),
        load_(&load),
        clock_(&clock),
        interrupt_(&interrupt),
        progress_(&progress),
        generators_(generators),
        streams_(engine.local_workers()) {}

  /// Warm-up and one measured window on all workers. `stores`: how many partitions the engine has.
  TransactionWindow repeat(const std::string& phase, std::uint32_t stores) {
    TransactionWindow window;
    workloads::visit_transactions(*workload_,
                                  [&](const auto& workload) { window = repeat(phase, stores, workload); });
    return window;
  }

  /// Of a worker of this process.
  workloads::WriterProgress progress(unsigned local_worker) const {
    const auto& stream = streams_[local_worker];
    return stream == nullptr ? workloads::WriterProgress{} : stream->progress();
  }

 private:
  template <class W>
  TransactionWindow repeat(const std::string& phase, std::uint32_t stores, const W& workload) {
    const std::uint64_t failed_before = failures_of(streams_);
    std::deque<TransactionRecorder> recorders;
    std::vector<std::atomic<TransactionRecorder*>> active(engine_->local_workers());
    std::mutex making;
    std::atomic<std::uint64_t> offered{0};
    std::atomic<platform::Timestamp> begin{};
    const std::uint32_t round = rounds_++;
    const Schedule& schedule = options_->schedule;
    const auto committed_so_far = [&] {
      std::uint64_t sum = 0;
      for (const auto& recorder : active) {
        if (const TransactionRecorder* current = recorder.load()) sum += current->committed();
      }
      return sum * engine_->workers() / engine_->local_workers();
    };
    progress_->phase(phase, schedule.warmup_seconds + schedule.window_seconds(),
                     generators_.are_seen_by(engine_->local_workers())
                         ? Progress::Operations(committed_so_far)
                         : Progress::Operations());
    engine_->run_on_workers([&](typename E::Session& session, engines::WorkerId id) {
      if (!generators_.has(id)) {
        begin = window_after(session.agree_on_start(*clock_), schedule).begin;
        return;  // and serves until all are done
      }
      auto& stream = streams_[id.local];
      if (stream == nullptr) {
        stream = workload.transactions(generators_.slot_of(id), options_->depth, options_->seed, stores);
      }
      TransactionLoop<E, W> loop(session, static_cast<typename W::Stream&>(*stream), *clock_,
                                 options_->depth);
      TimeSeries series = series_for(*options_);
      const platform::Timestamp start = session.agree_on_start(*clock_);
      begin = window_after(start, schedule).begin;
      TransactionRecorder* recorder = nullptr;
      {
        const std::lock_guard lock(making);
        recorder = &recorders.emplace_back(
            window_after(start, schedule), W::types.size(),
            load_->is_open() ? TransactionRecorder::Loop::open : TransactionRecorder::Loop::closed,
            std::move(series));
      }
      active[id.local].store(recorder);
      while (clock_->now() < start) {
      }
      const auto is_enough = [this] { return interrupt_->requested(); };
      if (!load_->is_open()) return loop.drive(*recorder, is_enough);
      Arrivals arrivals(*load_, generators_.slot_of(id), options_->seed, round, start, recorder->window());
      loop.drive(*recorder, arrivals, is_enough);
      offered += arrivals.offered(is_enough() ? recorder->last() : recorder->window().end);
    });
    progress_->phase(phase, 0);
    TransactionWindow window = gather<W>(recorders, failures_of(streams_) - failed_before, offered);
    window.begin = begin;
    return window;
  }

  template <class W>
  TransactionWindow gather(std::deque<TransactionRecorder>& recorders, std::uint64_t failed,
                           std::uint64_t offered) {
    constexpr std::size_t first_cause = 4;
    std::array<std::uint64_t, first_cause + kernel::abort_causes> sums{0, failed, offered, 0};
    std::uint64_t longest = longest_of(recorders);
    for (const TransactionRecorder& recorder : recorders) {
      sums[0] += recorder.committed();
      sums[3] += recorder.ended();
      for (std::size_t cause = 0; cause < kernel::abort_causes; ++cause)
        sums[first_cause + cause] += recorder.aborted()[cause];
    }
    engine_->sum(sums);
    engine_->max({&longest, 1});
    TransactionWindow window;
    window.committed = sums[0];
    window.failed = sums[1];
    window.offered = sums[2];
    window.answered = sums[3];
    window.longest = platform::Timestamp(longest);
    for (std::size_t cause = 0; cause < kernel::abort_causes; ++cause) {
      if (sums[first_cause + cause] == 0) continue;
      window.aborts_by_cause[std::string(kernel::name_of(static_cast<kernel::AbortCause>(cause)))] =
          sums[first_cause + cause];
    }
    for (std::size_t type = 0; type < W::types.size(); ++type) {
      const auto merged = merged_histogram(*engine_, recorders, type);
      if (merged->count() != 0) window.latency[std::string(W::types[type])] = *merged;
    }
    window.committed_by_type = committed_by_type<W>(recorders);
    window.series = merged_series(*engine_, recorders, *load_, *options_);
    return window;
  }

  template <class W>
  std::map<std::string, std::uint64_t> committed_by_type(const std::deque<TransactionRecorder>& recorders) {
    std::vector<std::uint64_t> sums(W::types.size());
    for (const TransactionRecorder& recorder : recorders)
      std::ranges::transform(sums, recorder.committed_by_type(), sums.begin(), std::plus());
    engine_->sum(sums);
    std::map<std::string, std::uint64_t> by_type;
    for (std::size_t type = 0; type < sums.size(); ++type) {
      if (sums[type] != 0) by_type[std::string(W::types[type])] = sums[type];
    }
    return by_type;
  }

  E* engine_;
  const workloads::Workload* workload_;
  const RunOptions* options_;
  const OfferedLoad* load_;
  const platform::Clock* clock_;
  const Interrupt* interrupt_;
  Progress* progress_;
  Generators generators_;
  std::vector<std::unique_ptr<workloads::TransactionStream>> streams_;  ///< by local worker
  std::uint32_t rounds_ = 0;                                            ///< repetitions that have begun
};

}  // namespace upout::harness
