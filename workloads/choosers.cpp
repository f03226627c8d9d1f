#include "workloads/choosers.h"

#include <algorithm>
#include <utility>

namespace upout::workloads {

namespace {

constexpr std::size_t summed_terms = 1000;

unsigned whole_exponent(double alpha) {
  const double nearest_whole = std::round(alpha);
  const bool is_whole = std::abs(alpha - nearest_whole) < 1e-9 && nearest_whole < 1e6;
  return is_whole ? static_cast<unsigned>(nearest_whole) : 0;
}

}  // namespace

ZetaSums::ZetaSums(double theta) : theta_(theta) {
  summed_.reserve(summed_terms + 1);
  summed_.push_back(0);
  for (std::size_t i = 1; i <= summed_terms; ++i) {
    summed_.push_back(summed_.back() + std::pow(static_cast<double>(i), -theta));
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
    : alpha_(1 / (1 - theta)),
      exponent_(whole_exponent(alpha_)),
      zeta_two_(1 + std::pow(0.5, theta)),
      second_(zeta_two_),
      start_share_(std::pow(2.0 / static_cast<double>(items), 1 - theta)) {
  grow(items, zeta);
}

void ZipfianRanks::grow(std::uint64_t items, double zeta) {
  items_ = static_cast<double>(items);
  last_ = static_cast<double>(items - 1);
  zeta_ = zeta;
  eta_ = (1 - start_share_) / (1 - zeta_two_ / zeta_);
}

LatestChooser::LatestChooser(std::uint64_t loaded, std::shared_ptr<const InsertFrontier> frontier)
    : loaded_(loaded),
      stride_(frontier->workers()),
      frontier_(std::move(frontier)),
      zeta_sums_(ZipfianRanks::default_theta),
      distance_(loaded, ZipfianRanks::default_theta, zeta_sums_(loaded)),
      visible_(1),
      columns_(1) {
  refresh(frontier_->members());
}

void LatestChooser::add_new_members() {
  const std::size_t members = frontier_->members();
  if (members == members_) return;
  visible_.resize(members);
  for (; members_ < members; ++members_)
    visible_[members_].first_record = loaded_ + frontier_->worker(members_);
  columns_ = Divisor(members);
}

void LatestChooser::refresh(std::size_t budget) {
  add_new_members();
  const std::size_t looks = std::min(budget, members_);
  const std::uint64_t before = visible_inserts_;
  for (std::size_t look = 0; look < looks; ++look) {
    next_look_ = next_look_ + 1 < members_ ? next_look_ + 1 : 0;
    Column& worker = visible_[next_look_];
    const std::uint64_t inserts = frontier_->inserts(next_look_);
    visible_inserts_ += inserts - worker.inserts;
    worker.inserts = inserts;
  }
  if (visible_inserts_ == before) return;
  const std::uint64_t records = loaded_ + visible_inserts_;
  distance_.grow(records, zeta_sums_(records));
}

void choose(Chooser& chooser, Random& random, std::span<std::uint64_t> records) {
  if (auto* latest = std::get_if<LatestChooser>(&chooser)) latest->refresh(records.size());
  std::visit(
      [&random, records](const auto& chosen) {
        Random local = random;  // so that its state stays in a register
        chosen.choose(local, records);
        random = local;
      },
      chooser);
}

}  // namespace upout::workloads
