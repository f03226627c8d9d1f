#pragma once

#include <string>
#include <vector>

#include "harness/statistics/median_interval.h"

/// How the sentences of an answer put figures and lists.
namespace upout::harness {

/// "2 cores".
std::string cores_text(unsigned cores);

/// "1.91 (1.85 to 1.97)".
std::string with_interval(const MedianInterval& value);

/// "a", "a and b", "a, b and c".
std::string enumeration(const std::vector<std::string>& items);

std::string capitalized(std::string text);

}  // namespace upout::harness
