#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/statistics/median_interval.h"

/// How answers put figures and lists.
namespace upout::harness {

/// "2 cores".
std::string cores_text(unsigned cores);

/// "1.91 (1.85 to 1.97)", "0.031 (0.030 to 0.032)".
std::string with_interval(const MedianInterval& value);

/// "2.500" of 2,500,000 a second, "0.00123" of 1,230: thousands to the digit; of less than one, three digits.
std::string millions(double per_second);

/// "a", "a and b", "a, b and c".
std::string enumeration(const std::vector<std::string>& items);

std::string capitalized(std::string text);

/// "3 copies, acknowledged by all". `replication`: as a deployment has it.
std::string copies_text(unsigned copies, std::string_view replication);

}  // namespace upout::harness
