#include "platform/environment.h"

#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "platform/clock.h"
#include "platform/host.h"
#include "platform/numa_distances.h"

namespace upout::platform {

namespace {

using nlohmann::json;
using std::filesystem::path;

std::string_view trim(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

/// A file's text without the space around it; nothing if it cannot be read or is empty.
std::optional<std::string> read_text(const path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();  // a file of /sys that fails to be read leaves it empty; an iterator would throw
  const std::string content = text.str();
  const std::string_view trimmed = trim(content);
  if (trimmed.empty()) return std::nullopt;
  return std::string(trimmed);
}

/// The value of the first line "KEY separator VALUE" of a file such as /proc/meminfo.
std::optional<std::string> read_value(const path& file, std::string_view key, char separator) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const auto at = line.find(separator);
    if (at == std::string::npos || trim(std::string_view(line).substr(0, at)) != key) continue;
    return std::string(trim(std::string_view(line).substr(at + 1)));
  }
  return std::nullopt;
}

/// The number that a text begins with.
template <class Number>
std::optional<Number> parse_number(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  Number number{};
  const auto result = std::from_chars(text->data(), text->data() + text->size(), number);
  if (result.ec != std::errc{}) return std::nullopt;
  return number;
}

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

std::optional<std::string> unquote(std::optional<std::string> text) {
  if (text && text->size() >= 2 && text->front() == text->back() &&
      (text->front() == '"' || text->front() == '\'')) {
    return text->substr(1, text->size() - 2);
  }
  return text;
}

std::optional<std::string> cpu_model(const path& root) {
  const path file = root / "proc/cpuinfo";
  for (const char* key : {"model name", "cpu", "Model"}) {
    if (auto name = read_value(file, key, ':')) return name;
  }
  // aarch64 gives numbers alone.
  const auto implementer = read_value(file, "CPU implementer", ':');
  const auto part = read_value(file, "CPU part", ':');
  if (implementer && part) return "implementer " + *implementer + " part " + *part;
  return std::nullopt;
}

/// A number of kibibytes of /proc/meminfo, in bytes.
std::optional<std::uint64_t> meminfo_bytes(const path& root, std::string_view key) {
  const auto kibibytes = parse_number<std::uint64_t>(read_value(root / "proc/meminfo", key, ':'));
  if (!kibibytes) return std::nullopt;
  return *kibibytes * 1024;
}

/// Xen says it in /sys; the firmware of other guests names the product; of the rest only the processor's
/// `hypervisor` flag (x86) is known.
std::optional<std::string> hypervisor(const path& root) {
  if (auto type = read_text(root / "sys/hypervisor/type")) return type;
  const auto flags = read_value(root / "proc/cpuinfo", "flags", ':');
  if (!flags) return std::nullopt;
  std::istringstream words(*flags);
  const bool guest = std::find(std::istream_iterator<std::string>(words), {}, "hypervisor") !=
                     std::istream_iterator<std::string>();
  if (!guest) return "none";
  const auto vendor = read_text(root / "sys/class/dmi/id/sys_vendor");
  return vendor ? *vendor : "unnamed";
}

std::optional<std::string> scaling_governor(const path& root) {
  std::set<std::string> governors;
  std::error_code error;
  for (const auto& policy :
       std::filesystem::directory_iterator(root / "sys/devices/system/cpu/cpufreq", error)) {
    if (auto governor = read_text(policy.path() / "scaling_governor")) governors.insert(*governor);
  }
  if (governors.empty()) return std::nullopt;
  std::string line;
  for (const auto& governor : governors) line += (line.empty() ? "" : ",") + governor;
  return line;
}

std::optional<bool> turbo_enabled(const path& root) {
  const path cpu = root / "sys/devices/system/cpu";
  if (const auto off = parse_number<int>(read_text(cpu / "intel_pstate/no_turbo"))) return *off == 0;
  if (const auto on = parse_number<int>(read_text(cpu / "cpufreq/boost"))) return *on != 0;
  return std::nullopt;
}

/// The choice in brackets: "always [madvise] never".
std::optional<std::string> transparent_huge_pages(const path& root) {
  const auto choices = read_text(root / "sys/kernel/mm/transparent_hugepage/enabled");
  if (!choices) return std::nullopt;
  const auto open = choices->find('[');
  const auto close = choices->find(']');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  return choices->substr(open + 1, close - open - 1);
}

std::optional<bool> numa_balancing(const path& root) {
  const auto mode = parse_number<int>(read_text(root / "proc/sys/kernel/numa_balancing"));
  if (!mode) return std::nullopt;
  return *mode != 0;
}

std::optional<bool> swap_enabled(const path& root) {
  const auto bytes = meminfo_bytes(root, "SwapTotal");
  if (!bytes) return std::nullopt;
  return *bytes > 0;
}

std::optional<bool> address_space_randomization(const path& root) {
  const auto mode = parse_number<int>(read_text(root / "proc/sys/kernel/randomize_va_space"));
  if (!mode) return std::nullopt;
  return *mode != 0;
}

/// The smallest limit of a cgroup and of those that it is in, up to the top of its hierarchy.
std::optional<std::uint64_t> smallest_limit(const path& hierarchy, path group, const char* file) {
  // A container sees itself at the top, whatever name its host has for it.
  std::optional<std::uint64_t> smallest;
  for (group = group.relative_path();; group = group.parent_path()) {
    const auto limit = parse_number<std::uint64_t>(read_text(hierarchy / group / file));
    if (limit && (!smallest || *limit < *smallest)) smallest = limit;
    if (group.empty()) return smallest;
  }
}

/// Version 2 names no limit "max"; version 1 has a number near the largest for it.
std::optional<std::uint64_t> memory_limit_bytes(const path& root) {
  constexpr std::uint64_t no_limit = std::uint64_t{1} << 62;
  std::ifstream groups(root / "proc/self/cgroup");
  std::optional<std::uint64_t> smallest;
  for (std::string line; std::getline(groups, line);) {  // "NUMBER:CONTROLLERS:PATH"
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const path group = line.substr(second + 1);
    std::optional<std::uint64_t> limit;
    if (controllers.empty()) limit = smallest_limit(root / "sys/fs/cgroup", group, "memory.max");
    if (controllers == "memory")
      limit = smallest_limit(root / "sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
    if (limit && *limit < no_limit && (!smallest || *limit < *smallest)) smallest = limit;
  }
  return smallest;
}

void add_system(json& record, const path& root) {
  utsname names{};
  const bool named = uname(&names) == 0;
  record["host_name"] = host_name();
  record["architecture"] = named ? json(names.machine) : json(nullptr);
  record["kernel"] = named ? json(names.release) : json(nullptr);
  record["os"] = or_null(unquote(read_value(root / "etc/os-release", "PRETTY_NAME", '=')));
  record["hypervisor"] = or_null(hypervisor(root));
  record["kernel_clock_source"] =
      or_null(read_text(root / "sys/devices/system/clocksource/clocksource0/current_clocksource"));
  record["clock_source"] = Clock::calibrate().source();
}

void add_topology(json& record, const Topology& topology) {
  const std::size_t cache_bytes = topology.last_level_cache_bytes();
  record["cores"] = topology.cores();
  record["processing_units"] = topology.processing_units();
  record["core_kinds"] = topology.core_kinds();
  record["numa_nodes"] = topology.numa_nodes();
  record["last_level_cache_bytes"] = cache_bytes > 0 ? json(cache_bytes) : json(nullptr);
  record["topology"] = topology.summary();
  const std::string xml = topology.to_xml();
  record["topology_xml"] = xml.empty() ? json(nullptr) : json(xml);
  record["topology_is_this_machine"] = topology.is_this_machine();
  record["numa_distances"] = nullptr;
  if (const auto distances = numa_distances(topology))
    record["numa_distances"] = {{"nodes", distances->nodes}, {"from_to", distances->from_to}};
}

}  // namespace

nlohmann::json describe_environment(const Topology& topology, const std::filesystem::path& root) {
  json record = json::object();
  add_system(record, root);
  add_topology(record, topology);
  record["cpu_model"] = or_null(cpu_model(root));
  record["memory_bytes"] = or_null(meminfo_bytes(root, "MemTotal"));
  record["scaling_governor"] = or_null(scaling_governor(root));
  record["turbo_enabled"] = or_null(turbo_enabled(root));
  record["transparent_huge_pages"] = or_null(transparent_huge_pages(root));
  record["numa_balancing"] = or_null(numa_balancing(root));
  record["address_space_randomization"] = or_null(address_space_randomization(root));
  record["memory_limit_bytes"] = or_null(memory_limit_bytes(root));
  record["swap_enabled"] = or_null(swap_enabled(root));
  record["load_average_1min"] = or_null(parse_number<double>(read_text(root / "proc/loadavg")));
  return record;
}

}  // namespace upout::platform
