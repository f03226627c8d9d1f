#pragma once

#include <algorithm>
#include <atomic>
#include <span>
#include <string>
#include <vector>

#include "harness/measured_phase.h"
#include "harness/recorder.h"
#include "harness/region_report.h"
#include "harness/run.h"
#include "kernel/operation.h"
#include "platform/regions.h"

namespace upout::harness {

inline platform::RegionsOfRanks regions_of(const RunOptions& options, unsigned ranks) {
  return {options.regions, ranks - options.clients, options.clients};
}

/// While it lives, links are as long as the regions are far from each other. (Loading and checking over them
/// would take hours, and say nothing.) Of engines whose links can change.
template <class E>
class FarLinks {
 public:
  FarLinks(E& engine, const RunOptions& options) : engine_(&engine), options_(&options) { set(true); }
  ~FarLinks() { set(false); }
  FarLinks(const FarLinks&) = delete;
  FarLinks& operator=(const FarLinks&) = delete;

 private:
  void set(bool is_far) {
    if constexpr (requires { engine_->conditions(0); }) {
      if (options_->regions.empty()) return;
      const platform::RegionsOfRanks regions = regions_of(*options_, engine_->workers());
      for (unsigned local = 0; local < engine_->local_workers(); ++local) {
        auto& conditions = *engine_->conditions(local);
        const unsigned rank = static_cast<unsigned>(engine_->first_rank()) + local;
        for (unsigned from = 0; from < engine_->workers(); ++from) {
          const platform::Timestamp delay = regions.round_trip(from, rank) / 2;
          conditions.set_delay(static_cast<int>(from), is_far ? delay : platform::Timestamp());
        }
      }
    }
  }

  E* engine_;
  const RunOptions* options_;
};

/// Adds what a window's recorders, by local worker (null: it generated no load), have of the regions that
/// their workers are in. One worker a rank. Collective.
template <class E, class NameOf>
void add_regions(E& engine, const RunOptions& options, std::span<const std::atomic<Recorder*>> recorders,
                 NameOf&& name_of, std::vector<RegionReport>& reports) {
  if constexpr (requires { engine.first_rank(); }) {
    const platform::RegionsOfRanks regions = regions_of(options, engine.workers());
    reports.resize(regions.regions().size());
    for (std::size_t region = 0; region < reports.size(); ++region) {
      RegionReport& report = reports[region];
      report.name = regions.regions().name(region);
      report.ranks = regions.ranks_of(region);
      std::vector<std::reference_wrapper<Recorder>> there;
      for (unsigned local = 0; local < recorders.size(); ++local) {
        Recorder* recorder = recorders[local].load();
        const unsigned rank = static_cast<unsigned>(engine.first_rank()) + local;
        if (recorder != nullptr && regions.region_of(rank) == region) there.emplace_back(*recorder);
      }
      for (std::size_t kind = 0; kind < kernel::operation_kinds; ++kind) {
        const auto histogram =
            merged(engine, there, [kind](Recorder& each) -> Histogram& { return each.histograms()[kind]; });
        if (histogram->count() > 0)
          report.latency[std::string(name_of(static_cast<kernel::OperationKind>(kind)))].merge(*histogram);
      }
    }
  }
}

}  // namespace upout::harness
