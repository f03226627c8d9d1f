#include "platform/placement.h"

#include <numaif.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

namespace upout::platform {

namespace {

/// A set of nodes as the system calls take it: as many as Linux can be built for.
class NodeMask {
 public:
  static constexpr unsigned capacity = 1024;
  /// The calls look at one bit less than they are told.
  static constexpr unsigned long max_node = capacity + 1;

  void insert(unsigned node) { words_[node / bits] |= 1UL << (node % bits); }
  bool contains(unsigned node) const { return (words_[node / bits] >> (node % bits) & 1) != 0; }
  unsigned long* words() { return words_.data(); }

 private:
  static constexpr unsigned bits = sizeof(unsigned long) * CHAR_BIT;
  std::array<unsigned long, capacity / bits> words_{};
};

/// Flags that stand in the same word as a policy's number (MPOL_F_STATIC_NODES and its like).
constexpr int mode_flags = 0b111 << 13;

std::string to_list(std::span<const unsigned> nodes) {
  std::string list;
  for (const unsigned node : nodes) list += (list.empty() ? "" : ",") + std::to_string(node);
  return list;
}

/// What the kernel could give on a node without swapping: what is free, and what it holds of files. Nothing
/// where it does not say.
std::optional<std::size_t> available_bytes(unsigned node) {
  std::ifstream file("/sys/devices/system/node/node" + std::to_string(node) + "/meminfo");
  if (!file) return {};
  std::size_t kibibytes = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);  // "Node 0 MemFree:  1234 kB"
    std::string label;
    std::string name;
    std::size_t value = 0;
    if (!(words >> label >> node >> name >> value)) continue;
    if (name == "MemFree:" || name == "Active(file):" || name == "Inactive(file):" ||
        name == "SReclaimable:") {
      kibibytes += value;
    }
  }
  return kibibytes << 10;
}

Expected<void> check_allowed(std::span<const unsigned> nodes, const std::string& where) {
  if (nodes.empty()) return unexpected(where, "no node", "at least one");
  const auto allowed = allowed_memory_nodes();
  if (!allowed) return tl::unexpected(allowed.error());
  for (const unsigned node : nodes) {
    if (std::ranges::find(*allowed, node) == allowed->end()) {
      return unexpected(where, "node " + std::to_string(node),
                        "nodes that this process may take memory from (" + to_list(*allowed) + ")");
    }
  }
  return {};
}

Expected<void> set_policy(std::span<std::byte> range, int policy, std::span<const unsigned> nodes,
                          const std::string& where) {
  if (auto allowed = check_allowed(nodes, where); !allowed) return allowed;
  NodeMask mask;
  for (const unsigned node : nodes) mask.insert(node);
  if (mbind(range.data(), range.size(), policy, mask.words(), NodeMask::max_node, 0) != 0) {
    return unexpected(where, std::strerror(errno), "a kernel that places memory (mbind)");
  }
  return {};
}

/// Strict memory that the node does not have is not refused, but ends the process when it is touched.
Expected<void> check_available(std::size_t bytes, unsigned node, const std::string& where) {
  const auto available = available_bytes(node);
  if (!available || bytes <= *available) return {};
  return unexpected(where, std::to_string(bytes) + " bytes",
                    "at most the " + std::to_string(*available) + " that the node has available");
}

}  // namespace

std::string to_string(const Placement& placement) {
  if (const auto* bound = std::get_if<BoundTo>(&placement))
    return "bound to node " + std::to_string(bound->node);
  if (const auto* over = std::get_if<InterleavedOver>(&placement))
    return "interleaved over nodes " + to_list(over->nodes);
  return "first touch";
}

Expected<std::vector<unsigned>> allowed_memory_nodes() {
  NodeMask allowed;
  NodeMask bound;
  int mode = MPOL_DEFAULT;
  if (get_mempolicy(nullptr, allowed.words(), NodeMask::max_node, nullptr, MPOL_F_MEMS_ALLOWED) != 0 ||
      get_mempolicy(&mode, bound.words(), NodeMask::max_node, nullptr, 0) != 0) {
    return unexpected("get_mempolicy", std::strerror(errno), "a kernel that says which NUMA nodes there are");
  }
  const bool is_bound = (mode & ~mode_flags) == MPOL_BIND;
  std::vector<unsigned> nodes;
  for (unsigned node = 0; node < NodeMask::capacity; ++node) {
    if (allowed.contains(node) && (!is_bound || bound.contains(node))) nodes.push_back(node);
  }
  return nodes;
}

Expected<void> place(std::span<std::byte> range, const Placement& placement) {
  if (std::holds_alternative<FirstTouch>(placement)) return {};
  const std::string where = "memory " + to_string(placement);
  if (const auto* over = std::get_if<InterleavedOver>(&placement)) {
    return set_policy(range, MPOL_INTERLEAVE, over->nodes, where);
  }
  const unsigned node = std::get<BoundTo>(placement).node;
  auto placed = set_policy(range, MPOL_BIND, std::span(&node, 1), where);
  return placed ? check_available(range.size(), node, where) : placed;
}

}  // namespace upout::platform
