#include "harness/rehearsal.h"

#include <chrono>
#include <limits>
#include <memory>
#include <vector>

#include "engines/null/engine.h"
#include "engines/worker_threads.h"
#include "harness/arrivals.h"
#include "harness/closed_loop.h"
#include "harness/open_loop.h"
#include "harness/recorder.h"
#include "harness/transaction_loop.h"
#include "workloads/transaction_workloads.h"

namespace upout::harness {

namespace {

using platform::Timestamp;

/// Many short pieces, of which the median counts: one in which the system had something else to do, or the
/// first, with nothing in the caches yet, does not show.
constexpr std::size_t pieces = 60;
constexpr Timestamp piece = std::chrono::microseconds(500);

/// Nothing is recorded before or after it.
Window endless(const platform::Clock& clock) {
  return {clock.now(), Timestamp(std::numeric_limits<Timestamp::rep>::max())};
}

/// `drive(goes_on)` drives the load until `goes_on(now)` says no; `done()` says how much has been done in
/// all. 0: nothing has.
template <class Drive, class Done>
double median_of_pieces(const platform::Clock& clock, Drive&& drive, Done&& done) {
  std::vector<double> costs;
  for (std::size_t i = 0; i < pieces; ++i) {
    const std::uint64_t done_before = done();
    const Timestamp begin = clock.now();
    Timestamp end = begin;
    drive([&](Timestamp now) {
      end = now;
      return now - begin < piece;
    });
    const std::uint64_t count = done() - done_before;
    if (count == 0) continue;  // a signal has come first
    costs.push_back(static_cast<double>((end - begin).count()) / static_cast<double>(count));
  }
  return costs.empty() ? 0 : median_interval(costs).median;
}

/// Two things that a rehearsal of operations needs besides its stream.
struct Stage {
  explicit Stage(const platform::Clock& clock) : recorder(endless(clock)) {}

  engines::Start start{1};
  engines::null::Engine::Session session{start, true};
  Recorder recorder;
};

double in_closed_loop(workloads::OperationStream& stream, const RunOptions& options,
                      const platform::Clock& clock, const Interrupt& interrupt) {
  Stage stage(clock);
  ClosedLoop loop(stage.session, clock, options.depth);
  return median_of_pieces(
      clock,
      [&](auto&& goes_on) {
        loop.drive(stream, [&](auto done, auto started, Timestamp now) {
          return stage.recorder.observe(done, started, now) && goes_on(now) && !interrupt.requested();
        });
      },
      [&] { return stage.recorder.operations(); });
}

/// With more arriving than any worker can take, so that it never waits.
double in_open_loop(workloads::OperationStream& stream, workloads::WorkerSlot slot, const RunOptions& options,
                    const platform::Clock& clock, const Interrupt& interrupt) {
  Stage stage(clock);
  OpenLoop loop(stage.session, clock, options.depth);
  const OfferedLoad flood{.per_second = highest_rate * slot.count, .arrivals = options.load.arrivals};
  const Window& window = stage.recorder.window();
  Arrivals arrivals(flood, slot, options.seed, 0, window.begin, window);
  return median_of_pieces(
      clock,
      [&](auto&& goes_on) {
        loop.drive(stream, arrivals, [&](auto done, auto arrived, Timestamp now) {
          stage.recorder.observe_arrived(done, arrived, now);
          return goes_on(now) && !interrupt.requested();
        });
      },
      [&] { return stage.recorder.operations(); });
}

/// All that TransactionLoop does but the transactions: they are drawn, and said to have committed at once.
template <class W>
double of_transactions(typename W::Stream& stream, const RunOptions& options, const platform::Clock& clock,
                       const Interrupt& interrupt) {
  TransactionRecorder recorder(endless(clock), W::types.size());
  kernel::TransactionCounts at_once;
  at_once.committed = 1;
  std::uint32_t slot = 0;
  return median_of_pieces(
      clock,
      [&](auto&& goes_on) {
        Timestamp now{};
        do {
          const Timestamp began = clock.now();
          typename W::Request& request = stream.draw(slot);
          stream.ended(request, true);
          now = clock.now();
          recorder.ended(request.type, began, now, at_once);
          slot = slot + 1 == options.depth ? 0 : slot + 1;
        } while (goes_on(now) && !interrupt.requested());
      },
      [&] { return recorder.committed(); });
}

}  // namespace

Rehearsal rehearsal_of(const workloads::Workload& workload, workloads::WorkerSlot slot, std::uint32_t stores,
                       const RunOptions& options, const platform::Clock& clock, const Interrupt& interrupt) {
  Rehearsal rehearsal;
  workloads::visit_transactions(workload, [&]<class W>(const W& transactional) {
    const std::shared_ptr<typename W::Stream> stream =
        transactional.transactions(slot, options.depth, options.seed, stores);
    rehearsal = [=, &options, &clock, &interrupt] {
      return of_transactions<W>(*stream, options, clock, interrupt);
    };
  });
  if (rehearsal) return rehearsal;
  const std::shared_ptr<workloads::RunStream> stream = workload.run(slot, options.depth, options.seed);
  return [=, &options, &clock, &interrupt] {
    return options.load.is_open() || options.goal ? in_open_loop(*stream, slot, options, clock, interrupt)
                                                  : in_closed_loop(*stream, options, clock, interrupt);
  };
}

}  // namespace upout::harness
