#include "platform/topology.h"

#include <hwloc.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>
#include <sstream>
#include <string_view>

#include "platform/topology_description.h"

namespace upout::platform {

namespace {

struct FreeBitmap {
  void operator()(hwloc_bitmap_s* bitmap) const { hwloc_bitmap_free(bitmap); }
};
using Bitmap = std::unique_ptr<hwloc_bitmap_s, FreeBitmap>;

std::string to_list(hwloc_const_bitmap_t set) {
  std::string text(256, '\0');
  const int length = hwloc_bitmap_list_snprintf(text.data(), text.size(), set);
  if (length >= static_cast<int>(text.size())) {
    text.resize(static_cast<std::size_t>(length) + 1);
    hwloc_bitmap_list_snprintf(text.data(), text.size(), set);
  }
  text.resize(static_cast<std::size_t>(length));
  return text;
}

/// hwloc passes over a description that it cannot read and takes the machine in its place, in silence; and
/// told HWLOC_THISSYSTEM, it takes a described machine for this one.
Expected<void> check_description(hwloc_topology_t topology) {
  const char* forced = std::getenv("HWLOC_THISSYSTEM");
  for (const char* variable : {"HWLOC_SYNTHETIC", "HWLOC_XMLFILE"}) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') continue;
    if (forced != nullptr && std::string_view(forced) != "0") {
      return unexpected("HWLOC_THISSYSTEM", "'" + std::string(forced) + "' with " + variable,
                        "one of the two: a described machine can be planned on, not measured");
    }
    if (hwloc_topology_is_thissystem(topology) != 0) {
      return unexpected(variable, "'" + std::string(value) + "'", "a topology that hwloc can read");
    }
  }
  return {};
}

/// A machine in XML may have no processing unit at all, or two of one OS number, by which it is told where
/// workers sit.
Expected<void> check_processing_units(std::vector<unsigned> cpus) {
  std::ranges::sort(cpus);
  const auto twice = std::ranges::adjacent_find(cpus);
  if (!cpus.empty() && twice == cpus.end()) return {};
  const char* path = std::getenv("HWLOC_XMLFILE");
  return unexpected("HWLOC_XMLFILE",
                    "'" + std::string(path == nullptr ? "" : path) + "' " +
                        (cpus.empty() ? "without a processing unit"
                                      : "with processing unit " + std::to_string(*twice) + " twice"),
                    "one processing unit or more, each number once");
}

/// hwloc leaves out what a cgroup forbids, but not what taskset or mpirun took away.
Expected<void> restrict_to_process_binding(hwloc_topology_t topology) {
  const Bitmap bound(hwloc_bitmap_alloc());
  if (hwloc_get_cpubind(topology, bound.get(), HWLOC_CPUBIND_PROCESS) != 0) return {};  // no such notion here
  if (hwloc_bitmap_isincluded(hwloc_topology_get_topology_cpuset(topology), bound.get())) return {};
  if (hwloc_topology_restrict(topology, bound.get(), 0) != 0) {
    return unexpected("process affinity mask", to_list(bound.get()),
                      "some of " + to_list(hwloc_topology_get_topology_cpuset(topology)));
  }
  return {};
}

/// The NUMA node that a processing unit is nearest to; null if it may not be used.
hwloc_obj_t home_of(hwloc_obj_t pu) {
  // The nearest memory above it is its own; whatever hangs higher up belongs to no one core. Of two kinds of
  // memory at one place the first is the ordinary one.
  while (pu != nullptr && pu->memory_arity == 0) pu = pu->parent;
  hwloc_obj_t memory = pu == nullptr ? nullptr : pu->memory_first_child;
  while (memory != nullptr && memory->type != HWLOC_OBJ_NUMANODE) memory = memory->memory_first_child;
  return memory;
}

std::optional<unsigned> index_of(hwloc_obj_t node) {
  return node == nullptr ? std::nullopt : std::optional(node->os_index);
}

/// Cores, or processing units on a machine that does not name its cores.
hwloc_obj_type_t core_type(hwloc_topology_t topology) {
  return hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE) > 0 ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
}

unsigned count(hwloc_topology_t topology, hwloc_obj_type_t type) {
  const int objects = hwloc_get_nbobjs_by_type(topology, type);
  assert(objects >= 0);  // asked only for types that stand at one level
  return static_cast<unsigned>(objects);
}

