#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "harness/histogram.h"

namespace upout::harness {

/// How old it was what backups told: of some of the reads that they answered while it was measured. A value.
struct StalenessReport {
  Histogram age;       ///< in nanoseconds, since the first change was made that was missing; 0: none was
  Histogram versions;  ///< changes of the record that were missing
  std::uint64_t unknown = 0;         ///< reads of which it could not be found out
  std::uint64_t clock_error_ns = 0;  ///< at the most, between the clocks of two ranks

  void merge(const StalenessReport& other) noexcept;
};

/// As the schema has it.
nlohmann::json to_json(const StalenessReport& report);

/// "Backups (3 copies, read from any): 12.5 % of 20400 reads that were looked after missed something, ...";
/// of a run, empty if it read none.
std::string staleness_sentence(const nlohmann::json& run);

}  // namespace upout::harness
