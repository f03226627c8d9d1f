#include "workloads/zipfian.h"

#include <cmath>

namespace upout::workloads {

namespace {

constexpr std::size_t summed_terms = 1000;

unsigned whole_exponent(double alpha) {
  const double nearest_whole = std::round(alpha);
  const bool is_whole = std::abs(alpha - nearest_whole) < 1e-9 && nearest_whole >= 1 && nearest_whole < 1e6;
  return is_whole ? static_cast<unsigned>(nearest_whole) : 0;
}

}  // namespace

ZetaSums::ZetaSums(double theta) : theta_(off_one(theta)) {
  summed_.reserve(summed_terms + 1);
  summed_.push_back(0);
  for (std::size_t i = 1; i <= summed_terms; ++i) {
    summed_.push_back(summed_.back() + std::pow(static_cast<double>(i), -theta_));
  }
  constant_ = summed_.back() - beyond_summed(static_cast<double>(summed_terms));
}

double ZetaSums::beyond_summed(double n) const {
  const double power = std::pow(n, 1 - theta_);
  const double last_term = power / n;
  return power / (1 - theta_) + last_term / 2 - theta_ * last_term / (12 * n);
}

double ZetaSums::operator()(std::uint64_t n) const {
  return n < summed_.size() ? summed_[n] : constant_ + beyond_summed(static_cast<double>(n));
}

ZipfianRanks::ZipfianRanks(std::uint64_t items, double theta, double zeta)
    : alpha_(1 / (1 - off_one(theta))),
      exponent_(whole_exponent(alpha_)),
      zeta_two_(1 + std::pow(0.5, off_one(theta))),
      start_share_(std::pow(2.0 / static_cast<double>(items), 1 - off_one(theta))) {
  grow(items, zeta);
}

void ZipfianRanks::grow(std::uint64_t items, double zeta) {
  items_ = static_cast<double>(items);
  log_items_ = std::log2(items_);
  last_ = static_cast<double>(items - 1);
  zeta_ = zeta;
  // Up to two items, no number stands for more than rank 1, and there is no eta (0/0).
  eta_ = items > 2 ? (1 - start_share_) / (1 - zeta_two_ / zeta_) : 0;
}

}  // namespace upout::workloads