/// Calls `visit` for each processing unit.
template <class Visit>
void for_each_pu(hwloc_topology_t topology, Visit visit) {
  for (hwloc_obj_t pu = nullptr; (pu = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, pu)) != nullptr;) {
    visit(pu);
  }
}

/// Whether a line of hwloc's XML describes the machine, and not what hwloc can do on it, or whose it is.
bool is_for_the_record(std::string_view line) {
  constexpr std::string_view attribute = "<info name=\"";
  if (!line.starts_with(attribute)) return !line.empty() && !line.starts_with("<support ");
  line.remove_prefix(attribute.size());
  constexpr std::array described{"CPU", "CoreType", "Frequency", "LinuxCapacity", "MemoryTier"};
  return std::ranges::any_of(described, [line](const char* name) { return line.starts_with(name); });
}

/// How many objects there are at each level, for machines that hwloc's synthetic form cannot express because
/// their halves differ.
std::string count_by_level(hwloc_topology_t topology) {
  std::string line = "asymmetric";
  for (int depth = 1; depth < hwloc_topology_get_depth(topology); ++depth) {
    std::array<char, 32> type{};
    hwloc_obj_type_snprintf(type.data(), type.size(), hwloc_get_obj_by_depth(topology, depth, 0), 0);
    line += std::string(" ") + type.data() + ":" + std::to_string(hwloc_get_nbobjs_by_depth(topology, depth));
  }
  return line;
}

}  // namespace

void WorkerBinding::add_allowed(const std::vector<unsigned>& cpus) {
  allowed_cpus.insert(allowed_cpus.end(), cpus.begin(), cpus.end());
  std::ranges::sort(allowed_cpus);
  allowed_cpus.erase(std::unique(allowed_cpus.begin(), allowed_cpus.end()), allowed_cpus.end());
}

void Topology::Destroy::operator()(hwloc_topology* topology) const {
  hwloc_topology_destroy(topology);
}

Expected<Topology> Topology::discover(Scope scope) {
  if (auto read = try_topology_description(); !read) return tl::unexpected(read.error());
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) {
    return unexpected("hwloc_topology_init", std::strerror(errno), "a topology");
  }
  Handle topology(raw);
  if (hwloc_topology_load(raw) != 0) {
    return unexpected("hwloc_topology_load", std::strerror(errno), "the topology of this machine");
  }
  if (auto read = check_description(raw); !read) return tl::unexpected(read.error());
  if (scope == Scope::process && hwloc_topology_is_thissystem(raw) != 0) {
    if (auto restricted = restrict_to_process_binding(raw); !restricted) {
      return tl::unexpected(restricted.error());
    }
  }
  Topology read(std::move(topology));
  if (auto usable = check_processing_units(read.cpus()); !usable) return tl::unexpected(usable.error());
  return read;
}

unsigned Topology::cores() const {
  return count(topology_.get(), core_type(topology_.get()));
}

unsigned Topology::processing_units() const {
  return count(topology_.get(), HWLOC_OBJ_PU);
}

unsigned Topology::core_kinds() const {
  const int kinds = hwloc_cpukinds_get_nr(topology_.get(), 0);
  return kinds > 1 ? static_cast<unsigned>(kinds) : 1;
}

unsigned Topology::numa_nodes() const {
  std::set<hwloc_obj_t> homes;
  for_each_pu(topology_.get(), [&homes](hwloc_obj_t pu) {
    if (hwloc_obj_t node = home_of(pu); node != nullptr) homes.insert(node);
  });
  return static_cast<unsigned>(homes.size());
}

std::size_t Topology::last_level_cache_bytes() const {
  std::set<hwloc_obj_t> caches;
  for_each_pu(topology_.get(), [&caches](hwloc_obj_t object) {
    hwloc_obj_t last = nullptr;
    for (; object != nullptr; object = object->parent) {
      if (hwloc_obj_type_is_dcache(object->type)) last = object;
    }
    if (last != nullptr) caches.insert(last);
  });
  std::size_t bytes = 0;
  for (hwloc_obj* const cache : caches) bytes += cache->attr->cache.size;
  return bytes;
}

bool Topology::is_this_machine() const {
  return hwloc_topology_is_thissystem(topology_.get()) != 0;
}

