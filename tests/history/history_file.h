#pragma once

#include <istream>
#include <string>
#include <vector>

#include "tests/history/linearizability.h"

namespace upout::history {

/// Reads a history as `upout run --history` writes it (docs/history.md). What was refused had no effect and
/// is left out, unless it was refused because of the key's being there or not. Throws std::runtime_error,
/// with the line's number, at what no such history has: a process that does two things at once, time that
/// goes back, an operation that ends as another than it began.
std::vector<RegisterOperation> read_history(std::istream& file);
std::vector<RegisterOperation> read_history(const std::string& path);

}  // namespace upout::history
