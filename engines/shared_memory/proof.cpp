#include "engines/shared_memory/proof.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace upout::engines::shared_memory {

namespace {

constexpr std::size_t small_page_bytes = 4096;

std::size_t bytes_of(std::span<const std::span<const std::byte>> ranges) {
  std::size_t sum = 0;
  for (const auto& range : ranges) sum += range.size();
  return sum;
}

/// An address every `step` bytes.
std::vector<const void*> sample(std::span<const std::span<const std::byte>> ranges, std::size_t step) {
  std::vector<const void*> addresses;
  for (const auto& range : ranges) {
    for (std::size_t at = 0; at < range.size(); at += step) addresses.push_back(&range[at]);
  }
  return addresses;
}

platform::Expected<StoreProof> prove_store(const PlacedStore& placed, std::size_t step) {
  StoreProof proof;
  proof.asked = platform::to_string(placed.asked);
  const auto nodes = platform::nodes_of_pages(sample(placed.store->memory(), step));
  if (!nodes) return tl::unexpected(nodes.error());
  for (const std::optional<unsigned>& node : *nodes) {
    if (!node) continue;  // not in use yet
    ++proof.sampled_pages;
    ++proof.pages_by_node[*node];
  }
  proof.pages_in_place = pages_in_place(placed.asked, proof.pages_by_node);
  return proof;
}

std::size_t total(const std::map<unsigned, std::size_t>& by_node) {
  std::size_t sum = 0;
  for (const auto& [node, pages] : by_node) sum += pages;
  return sum;
}

}  // namespace

std::size_t pages_in_place(const platform::Placement& asked, const std::map<unsigned, std::size_t>& by_node) {
  const auto on = [&by_node](unsigned node) {
    const auto found = by_node.find(node);
    return found == by_node.end() ? std::size_t{0} : found->second;
  };
  if (const auto* bound = std::get_if<platform::BoundTo>(&asked)) return on(bound->node);
  const auto* interleaved = std::get_if<platform::InterleavedOver>(&asked);
  if (interleaved == nullptr || interleaved->nodes.empty()) return total(by_node);
  const std::size_t share = (total(by_node) + interleaved->nodes.size() - 1) / interleaved->nodes.size();
  std::size_t in_place = 0;
  for (const unsigned node : interleaved->nodes) in_place += std::min(on(node), share);
  return in_place;
}

std::string why_untold(std::size_t sampled, const platform::ResidentPages& resident) {
  if (sampled > 0 || resident.bytes() == 0) return "";
  return "move_pages tells of none of the pages in use: on some kernels NUMA balancing hides them "
         "(sysctl kernel.numa_balancing=0)";
}

std::size_t PlacementProof::sampled_pages() const {
  std::size_t sum = 0;
  for (const StoreProof& store : stores) sum += store.sampled_pages;
  return sum;
}

std::optional<double> PlacementProof::score() const {
  const std::size_t sampled = sampled_pages();
  if (!untold.empty() || sampled == 0) return std::nullopt;
  std::size_t in_place = 0;
  for (const StoreProof& store : stores) in_place += store.pages_in_place;
  return static_cast<double>(in_place) / static_cast<double>(sampled);
}

PlacementProof prove(std::span<const PlacedStore> stores, std::size_t least_samples) {
  PlacementProof proof;
  std::vector<std::span<const std::byte>> all;
  for (const PlacedStore& placed : stores) {
    for (const auto& range : placed.store->memory()) all.push_back(range);
  }
  const std::size_t step =
      std::max(bytes_of(all) / std::max<std::size_t>(least_samples, 1) / small_page_bytes, std::size_t{1}) *
      small_page_bytes;
  for (const PlacedStore& placed : stores) {
    auto of_store = prove_store(placed, step);
    if (!of_store) {
      proof.untold = of_store.error().to_string();
      break;
    }
    proof.stores.push_back(std::move(*of_store));
  }
  if (const auto obtained = platform::resident_pages(all)) {
    proof.obtained = *obtained;
    proof.obtained_is_known = true;
    if (proof.untold.empty()) proof.untold = why_untold(proof.sampled_pages(), proof.obtained);
  }
  return proof;
}

}  // namespace upout::engines::shared_memory
