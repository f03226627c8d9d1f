#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/comparison.h"
#include "harness/published.h"
#include "harness/statistics/median_interval.h"

/// Results of this suite beside figures that others published. Shapes are set beside each other, which other
/// hardware and another implementation may leave as they are: how throughput grows with cores, and from which
/// share of work across partitions on one architecture overtakes the other. Absolute figures only with the
/// hardware of both.
namespace upout::harness {

/// How much more than on the fewest cores a series does.
struct SpeedUps {
  std::string label;
  bool is_measured = false;  ///< by this suite; else its points have no interval
  std::map<unsigned, MedianInterval> by_cores;
};

/// A published table over cores, with the measured series that have its smallest number of cores too.
struct SpeedUpTable {
  std::string table;             ///< "TITLE: NAME"
  unsigned base = 0;             ///< cores on which each speed-up is 1: the fewest that both have
  std::vector<SpeedUps> series;  ///< published ones first
};

/// Which architecture is ahead at which share, of those at which that is decided.
struct Overtaking {
  std::string label;   ///< "TITLE: NAME", or the measured workload
  std::string x_name;  ///< what the share is called there
  bool is_measured = false;
  double first = 0;           ///< the smallest share that both architectures have
  double last = 0;            ///< the greatest
  std::string ahead_at_last;  ///< "up" or "out"
  std::optional<double> before =
      {};                           ///< the greatest share at which the other one is ahead; none: at no share
  std::optional<double> from = {};  ///< the smallest one after that at which `ahead_at_last` is ahead

  std::string sentence() const;
};

/// What of one record can be set beside results.
struct BesidePublished {
  const PublishedRecord* record;
  std::vector<SpeedUpTable> speed_ups;
  std::vector<Overtaking> overtakings;  ///< the record's; empty: it has none of both architectures
};

/// `measured`: of the same results. Points into `records`. Records that have no shape in common with what was
/// measured are left out.
std::vector<BesidePublished> beside_published(std::span<const Comparison> measured,
                                              std::span<const PublishedRecord> records);

/// From which share on one of this suite's engines overtakes the other, of each workload that was measured
/// with several shares, as far as the intervals tell.
std::vector<Overtaking> measured_overtakings(std::span<const Comparison> measured);

/// The machines of some results: "2 cores, AMD EPYC 9355 (node-a)", each once.
std::string hardware_of(std::span<const nlohmann::json> documents);

/// What to print: shapes, and with `absolute` all figures, each with its hardware. Says of each record what
/// is not comparable.
std::string render_beside_published(std::span<const nlohmann::json> documents,
                                    std::span<const PublishedRecord> records, bool absolute);

}  // namespace upout::harness
