#include "harness/placement_evidence.h"

#include <optional>
#include <string>
#include <utility>

namespace upout::harness {

using engines::shared_memory::PlacementProof;
using nlohmann::json;

namespace {

json score_json(const PlacementProof& proof) {
  const std::optional<double> score = proof.score();
  return score ? json(*score) : json(nullptr);
}

}  // namespace

json to_json(const PlacementProof& after_load, const PlacementProof& at_the_end) {
  json stores = json::array();
  for (const engines::shared_memory::StoreProof& store : at_the_end.stores) {
    json by_node = json::object();
    for (const auto& [node, pages] : store.pages_by_node) by_node[std::to_string(node)] = pages;
    stores.push_back({{"asked", store.asked},
                      {"sampled_pages", store.sampled_pages},
                      {"pages_in_place", store.pages_in_place},
                      {"pages_by_node", std::move(by_node)}});
  }
  json obtained = nullptr;
  if (at_the_end.obtained_is_known) {
    obtained = {{"small_bytes", at_the_end.obtained.small_bytes},
                {"transparent_huge_bytes", at_the_end.obtained.transparent_huge_bytes},
                {"huge_2_mib_bytes", at_the_end.obtained.huge_2_mib_bytes},
                {"huge_1_gib_bytes", at_the_end.obtained.huge_1_gib_bytes}};
  }
  const std::string& untold = at_the_end.untold.empty() ? after_load.untold : at_the_end.untold;
  return {{"stores", std::move(stores)},
          {"placement_score", score_json(at_the_end)},
          {"placement_score_after_load", score_json(after_load)},
          {"unverified_because", untold.empty() ? json(nullptr) : json(untold)},
          {"pages_asked", platform::name(at_the_end.pages_asked)},
          {"pages_obtained", std::move(obtained)}};
}

}  // namespace upout::harness
