#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "engines/shared_nothing/replication/stale_reads.h"
#include "harness/staleness.h"
#include "platform/clock.h"

namespace upout::harness {

/// Takes in what copies have told in a window, by the transport's clock.
inline void add(const engines::shared_nothing::CopyReads& reads, platform::Timestamp begin,
                platform::Timestamp end, StalenessReport& report) {
  for (const engines::shared_nothing::CopyRead& read : reads.sampled) {
    if (read.when < begin || read.when >= end) continue;
    report.age.record(static_cast<std::uint64_t>(std::max<std::int64_t>(read.age.count(), 0)));
    report.versions.record(read.versions);
  }
  report.unknown += reads.unknown;
  report.clock_error_ns =
      std::max(report.clock_error_ns, static_cast<std::uint64_t>(reads.clock_error.count()));
}

/// That of all processes together. Collective.
template <class E>
void gather(E& engine, StalenessReport& report) {
  std::array<std::uint64_t, 3> greatest{report.age.max(), report.versions.max(), report.clock_error_ns};
  engine.sum(report.age.counts());
  engine.sum(report.versions.counts());
  engine.sum({&report.unknown, 1});
  engine.max(greatest);
  report.age.set_max(greatest[0]);
  report.versions.set_max(greatest[1]);
  report.clock_error_ns = greatest[2];
}

}  // namespace upout::harness
