#include "harness/consistency_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/schema.h"

namespace upout::harness {
using nlohmann::json;

bool are_near(double one, double other) {
  return std::abs(one - other) <= 1e-9 * std::max(std::abs(one), std::abs(other));
}

std::vector<Place> Place::items() const {
  std::vector<Place> all;
  for (std::size_t item = 0; item < value_->size(); ++item) all.push_back((*this)[item]);
  return all;
}

void Place::expect(bool is_so, const std::string& expected) const {
  if (!is_so) found_->push_back({here_.to_string(), quote(*value_), expected});
}

void Place::expect_member(const char* member, bool is_there, const std::string& reason) const {
  if (has(member) == is_there) return;
  found_->push_back({(here_ / member).to_string(), is_there ? "nothing" : quote(value_->at(member)),
                     (is_there ? "it, " : "no such member, ") + reason});
}

void Place::expect_number(double expected, const std::string& what) const {
  const bool is_it = value_->is_number() && are_near(number(), expected);
  if (!is_it) expect(false, fmt::format("{} ({})", json(expected).dump(), what));
}

}  // namespace upout::harness
