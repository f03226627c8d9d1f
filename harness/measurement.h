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
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engines/engine.h"
#include "harness/arrivals.h"
#include "harness/closed_loop.h"
#include "harness/copy_reads.h"
#include "harness/counted_stream.h"
#include "harness/fault_injector.h"
#include "harness/fault_reports.h"
#include "harness/generators.h"
#include "harness/goal_phase.h"
#include "harness/hdr_log.h"
#include "harness/interrupt.h"
#include "harness/measured_phase.h"
#include "harness/move_at_half.h"
#include "harness/open_loop.h"
#include "harness/progress.h"
#include "harness/query_phase.h"
#include "harness/record.h"
#include "harness/recorder.h"
#include "harness/records_phase.h"
#include "harness/region_latencies.h"
#include "harness/rehearsal.h"
#include "harness/run.h"
#include "harness/service_gaps.h"
#include "harness/transaction_phase.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "workloads/workload.h"

namespace upout::harness {

/// "read", "update" …: what results call a kind of operation.
std::string_view latency_name(kernel::OperationKind kind);

/// Takes one workload through one engine: load, audit, repetitions, audit. The same text for every engine.
/// Each process of the deployment makes one and calls the same steps in the same order.
template <engines::Engine E>
class Measurement {
 public:
  /// Keeps references to all of its arguments.
  Measurement(E& engine, const workloads::Workload& workload, const RunOptions& options,
              const platform::Clock& clock, const Interrupt& interrupt, Progress& progress)
      : engine_(&engine),
        workload_(&workload),
        options_(&options),
        load_(options.load),
        clock_(&clock),
        interrupt_(&interrupt),
        progress_(&progress),
        generators_(engine.workers(), options.clients, options.threads_per_rank),
        writers_(generators_.count()),
        transactions_(engine, workload, options, load_, clock, interrupt, progress, generators_),
        queries_(engine, workload, options, clock, interrupt, progress),
        records_(engine, workload, options, clock, interrupt, progress) {
    streams_.resize(engine.local_workers());
  }

  /// All steps; an engine that keeps no records is only measured. Fails if the data could not be loaded.
  /// `begin()`, which may fail, is called when they are and have been checked, before the first repetition,
  /// and `end(record)` after the last one, while nothing is under way.
  template <class Begin, class End>
  platform::Expected<void> perform(RunRecord& record, Begin&& begin, End&& end) {
    constexpr unsigned usual_probes = 12;
    progress_->expect((options_->schedule.repetitions + (options_->goal ? usual_probes : 0)) *
                      options_->schedule.expected_seconds());
    if constexpr (keeps_records) {
      const platform::Timestamp loading = clock_->now();
      if (auto success = records_.load(); !success) return finished(success);
      record.load_seconds = static_cast<double>((clock_->now() - loading).count()) * 1e-9;
      if (!is_interrupted()) records_.audit("load", writers_, record.verification);
      rehearse_load(record);
    }
    record.verification.applies = keeps_records;
    if (auto success = begin(); !success) return finished(success);
    {
      const FarLinks<E> far(*engine_, *options_);
      options_->goal ? measure_goal(record) : measure(record);
    }
    end(record);
    record.incomplete = is_interrupted();
    if constexpr (keeps_records) verify(record);
    record.ledger = records_.ledger();
    if (record.log && !record.incomplete) return finished(recover(record));
    return finished({});
  }
  platform::Expected<void> perform(RunRecord& record) {
    return perform(
        record, [] { return platform::Expected<void>(); }, [](RunRecord&) {});
  }

 private:
  using Session = typename E::Session;

  /// Whether there is something to load and to verify.
  static constexpr bool keeps_records = [] {
    if constexpr (requires { E::keeps_records; }) return E::keeps_records;
    return true;
  }();

  /// No more progress: it looks at counters that go with this object.
  platform::Expected<void> finished(const platform::Expected<void>& result) {
    progress_->finish();
    return result;
  }

