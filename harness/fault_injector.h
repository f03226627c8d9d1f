#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "engines/shared_nothing/link_conditions.h"
#include "harness/fault.h"
#include "platform/clock.h"

namespace upout::harness {

/// The calling process, and all that it does, stops at once or for a while.
void kill_this_process();
void stop_this_process(platform::Timestamp duration);

/// Does to the ranks of this process what is to be done to them, each at its time, on a thread of its own.
/// The links of a rank are cut or slowed down at both ends: each process sees to what its own ranks receive.
class FaultInjector {
 public:
  struct Ranks {
    unsigned first = 0;  ///< of this process
    unsigned count = 1;
    bool are_threads = false;
    std::function<engines::shared_nothing::LinkConditions*(unsigned)> conditions;  ///< of one of them
  };

  /// `begin`: of the window, when it is known: zero until then; outlives this. So does the clock.
  FaultInjector(std::vector<Fault> faults, Ranks ranks, const std::atomic<platform::Timestamp>& begin,
                const platform::Clock& clock)
      : ranks_(std::move(ranks)),
        thread_([this, faults = std::move(faults), &begin, &clock](const std::stop_token& stop) {
          run(faults, begin, clock, stop);
        }) {}

 private:
  struct Step {
    platform::Timestamp when;
    const Fault* fault;
    bool begins;
  };

  void run(const std::vector<Fault>& faults, const std::atomic<platform::Timestamp>& begin,
           const platform::Clock& clock, const std::stop_token& stop) {
    std::vector<Step> steps;
    for (const Fault& fault : faults) {
      steps.push_back({fault.at, &fault, true});
      if (fault.kind != Fault::Kind::kill) steps.push_back({fault.at + fault.lasts, &fault, false});
    }
    std::ranges::stable_sort(steps, {}, &Step::when);
    const auto wait_until = [&](auto&& is_time) {
      while (!is_time() && !stop.stop_requested())
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      return !stop.stop_requested();
    };
    if (!wait_until([&] { return begin.load() != platform::Timestamp{}; })) return undo(steps);
    for (std::size_t next = 0; next < steps.size(); ++next) {
      if (!wait_until([&] { return clock.now() - begin.load() >= steps[next].when; }))
        return undo(std::span(steps).subspan(next));
      take(steps[next]);
    }
  }
  /// Nothing that has begun lasts longer than the window.
  void undo(std::span<const Step> left) {
    for (const Step& step : left) {
      if (!step.begins) take(step);
    }
  }

  bool is_here(unsigned rank) const { return rank >= ranks_.first && rank < ranks_.first + ranks_.count; }

  void take(const Step& step) {
    const Fault& fault = *step.fault;
    switch (fault.kind) {
      case Fault::Kind::kill:
        if (is_here(fault.rank)) kill_this_process();
        return;
      case Fault::Kind::stop:
        if (!is_here(fault.rank)) return;
        if (ranks_.are_threads) return ranks_.conditions(fault.rank)->set_stopped(step.begins);
        if (step.begins) stop_this_process(fault.lasts);
        return;
      case Fault::Kind::cut:
        return for_each_link(fault.rank,
                             [&](auto& conditions, int source) { conditions.set_cut(source, step.begins); });
      case Fault::Kind::slow:
        return for_each_link(fault.rank, [&](auto& conditions, int source) {
          conditions.set_delay(source, conditions.delay(source) + (step.begins ? fault.delay : -fault.delay));
        });
    }
  }
  /// Calls `use(conditions, source)` for what ranks of this process receive from that one, and it from
  /// others.
  template <class Use>
  void for_each_link(unsigned rank, Use&& use) {
    for (unsigned own = ranks_.first; own < ranks_.first + ranks_.count; ++own) {
      engines::shared_nothing::LinkConditions& conditions = *ranks_.conditions(own);
      for (int source = 0; source < conditions.ranks(); ++source) {
        const bool is_of_rank = own == rank || source == static_cast<int>(rank);
        if (is_of_rank && source != static_cast<int>(own)) use(conditions, source);
      }
    }
  }

  Ranks ranks_;
  std::jthread thread_;
};

}  // namespace upout::harness
