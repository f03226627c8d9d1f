#include "harness/placement_evidence.h"

#include <optional>
#include <string>
#include <utility>

namespace upout::harness {

using nlohmann::json;

json to_json(const engines::shared_memory::PlacementProof& proof, std::optional<double> score_after_load) {
  json stores = json::array();
  for (const engines::shared_memory::StoreProof& store : proof.stores) {
    json by_node = json::object();
    for (const auto& [node, pages] : store.pages_by_node) by_node[std::to_string(node)] = pages;
    stores.push_back({{"asked", store.asked},
                      {"sampled_pages", store.sampled_pages},
                      {"pages_in_place", store.pages_in_place},
                      {"pages_by_node", std::move(by_node)}});
  }
  const std::optional<double> score = proof.score();
  json obtained = nullptr;
  if (proof.obtained_is_known) {
    obtained = {{"small_bytes", proof.obtained.small_bytes},
                {"transparent_huge_bytes", proof.obtained.transparent_huge_bytes},
                {"huge_2_mib_bytes", proof.obtained.huge_2_mib_bytes},
                {"huge_1_gib_bytes", proof.obtained.huge_1_gib_bytes}};
  }
  return {{"stores", std::move(stores)},
          {"placement_score", score ? json(*score) : json(nullptr)},
          {"placement_score_after_load", score_after_load ? json(*score_after_load) : json(nullptr)},
          {"unverified_because", proof.refused.empty() ? json(nullptr) : json(proof.refused)},
          {"pages_asked", platform::name(proof.pages_asked)},
          {"pages_obtained", std::move(obtained)}};
}

}  // namespace upout::harness