  /// Whether all that the run has left behind comes back from the disk.
  platform::Expected<void> recover(RunRecord& record) {
    if constexpr (requires { engine_->restart(); }) {
      progress_->phase("recover", 0);
      const auto report = engine_->restart();
      if (!report) return tl::unexpected(report.error());
      record.log->recovered_bytes = report->log_bytes;
      record.log->recovered_changes = report->changes;
      record.log->reading_seconds = report->reading_seconds;
      record.log->redoing_seconds = report->redoing_seconds;
      records_.audit("recovery", writers_, record.verification);
      record.incomplete = is_interrupted();
    }
    return {};
  }

  /// All repetitions.
  void measure(RunRecord& record) {
    const platform::Timestamp begin = clock_->now();
    const unsigned repetitions = options_->schedule.repetitions;
    for (unsigned i = 0; i < repetitions && !is_interrupted(); ++i) {
      repeat("measure " + std::to_string(i + 1) + "/" + std::to_string(repetitions), record);
    }
    if (options_->schedule.precision.is_asked()) measure_more(begin, record);
  }

  /// Until the median is as precise as asked for, or a limit is reached.
  void measure_more(platform::Timestamp begin, RunRecord& record) {
    const unsigned least = options_->schedule.repetitions;
    PrecisionReport report{.asked = limited(options_->schedule.precision, least), .least_repetitions = least};
    for (unsigned done = least; !is_interrupted(); ++done) {
      report.ended_by = agree_on_stop(report.asked, record, done, begin);
      if (report.ended_by) break;
      repeat("measure " + std::to_string(done + 1), record);
    }
    record.precision = report;
  }

  /// The root's decision, for all. Collective.
  std::optional<StoppedBy> agree_on_stop(const Precision& precision, const RunRecord& record, unsigned done,
                                         platform::Timestamp begin) {
    std::uint64_t decision = 0;  // to go on
    if (engine_->is_root()) {
      const double seconds = static_cast<double>((clock_->now() - begin).count()) * 1e-9;
      const auto cause = stop(precision, complete_throughputs(record.repetitions), done, seconds);
      decision = cause ? 1 + static_cast<std::uint64_t>(*cause) : 0;
    }
    engine_->max({&decision, 1});
    return decision == 0 ? std::nullopt : std::optional(static_cast<StoppedBy>(decision - 1));
  }

  /// The same, at the highest rate that keeps the goal.
  void measure_goal(RunRecord& record) {
    measure_at_goal(
        *options_->goal, record,
        [&](double rate, const std::string& phase) {
          load_.per_second = rate;
          RunRecord seen;
          seen.deployment = record.deployment;
          repeat(phase, seen);
          return seen;
        },
        [&](double rate) {
          load_.per_second = rate;
          measure(record);
        },
        [this] { return is_interrupted(); });
  }

  /// Before there are streams of the run, whose memory this needs and which share something in a process.
  void rehearse_load(RunRecord& record) {
    if (is_interrupted()) return;
    progress_->phase("rehearse", 0);
    record.generator_ns = rehearse(*engine_, *workload_, record.deployment.partitions, *options_, generators_,
                                   *clock_, *interrupt_);
  }

  /// What is there after the run.
  void verify(RunRecord& record) {
    if (record.incomplete) {
      record.verification.checks.push_back(
          {"interrupted", false, "a signal ended the run before its data were checked"});
    } else {
      gather_progress();
      records_.audit("run", writers_, record.verification);
      if (rebalances()) record.verification.checks.push_back(all_moved(record));
      record.incomplete = is_interrupted();
    }
  }

  /// Whether a signal has reached any process. Collective.
  bool is_interrupted() {
    std::uint64_t requested = interrupt_->requested() ? 1 : 0;
    engine_->max({&requested, 1});
    return requested != 0;
  }

  static Check all_moved(const RunRecord& record) {
    const auto moved = std::ranges::count_if(record.repetitions, [](const Repetition& repetition) {
      return repetition.rebalance && repetition.rebalance->complete;
    });
    const auto all = std::ssize(record.repetitions);
    return {"partitions_moved", moved == all,
            std::to_string(moved) + " of " + std::to_string(all) + " repetitions moved one"};
  }

