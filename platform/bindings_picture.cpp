#include "platform/bindings_picture.h"

#include <hwloc.h>

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace upout::platform {

namespace {

/// "32 MiB": in the largest unit that leaves no fraction, for caches and memory come in round numbers.
std::string format_bytes(std::uint64_t bytes) {
  std::size_t unit = 0;
  constexpr std::array units{"B", "KiB", "MiB", "GiB"};
  while (unit + 1 < units.size() && bytes >= 1024 && (bytes % 1024 == 0 || bytes >= std::uint64_t{1} << 20)) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes) + " " + units[unit];
}

class Picture {
 public:
  Picture(const Topology& topology, std::span<const WorkerPlace> workers) {
    for (std::size_t worker = 0; worker < workers.size(); ++worker) {
      workers_[workers[worker].cpu].push_back(worker);
    }
    for (const NumaNode& node : topology.node_list()) {
      if (node.is_memory_only()) memory_only_.insert(node.index);
    }
    draw_children(hwloc_get_root_obj(topology.native()), "");
  }

  std::string take() { return std::move(text_); }

 private:
  void draw_children(hwloc_obj_t object, const std::string& indent) {
    for (hwloc_obj_t memory = object->memory_first_child; memory != nullptr; memory = memory->next_sibling) {
      text_ += indent + memory_label(memory) + "\n";
    }
    for (hwloc_obj_t child = object->first_child; child != nullptr; child = child->next_sibling) {
      draw(child, indent);
    }
  }

  /// What has one child and no memory shares its line: a core with its own caches.
  void draw(hwloc_obj_t object, const std::string& indent) {
    std::string line = indent + label(object);
    while (object->type != HWLOC_OBJ_CORE && object->arity == 1 && object->memory_arity == 0) {
      object = object->first_child;
      line += " + " + label(object);
    }
    text_ += line + "\n";
    if (object->type != HWLOC_OBJ_CORE) draw_children(object, indent + "  ");
  }

  std::string label(hwloc_obj_t object) const {
    switch (object->type) {
      case HWLOC_OBJ_CORE:
        return core_label(object);
      case HWLOC_OBJ_PU:
        return pu_label(object);
      case HWLOC_OBJ_PACKAGE:
        return "package " + std::to_string(object->os_index);
      default:
        break;
    }
    std::array<char, 64> type{};
    hwloc_obj_type_snprintf(type.data(), type.size(), object, 0);
    const bool is_cache = hwloc_obj_type_is_cache(object->type) != 0;
    return type.data() +
           (is_cache && object->attr->cache.size > 0 ? " " + format_bytes(object->attr->cache.size) : "");
  }

  /// A node, or the cache before it and the node behind that.
  std::string memory_label(hwloc_obj_t object) const {
    if (object->type != HWLOC_OBJ_NUMANODE) {
      const std::string cache = "memory-side cache " + format_bytes(object->attr->cache.size);
      return object->memory_first_child == nullptr ? cache
                                                   : cache + " + " + memory_label(object->memory_first_child);
    }
    std::string text = "NUMA node " + std::to_string(object->os_index);
    if (object->attr->numanode.local_memory > 0)
      text += ": " + format_bytes(object->attr->numanode.local_memory);
    return memory_only_.contains(object->os_index) ? text + ", no worker's home" : text;
  }

  std::string core_label(hwloc_obj_t core) const {
    std::string text = "core " + std::to_string(core->logical_index) + ": ";
    for (hwloc_obj_t pu = core->first_child; pu != nullptr; pu = pu->next_sibling) {
      text += (pu == core->first_child ? "" : ", ") + pu_label(pu);
    }
    return text;
  }

  std::string pu_label(hwloc_obj_t pu) const {
    std::string text = "CPU " + std::to_string(pu->os_index);
    const auto found = workers_.find(pu->os_index);
    if (found == workers_.end()) return text;
    text += found->second.size() == 1 ? " = worker" : " = workers";
    for (const std::size_t worker : found->second) text += " " + std::to_string(worker);
    return text;
  }

  std::map<unsigned, std::vector<std::size_t>> workers_;  ///< by the OS number of their processing unit
  std::set<unsigned> memory_only_;                        ///< OS numbers of nodes
  std::string text_;
};

}  // namespace

std::string draw_bindings(const Topology& topology, std::span<const WorkerPlace> workers) {
  return Picture(topology, workers).take();
}

}  // namespace upout::platform
