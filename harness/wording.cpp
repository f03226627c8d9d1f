#include "harness/wording.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

namespace upout::harness {

std::string cores_text(unsigned cores) {
  return fmt::format("{} core{}", cores, cores == 1 ? "" : "s");
}

std::string with_interval(const MedianInterval& value) {
  const int digits = value.median < 0.1 ? 3 : value.median < 10 ? 2 : value.median < 100 ? 1 : 0;
  return fmt::format("{:.{}f} ({:.{}f} to {:.{}f})", value.median, digits, value.low, digits, value.high,
                     digits);
}

std::string millions(double per_second) {
  const double in_millions = per_second / 1e6;
  if (in_millions >= 1e-3 || in_millions <= 0) return fmt::format("{:.3f}", in_millions);
  const int digits = 2 - static_cast<int>(std::floor(std::log10(in_millions)));
  return fmt::format("{:.{}f}", in_millions, digits);
}

std::string enumeration(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
    text += items[i];
  }
  return text;
}

std::string capitalized(std::string text) {
  if (!text.empty()) text[0] = char(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string copies_text(unsigned copies, std::string_view replication) {
  return fmt::format("{} copies, acknowledged by {}", copies,
                     replication == "none" ? "the first alone" : replication);
}

}  // namespace upout::harness
