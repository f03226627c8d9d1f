#include "harness/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/wording.h"

namespace upout::harness {
namespace {

using Claims = std::vector<Claim>;

/// Those of one key, in the order in which keys come first.
template <class Key>
std::vector<Claims> grouped(const Claims& claims, Key&& key) {
  std::vector<Claims> groups;
  for (const Claim& claim : claims) {
    const auto same =
        std::ranges::find_if(groups, [&](const Claims& group) { return key(group.front()) == key(claim); });
    if (same == groups.end()) {
      groups.push_back({claim});
    } else {
      same->push_back(claim);
    }
  }
  return groups;
}

/// "shared-memory scales by 1.9 (1.8 to 2.0) on ycsb-c and 1.5 (1.4 to 1.6) on ycsb-a".
std::string clause(const Claims& alike) {
  std::vector<std::string> items;
  for (const Claim& claim : alike) {
    std::string item = claim.figure;
    if (items.empty() && !claim.of.empty()) item += " " + claim.of;
    items.push_back(fmt::format("{}{}on {}", item, item.empty() ? "" : " ", claim.workload));
  }
  return fmt::format("{} {}", alike.front().what, enumeration(items));
}

}  // namespace

std::vector<std::string> sentences(const std::vector<Claim>& claims) {
  std::vector<std::string> all;
  for (const Claims& together : grouped(claims, [](const Claim& each) { return each.where; })) {
    std::string sentence = together.front().where;
    const char* before = sentence.empty() ? "" : ", ";
    for (const Claims& alike :
         grouped(together, [](const Claim& each) { return std::pair(each.what, each.of); })) {
      sentence += std::exchange(before, "; ") + clause(alike);
    }
    all.push_back(capitalized(std::move(sentence)) + ".");
  }
  return all;
}

}  // namespace upout::harness