  /// Warm-up and one measured window on all workers.
  void repeat(const std::string& phase, RunRecord& record) {
    if (workload_->has_transactions()) return repeat_transactions(phase, record);
    if (workload_->has_queries()) return repeat_queries(phase, record);
    RepetitionState state{
        .moving = static_cast<std::uint32_t>(record.repetitions.size() % record.deployment.partitions),
        .round = rounds_++,
        .active = std::vector<std::atomic<Recorder*>>(engine_->local_workers())};
    const std::uint64_t failed_before = failures_of(streams_);
    const auto operations_so_far = [&] {
      std::uint64_t sum = 0;
      for (const auto& recorder : state.active) {
        if (const Recorder* current = recorder.load()) sum += current->completed_so_far();
      }
      return sum * engine_->workers() / engine_->local_workers();
    };
    const bool sees_load = generators_.are_seen_by(engine_->local_workers());
    progress_->phase(phase, options_->schedule.expected_seconds(),
                     sees_load ? Progress::Operations(operations_so_far) : Progress::Operations());
    const auto injector = inject_faults(state);
    if (reads_backups()) forget_copy_reads();
    engine_->run_on_workers([&](Session& session, engines::WorkerId id) {
      if (!generators_.has(id)) return serve(session, state);
      auto& stream = streams_[id.local];
      if (stream == nullptr)
        stream = workload_->run(generators_.slot_of(id), options_->depth, options_->seed);
      generate(session, id, state);
    });
    progress_->phase(phase, 0);
    const std::size_t repetitions_before = record.repetitions.size();
    add_repetition(state, failures_of(streams_) - failed_before, record);
    if (rebalances()) add_rebalance(state, record);
    if (injector != nullptr) add_faults(state, record);
    if (reads_backups()) add_staleness(state, record);
    const bool is_measured =
        record.repetitions.size() > repetitions_before && record.repetitions.back().complete;
    if (is_measured && !options_->regions.empty())
      add_regions(*engine_, *options_, state.active, latency_name, record.regions);
  }

  bool rebalances() const { return options_->rebalance != "none"; }

  /// What the workers of this process share in one repetition.
  struct RepetitionState {
    std::uint32_t moving;  ///< the partition whose turn it is, if any moves
    std::uint32_t round;   ///< its number
    std::vector<std::atomic<Recorder*>> active;
    std::mutex making = {};
    std::deque<Recorder> recorders = {};
    MoveAtHalf::Numbers moves = {};
    platform::Timestamp longest_gap{};         ///< of what any client got from any partition
    std::atomic<std::uint64_t> offered{0};     ///< operations that arrived within the window, in an open loop
    std::atomic<platform::Timestamp> begin{};  ///< of the window

    void add_gap(platform::Timestamp gap) {
      const std::lock_guard lock(making);
      longest_gap = std::max(longest_gap, gap);
    }
    void add_moves(const MoveAtHalf::Numbers& numbers) {
      const std::lock_guard lock(making);
      std::ranges::transform(moves, numbers, moves.begin(), std::plus());
    }
  };

  /// In the first round; null: there are none.
  std::unique_ptr<FaultInjector> inject_faults(const RepetitionState& state) {
    if constexpr (requires { engine_->conditions(0); }) {
      if (options_->faults.empty() || state.round != 0) return nullptr;
      return std::make_unique<FaultInjector>(
          options_->faults,
          FaultInjector::Ranks{.first = static_cast<unsigned>(engine_->first_rank()),
                               .count = engine_->local_workers(),
                               .are_threads = options_->transport == "ring",
                               .conditions = [this](unsigned rank) { return engine_->conditions(rank); }},
          state.begin, *clock_);
    }
    return nullptr;
  }

  void add_faults(RepetitionState& state, RunRecord& record) {
    auto longest = static_cast<std::uint64_t>(state.longest_gap.count());
    engine_->max({&longest, 1});
    record.longest_unserved_seconds = static_cast<double>(longest) * 1e-9;
    if constexpr (requires { engine_->replicas(0); }) {
      if (engine_->replicas(0) == nullptr) return;
      record.faults = reports_of(options_->faults);
      for (unsigned local = 0; local < engine_->local_workers(); ++local) {
        const auto& members = engine_->replicas(local)->members();
        take_earliest(record.faults,
                      read_faults(options_->faults, begin_by_transport(state), members.history(),
                                  members.policy().copies),
                      static_cast<unsigned>(engine_->first_rank()) + local);
      }
      gather_earliest(*engine_, record.faults);
    }
  }

