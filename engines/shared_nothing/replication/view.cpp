#include "engines/shared_nothing/replication/view.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace upout::engines::shared_nothing {

std::size_t CopyPolicy::holders(std::size_t members) const noexcept {
  const std::size_t majority = copies / 2 + 1;
  return acknowledge == Acknowledge::quorum ? std::min(members, majority) : members;
}

bool View::Copies::has(int rank) const noexcept {
  return std::ranges::find(members, rank) != members.end();
}

View View::initial(const CopyPlacement& placement, const CopyPolicy& policy) {
  View view;
  view.alive.assign(static_cast<std::size_t>(placement.ranks()), true);
  for (std::uint32_t partition = 0; partition < placement.partitions(); ++partition) {
    Copies& copies = view.copies.emplace_back();
    copies.members = placement.choose(partition, policy.copies, {}, [](int) { return true; });
    copies.holders = policy.holders(copies.members.size());
  }
  return view;
}

namespace {

// As it travels: words of 32 bits.
// ---------------------------------------------------------------------------------------------------------

class Words {
 public:
  explicit Words(std::span<const std::byte> bytes) : rest_(bytes) {}
  std::uint32_t next() {
    is_sound_ &= rest_.size() >= sizeof(std::uint32_t);
    if (!is_sound_) return 0;
    std::uint32_t word = 0;
    std::memcpy(&word, rest_.data(), sizeof(word));
    rest_ = rest_.subspan(sizeof(word));
    return word;
  }
  /// A rank, or nobody.
  int rank(std::size_t ranks) {
    const auto rank = static_cast<int>(next());
    is_sound_ &= rank >= View::nobody && rank < static_cast<int>(ranks);
    return rank;
  }
  bool is_sound() const { return is_sound_; }
  bool is_at_end() const { return is_sound_ && rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
  bool is_sound_ = true;
};

/// Each copy is on a rank of its own, which is there, and no more have everything than there are.
bool is_possible(const View::Copies& copies, const View& view) {
  std::vector<int> ranks = copies.members;
  if (copies.joining != View::nobody) ranks.push_back(copies.joining);
  std::ranges::sort(ranks);
  const auto is_there = [&view](int rank) { return rank != View::nobody && view.is_alive(rank); };
  return std::ranges::adjacent_find(ranks) == ranks.end() && std::ranges::all_of(ranks, is_there) &&
         copies.holders <= copies.members.size();
}

// What makes the next view
// ---------------------------------------------------------------------------------------------------------

void lose(View::Copies& copies, int rank, std::uint32_t number) {
  if (copies.joining == rank) copies.joining = View::nobody;
  if (!copies.has(rank)) return;
  const bool was_primary = copies.primary() == rank;
  std::erase(copies.members, rank);
  // It may have been one of those that had everything.
  if (copies.holders != 0) --copies.holders;
  if (copies.holders == 0) copies.members.clear();
  if (!was_primary) return;
  copies.primary_since = number;
  copies.joining = View::nobody;  // who has copied half has nothing
}

void recruit(View::Copies& copies, std::uint32_t partition, const View& next, const CopyPlacement& placement,
             const CopyPolicy& policy) {
  if (copies.is_lost() || copies.joining != View::nobody || copies.members.size() >= policy.copies) return;
  const auto chosen = placement.choose(partition, copies.members.size() + 1, copies.members,
                                       [&next](int rank) { return next.is_alive(rank); });
  if (chosen.size() == copies.members.size()) return;
  copies.joining = chosen.back();
  copies.joining_since = next.number;
}

}  // namespace

std::vector<std::byte> View::encoded() const {
  std::vector<std::uint32_t> words{number};
  for (const bool is_there : alive) words.push_back(is_there ? 1 : 0);
  for (const Copies& of : copies) {
    words.insert(words.end(),
                 {of.primary_since, static_cast<std::uint32_t>(of.joining), of.joining_since,
                  static_cast<std::uint32_t>(of.holders), static_cast<std::uint32_t>(of.members.size())});
    for (const int member : of.members) words.push_back(static_cast<std::uint32_t>(member));
  }
  const auto bytes = std::as_bytes(std::span(words));
  return {bytes.begin(), bytes.end()};
}

std::optional<View> View::decode(std::span<const std::byte> bytes, std::size_t ranks,
                                 std::size_t partitions) {
  Words words(bytes);
  View view;
  view.number = words.next();
  for (std::size_t rank = 0; rank < ranks; ++rank) view.alive.push_back(words.next() == 1);
  for (std::size_t partition = 0; partition < partitions && words.is_sound(); ++partition) {
    Copies& of = view.copies.emplace_back();
    of.primary_since = words.next();
    of.joining = words.rank(ranks);
    of.joining_since = words.next();
    of.holders = words.next();
    const std::uint32_t members = words.next();
    if (members > ranks) return std::nullopt;
    for (std::uint32_t i = 0; i < members; ++i) of.members.push_back(words.rank(ranks));
    if (!words.is_sound() || !is_possible(of, view)) return std::nullopt;
  }
  if (!words.is_at_end()) return std::nullopt;
  return view;
}

std::optional<View> next_view(const View& view, const Happened& happened, const CopyPlacement& placement,
                              const CopyPolicy& policy) {
  View next = view;
  ++next.number;
  for (const int rank : happened.back) next.alive[static_cast<std::size_t>(rank)] = true;
  for (const std::uint32_t partition : happened.settled) {
    View::Copies& copies = next.copies[partition];
    copies.holders = policy.holders(copies.members.size());
  }
  for (const auto& [partition, rank] : happened.copied) {
    View::Copies& copies = next.copies[partition];
    if (copies.joining != rank) continue;
    copies.joining = View::nobody;
    copies.members.push_back(rank);
    // Otherwise it need not have what has been acknowledged since it said so.
    if (policy.acknowledge != Acknowledge::quorum) ++copies.holders;
  }
  for (const int rank : happened.gone) {
    next.alive[static_cast<std::size_t>(rank)] = false;
    for (View::Copies& copies : next.copies) lose(copies, rank, next.number);
  }
  for (std::uint32_t partition = 0; partition < next.copies.size(); ++partition)
    recruit(next.copies[partition], partition, next, placement, policy);
  const std::uint32_t number = std::exchange(next.number, view.number);
  if (next == view) return std::nullopt;
  next.number = number;
  return next;
}

}  // namespace upout::engines::shared_nothing
