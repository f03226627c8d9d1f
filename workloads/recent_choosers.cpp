#include "workloads/recent_choosers.h"

#include <algorithm>
#include <cmath>

namespace upout::workloads {

RecentRecords::RecentRecords(std::uint64_t loaded, std::shared_ptr<const InsertFrontier> frontier)
    : loaded_(loaded),
      stride_(frontier->workers()),
      frontier_(std::move(frontier)),
      visible_(1),
      columns_(1) {}

void RecentRecords::add_new_members() {
  const std::size_t members = frontier_->members();
  if (members == members_) return;
  visible_.resize(members);
  for (; members_ < members; ++members_)
    visible_[members_].first_record = loaded_ + frontier_->worker(members_);
  columns_ = Divisor(members);
}

bool RecentRecords::refresh(std::size_t budget) {
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
  return visible_inserts_ != before;
}

ExponentialDistances::ExponentialDistances(std::uint64_t records, double percentile, double fraction)
    : mean_(fraction * static_cast<double>(records) / -std::log1p(-percentile / 100)) {
  grow(records);
}

void ExponentialDistances::grow(std::uint64_t records) {
  within_ = -std::expm1(-static_cast<double>(records) / mean_);
  last_ = static_cast<double>(records - 1);
}

}  // namespace upout::workloads
