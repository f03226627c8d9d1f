#pragma once

#include <string>

namespace upout::history {

/// What a checker says of a history.
struct Verdict {
  std::string anomaly;      ///< its name in the literature; empty if there is none
  std::string explanation;  ///< the same in words, with the operations or transactions that take part

  explicit operator bool() const noexcept { return anomaly.empty(); }
};

}  // namespace upout::history