  bool reads_backups() const {
    return options_->copies.read_from != engines::shared_nothing::ReadFrom::primary;
  }
  /// Of sessions before, in which ranks hardly knew each other's clocks.
  void forget_copy_reads() {
    if constexpr (requires { engine_->take_copy_reads(); }) engine_->take_copy_reads();
  }
  void add_staleness(const RepetitionState& state, RunRecord& record) {
    if constexpr (requires { engine_->take_copy_reads(); }) {
      const platform::Timestamp begin = begin_by_transport(state);
      StalenessReport report;
      add(engine_->take_copy_reads(), begin, begin + window_length(options_->schedule), report);
      gather(*engine_, report);
      if (!record.staleness) record.staleness.emplace();
      record.staleness->merge(report);
    }
  }

  platform::Timestamp begin_by_transport(const RepetitionState& state) const {
    return state.begin.load() - clock_->now() + std::chrono::steady_clock::now().time_since_epoch();
  }

  /// One worker's load, in the loop that was asked for.
  void generate(Session& session, engines::WorkerId id, RepetitionState& state) {
    workloads::OperationStream& stream = *streams_[id.local];
    if (options_->schedule.operations != 0) return generate_counted(session, id, state);
    if (!load_.is_open()) {
      ClosedLoop loop(session, *clock_, options_->depth);
      return measure(session, id, state, [&](platform::Timestamp, Recorder& recorder, auto&& look) {
        loop.drive(stream, [&](auto done, auto started, auto now) {
          look(now, done, started);
          return recorder.observe(done, started, now) && !interrupt_->requested();
        });
      });
    }
    OpenLoop loop(session, *clock_, options_->depth);
    measure(session, id, state, [&](platform::Timestamp start, Recorder& recorder, auto&& look) {
      Arrivals arrivals(load_, generators_.slot_of(id), options_->seed, state.round, start,
                        recorder.window());
      loop.drive(stream, arrivals, [&](auto done, auto arrived, auto now) {
        look(now, done, arrived);
        recorder.observe_arrived(done, arrived, now);
        return !interrupt_->requested();
      });
      state.offered += arrivals.offered(interrupt_->requested() ? recorder.last() : recorder.window().end);
    });
  }

  /// Of a round of a run whose operations are counted.
  std::uint64_t operations_of(std::uint32_t round) const {
    return even_share(options_->schedule.operations, round, options_->schedule.repetitions);
  }

  /// One worker's share of a round's operations. Those of the warm-up have all come back before the first of
  /// them is submitted, so that so many are done, and no more.
  void generate_counted(Session& session, engines::WorkerId id, RepetitionState& state) {
    const workloads::WorkerSlot slot = generators_.slot_of(id);
    CountedStream counted(*streams_[id.local],
                          even_share(operations_of(state.round), slot.index, slot.count));
    ClosedLoop loop(session, *clock_, options_->depth);
    measure(session, id, state, [&](platform::Timestamp start, Recorder& recorder, auto&&) {
      const platform::Timestamp begin = recorder.window().begin;
      if (begin > start) {
        loop.drive(*streams_[id.local],
                   [&](auto, auto, auto now) { return now < begin && !interrupt_->requested(); });
      }
      if (interrupt_->requested()) return;
      loop.drive(counted, [&](auto done, auto started, auto now) {
        return recorder.observe(done, started, now) && !interrupt_->requested();
      });
    });
  }

