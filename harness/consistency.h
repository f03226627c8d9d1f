#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace upout::harness {

/// Something in a document that contradicts the rest of it.
struct Inconsistency {
  std::string place;     ///< a JSON pointer (RFC 6901)
  std::string found;     ///< what stands there
  std::string expected;  ///< what would agree with the rest

  bool operator==(const Inconsistency&) const = default;
};

/// What contradicts itself in a result document that fits the schema, in the order of the document: its hash,
/// sums, rates, medians and intervals, orders of percentiles, lengths of lists, and the verdict, which is
/// decided anew by the run rules of this program. Nothing but the document is looked at. docs/validation.md
/// has a list.
std::vector<Inconsistency> inconsistencies(const nlohmann::json& document);

}  // namespace upout::harness
