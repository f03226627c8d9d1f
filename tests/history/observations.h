#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "tests/history/transaction.h"
#include "tests/history/verdict.h"

namespace upout::history {

/// What a committed transaction (its place in the history) saw of the others: a version, or a key's absence.
struct ExternalRead {
  std::size_t transaction = 0;
  kernel::Key key = 0;
  std::optional<Version> version{};
  const RangeRead* range = nullptr;  ///< the scan that it was part of, if it was
};

/// What a committed transaction's writes of one key come to: the first's overwrote, the last's installed.
/// They are never both nothing.
struct NetWrite {
  std::size_t transaction = 0;
  kernel::Key key = 0;
  std::optional<Version> installed;
  std::optional<Version> overwrote;
};

struct Observations {
  std::vector<ExternalRead> reads;
  std::vector<NetWrite> writes;
};

/// Each transaction by itself: leaves out what it saw of its own writes, and takes scans apart. The verdict
/// is one of malformed, internal, G1a, G1b. The result points into the history.
tl::expected<Observations, Verdict> observe(std::span<const Transaction> history);

}  // namespace upout::history