  /// From the agreed start on: `drive(start, recorder, look)` drives the load and records it, and calls
  /// `look(now, done, started)` at every step.
  template <class Drive>
  void measure(Session& session, engines::WorkerId id, RepetitionState& state, Drive&& drive) {
    TimeSeries series = series_for(*options_);
    const platform::Timestamp start = session.agree_on_start(*clock_);
    state.begin = window_after(start, options_->schedule).begin;
    Recorder* recorder = nullptr;
    {
      const std::lock_guard lock(state.making);
      recorder = &state.recorders.emplace_back(window_after(start, options_->schedule), std::move(series),
                                               rebalances() ? stretches : 0);
    }
    state.active[id.local].store(recorder);
    while (clock_->now() < start) {
    }
    if constexpr (requires { session.begin_move(state.moving, 0); }) {
      if (rebalances()) {
        MoveAtHalf move(state.moving, recorder->window(), options_->clients);
        drive(start, *recorder, [&](platform::Timestamp now, auto, auto) { move.look(session, now); });
        return state.add_moves(move.finish(session));
      }
    }
    if constexpr (requires { session.partition_of(kernel::Key{}); }) {
      if (!options_->faults.empty()) {
        ServiceGaps gaps;
        drive(start, *recorder, [&](platform::Timestamp now, auto done, auto started) {
          gaps.note(done, started, now, [&session](kernel::Key key) { return session.partition_of(key); });
        });
        // To who was stopped or cut off itself, all others were away.
        const bool is_hit = std::ranges::any_of(options_->faults,
                                                [&](const Fault& fault) { return fault.rank == id.global; });
        return is_hit ? void() : state.add_gap(gaps.longest(clock_->now()));
      }
    }
    drive(start, *recorder, [](platform::Timestamp, auto, auto) {});
  }

  /// What a worker of a rank that is no client does meanwhile: nothing of its own, but to move what is to be
  /// moved; it serves until all are done.
  void serve(Session& session, RepetitionState& state) {
    const Window window = window_after(session.agree_on_start(*clock_), options_->schedule);
    state.begin = window.begin;
    if constexpr (requires { session.begin_move(state.moving, 0); }) {
      if (!rebalances()) return;
      MoveAtHalf move(state.moving, window, options_->clients);
      // Once at least: who was stopped for the rest of the window is late, and moves it all the same.
      for (bool is_over = false; !is_over;) {
        session.serve_once();
        const platform::Timestamp now = clock_->now();
        move.look(session, now);
        is_over = now >= window.end || interrupt_->requested();
      }
      state.add_moves(move.finish(session));
    }
  }

  void add_repetition(RepetitionState& state, std::uint64_t failed, RunRecord& record) {
    Repetition repetition;
    repetition.complete = !is_interrupted();
    repetition.began_at = since_1970(state.begin, *clock_);
    std::array<std::uint64_t, 4> sums{0, failed, state.offered, 0};
    std::uint64_t longest = longest_of(state.recorders);
    for (Recorder& recorder : state.recorders) {
      sums[0] += recorder.operations();
      for (const Histogram& kind : recorder.histograms()) sums[3] += kind.count();
    }
    engine_->sum(sums);
    engine_->max({&longest, 1});
    repetition.operations = sums[0];
    repetition.failed = sums[1];
    if (load_.is_open()) repetition.offered = sums[2];
    repetition.answered = sums[3];
    if (repetition.complete && options_->schedule.operations != 0)
      repetition.ended_by =
          repetition.operations == operations_of(state.round) ? EndedBy::count : EndedBy::time;
    const bool lasted = repetition.complete && repetition.ended_by != EndedBy::count;
    repetition.seconds = lasted ? options_->schedule.window_seconds() : static_cast<double>(longest) * 1e-9;
    if (repetition.complete) repetition.series = merged_series(*engine_, state.recorders, load_, *options_);
    if (!repetition.complete && repetition.operations == 0) return;
    add_latencies(latencies_of(state.recorders), repetition, record);
    record.repetitions.push_back(std::move(repetition));
  }

  void repeat_transactions(const std::string& phase, RunRecord& record) {
    if constexpr (engines::TransactingEngine<E>) {
      TransactionWindow window = transactions_.repeat(phase, record.deployment.partitions);
      const bool complete = !is_interrupted();
      if (!complete && window.committed == 0) return;
      Repetition repetition;
      repetition.complete = complete;
      repetition.began_at = since_1970(window.begin, *clock_);
      add_latencies(window.latency, repetition, record);
      repetition.operations = window.committed;
      repetition.failed = window.failed;
      if (load_.is_open()) repetition.offered = window.offered;
      repetition.answered = window.answered;
      if (complete) repetition.series = std::move(window.series);
      repetition.committed_by_type = std::move(window.committed_by_type);
      for (const auto& [cause, times] : window.aborts_by_cause) {
        if (cause != kernel::name_of(kernel::AbortCause::requested)) repetition.aborts += times;
      }
      repetition.aborts_by_cause = std::move(window.aborts_by_cause);
      repetition.seconds =
          complete ? options_->schedule.window_seconds() : static_cast<double>(window.longest.count()) * 1e-9;
      record.repetitions.push_back(std::move(repetition));
    }
  }