std::string Topology::summary() const {
  std::array<char, 1024> line{};
  const int length = hwloc_topology_export_synthetic(topology_.get(), line.data(), line.size(),
                                                     HWLOC_TOPOLOGY_EXPORT_SYNTHETIC_FLAG_NO_ATTRS);
  return length >= 0 ? std::string(line.data()) : count_by_level(topology_.get());
}

std::vector<unsigned> Topology::cpus() const {
  std::vector<unsigned> numbers;
  for_each_pu(topology_.get(), [&numbers](hwloc_obj_t pu) { numbers.push_back(pu->os_index); });
  return numbers;
}

std::vector<Core> Topology::core_list() const {
  std::vector<Core> list;
  const hwloc_obj_type_t type = core_type(topology_.get());
  hwloc_obj_t last = nullptr;
  for_each_pu(topology_.get(), [&](hwloc_obj_t pu) {
    hwloc_obj* const core = pu->type == type ? pu : hwloc_get_ancestor_obj_by_type(topology_.get(), type, pu);
    if (list.empty() || core == nullptr || core != last) list.push_back({{}, index_of(home_of(pu))});
    list.back().cpus.push_back(pu->os_index);
    last = core;
  });
  return list;
}

std::vector<NumaNode> Topology::node_list() const {
  std::vector<NumaNode> list;
  for (hwloc_obj_t node = nullptr;
       (node = hwloc_get_next_obj_by_type(topology_.get(), HWLOC_OBJ_NUMANODE, node)) != nullptr;) {
    list.push_back({node->os_index, static_cast<std::size_t>(node->attr->numanode.local_memory), {}});
  }
  for_each_pu(topology_.get(), [&list](hwloc_obj_t pu) {
    hwloc_obj* const home = home_of(pu);
    if (home != nullptr) list[home->logical_index].cpus.push_back(pu->os_index);
  });
  return list;
}

std::optional<unsigned> Topology::node_of_cpu(unsigned cpu) const {
  return index_of(home_of(hwloc_get_pu_obj_by_os_index(topology_.get(), cpu)));
}

std::string Topology::to_xml() const {
  char* buffer = nullptr;
  int length = 0;
  if (hwloc_topology_export_xmlbuffer(topology_.get(), &buffer, &length, 0) != 0) return {};
  std::string xml;
  std::istringstream lines(buffer);
  hwloc_free_xmlbuffer(topology_.get(), buffer);
  for (std::string line; std::getline(lines, line);) {
    const std::string_view text =
        std::string_view(line).substr(std::min(line.find_first_not_of(' '), line.size()));
    if (is_for_the_record(text)) xml.append(text).append("\n");
  }
  return xml;
}

Expected<void> Topology::bind_this_thread(unsigned cpu) const {
  const std::string where = "binding to processing unit " + std::to_string(cpu);
  if (!is_this_machine()) {
    return unexpected(where, "the topology of another machine (HWLOC_SYNTHETIC or HWLOC_XMLFILE)",
                      "this machine's");
  }
  hwloc_obj* const pu = hwloc_get_pu_obj_by_os_index(topology_.get(), cpu);
  if (pu == nullptr) {
    return unexpected(where, "none of that number",
                      "one of " + to_list(hwloc_topology_get_topology_cpuset(topology_.get())));
  }
  const Bitmap set(hwloc_bitmap_dup(pu->cpuset));
  hwloc_bitmap_singlify(set.get());
  if (hwloc_set_cpubind(topology_.get(), set.get(), HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT) != 0) {
    return unexpected(where, std::strerror(errno), "a kernel that binds threads");
  }
  return {};
}

std::vector<unsigned> Topology::this_thread_cpus() const {
  std::vector<unsigned> cpus;
  if (!is_this_machine()) return cpus;
  const Bitmap set(hwloc_bitmap_alloc());
  if (hwloc_get_cpubind(topology_.get(), set.get(), HWLOC_CPUBIND_THREAD) != 0) return cpus;
  for (int cpu = hwloc_bitmap_first(set.get()); cpu >= 0; cpu = hwloc_bitmap_next(set.get(), cpu)) {
    cpus.push_back(static_cast<unsigned>(cpu));
  }
  return cpus;
}

}  // namespace upout::platform