  void repeat_queries(const std::string& phase, RunRecord& record) {
    const QueryWindow window = queries_.repeat(phase, rounds_++);
    Repetition repetition;
    repetition.complete = !is_interrupted();
    repetition.operations = window.answered;
    repetition.failed = window.failed;
    repetition.seconds = window.seconds;
    if (repetition.operations == 0) return;
    repetition.began_at = since_1970(window.begin, *clock_);
    add_latencies(window.latency, repetition, record);
    record.repetitions.push_back(std::move(repetition));
  }

  void add_rebalance(RepetitionState& state, RunRecord& record) {
    MoveAtHalf::Numbers& moves = state.moves;
    std::vector<std::uint64_t> timeline(stretches);
    for (const Recorder& recorder : state.recorders)
      std::ranges::transform(timeline, recorder.timeline(), timeline.begin(), std::plus());
    engine_->sum(timeline);
    engine_->sum(moves);
    if (moves[0] == 0 || record.repetitions.empty()) return;
    record.repetitions.back().rebalance = read_report(moves, timeline, options_->schedule.window_seconds());
  }

  /// By kind of operation; only kinds that there were. Collective.
  std::map<std::string, Histogram> latencies_of(std::deque<Recorder>& recorders) {
    std::map<std::string, Histogram> latencies;
    for (std::size_t kind = 0; kind < kernel::operation_kinds; ++kind) {
      const auto merged = merged_histogram(*engine_, recorders, kind);
      if (merged->count() == 0) continue;
      latencies[std::string(latency_name(static_cast<kernel::OperationKind>(kind)))] = *merged;
    }
    return latencies;
  }

  /// What a repetition has measured, before it joins the others: one that was cut short counts only if there
  /// is no whole one.
  void add_latencies(const std::map<std::string, Histogram>& latencies, Repetition& repetition,
                     RunRecord& record) {
    if (!repetition.complete && !record.repetitions.empty()) return;
    for (const auto& [kind, histogram] : latencies) record.latency[kind].merge(histogram);
    if (options_->logs_latencies) repetition.logged = logged(latencies);
  }

  void gather_progress() {
    // Three numbers a worker that writes, of the whole deployment; each process knows its own.
    std::vector<std::uint64_t> numbers(3 * writers_.size());
    engine_->run_on_workers([&](Session&, engines::WorkerId id) {
      if (!generators_.has(id)) return;
      const workloads::WriterProgress progress =
          streams_[id.local] == nullptr ? transactions_.progress(id.local) : streams_[id.local]->progress();
      const std::size_t writer = generators_.slot_of(id).index;
      numbers[3 * writer] = progress.writes;
      numbers[3 * writer + 1] = progress.inserts;
      numbers[3 * writer + 2] = progress.sum;
    });
    engine_->sum(numbers);
    for (std::size_t i = 0; i < writers_.size(); ++i)
      writers_[i] = {numbers[3 * i], numbers[3 * i + 1], numbers[3 * i + 2]};
  }

  /// Of a window, for a timeline.
  static constexpr std::size_t stretches = 1000;

  E* engine_;
  const workloads::Workload* workload_;
  const RunOptions* options_;
  OfferedLoad load_;
  const platform::Clock* clock_;
  const Interrupt* interrupt_;
  Progress* progress_;
  Generators generators_;
  std::vector<workloads::WriterProgress> writers_;  ///< by the number among those that generate load
  std::vector<std::unique_ptr<workloads::RunStream>>
      streams_;  ///< by local worker; they live through all repetitions
  TransactionPhase<E> transactions_;
  QueryPhase<E> queries_;
  RecordsPhase<E> records_;
  std::uint32_t rounds_ = 0;  ///< repetitions that have begun
};

}  // namespace upout::harness
