#include "harness/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>

#include "harness/run_rules.h"

namespace upout::harness {
namespace {

using nlohmann::json;
using Words = std::optional<std::string>;

/// Less than half a core's worth of other work.
constexpr double quiet_load = 0.5;

std::string as_gibibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} GiB", double(bytes) / (1 << 30));
}

Words text(const json& value) {
  return value.is_null() ? std::nullopt : Words(value.get<std::string>());
}

Words on_off(const json& value) {
  if (value.is_null()) return std::nullopt;
  return value.get<bool>() ? "on" : "off";
}

Words topology(const Patient& patient) {
  return text(patient.environment.at("topology"));
}
Words build_type(const Patient& patient) {
  return text(patient.suite.at("build_type"));
}
Words sanitizer(const Patient& patient) {
  const auto name = patient.suite.at("sanitizer").get<std::string>();
  return name.empty() ? "none" : name;
}
Words commit(const Patient& patient) {
  return text(patient.suite.at("commit"));
}
Words governor(const Patient& patient) {
  return text(patient.environment.at("scaling_governor"));
}
Words numa_balancing(const Patient& patient) {
  return on_off(patient.environment.at("numa_balancing"));
}
Words turbo(const Patient& patient) {
  return on_off(patient.environment.at("turbo_enabled"));
}
Words address_space_randomization(const Patient& patient) {
  return on_off(patient.environment.at("address_space_randomization"));
}
Words swap(const Patient& patient) {
  return on_off(patient.environment.at("swap_enabled"));
}
Words huge_pages(const Patient& patient) {
  return text(patient.environment.at("transparent_huge_pages"));
}
Words siblings(const Patient& patient) {
  return fmt::format("{} processing units on {} cores",
                     patient.environment.at("processing_units").get<unsigned>(),
                     patient.environment.at("cores").get<unsigned>());
}
Words core_kinds(const Patient& patient) {
  return fmt::format("{}", patient.environment.at("core_kinds").get<unsigned>());
}
Words load(const Patient& patient) {
  const json& load = patient.environment.at("load_average_1min");
  return load.is_null() ? std::nullopt : Words(fmt::format("{:.2f}", load.get<double>()));
}
Words memory_limit(const Patient& patient) {
  const json& limit = patient.environment.at("memory_limit_bytes");
  return limit.is_null() ? "none" : as_gibibytes(limit.get<std::uint64_t>());
}
Words tbb_nodes(const Patient& patient) {
  if (!patient.nodes) return std::nullopt;
  return fmt::format("{} (hwloc: {})", patient.nodes->tbb, patient.nodes->hwloc);
}

/// Of values that are on or off.
bool is_off(const Patient&, const std::string& found) {
  return found == "off";
}
bool has_no_siblings(const Patient& patient, const std::string&) {
  return patient.environment.at("processing_units") == patient.environment.at("cores");
}
bool is_one(const Patient&, const std::string& found) {
  return found == "1";
}
bool has_huge_pages(const Patient&, const std::string& found) {
  return found != "never";
}
bool is_quiet(const Patient& patient, const std::string&) {
  return patient.environment.at("load_average_1min").get<double>() < quiet_load;
}
bool leaves_all_memory(const Patient& patient, const std::string&) {
  const json& limit = patient.environment.at("memory_limit_bytes");
  const json& memory = patient.environment.at("memory_bytes");
  return limit.is_null() || (!memory.is_null() && limit.get<std::uint64_t>() >= memory.get<std::uint64_t>());
}
bool is_seen_by_tbb(const Patient& patient, const std::string&) {
  return patient.nodes->tbb >= patient.nodes->hwloc;
}

struct Check {
  std::string_view name;
  Words (*found)(const Patient&);  ///< nothing: the system does not say
  std::string_view mend;

  std::string_view rule = {};  ///< the run rule that judges it; the rest is the rule's then
  bool (*is_well)(const Patient&, const std::string& found) = nullptr;
  std::string_view expected = {};
  std::string_view why = {};
  bool prevents_runs = false;  ///< and so stands against publishing
};

constexpr auto checks = std::to_array<Check>({
    {.name = "topology",
     .found = topology,
     .mend = "unset HWLOC_SYNTHETIC HWLOC_XMLFILE HWLOC_THISSYSTEM",
     .rule = "real-topology"},
    {.name = "build", .found = build_type, .mend = "cmake --preset release", .rule = "release-build"},
    {.name = "sanitizer", .found = sanitizer, .mend = "cmake --preset release", .rule = "no-sanitizer"},
    {.name = "commit",
     .found = commit,
     .mend = "git commit, or git stash; then build again",
     .rule = "clean-build"},
    {.name = "governor",
     .found = governor,
     .mend = "echo performance | sudo tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor",
     .rule = "performance-governor"},
    {.name = "NUMA balancing",
     .found = numa_balancing,
     .mend = "sudo sysctl kernel.numa_balancing=0",
     .rule = "no-numa-balancing"},
    {.name = "turbo",
     .found = turbo,
     .mend = "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo (intel_pstate), or "
             "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost",
     .is_well = is_off,
     .expected = "off",
     .why = "one busy core runs faster than many, so that scaling looks worse than it is"},
    {.name = "SMT siblings",
     .found = siblings,
     .mend = "echo off | sudo tee /sys/devices/system/cpu/smt/control; or keep to --bind cores",
     .is_well = has_no_siblings,
     .expected = "one processing unit a core",
     .why = "whatever runs on an idle sibling takes from the worker beside it"},
    {.name = "kinds of cores",
     .found = core_kinds,
     .mend = "upout run --bind LIST, with CPUs of one kind (lscpu --extended shows their frequencies)",
     .is_well = is_one,
     .expected = "1",
     .why = "fast and frugal cores in one figure say nothing of either"},
    {.name = "transparent huge pages",
     .found = huge_pages,
     .mend = "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled",
     .is_well = has_huge_pages,
     .expected = "madvise or always",
     .why = "with small pages address translation is measured"},
    {.name = "ASLR",
     .found = address_space_randomization,
     .mend = "setarch --addr-no-randomize upout run ...; or sudo sysctl kernel.randomize_va_space=0",
     .is_well = is_off,
     .expected = "off",
     .why = "code and data lie elsewhere each time, and meet in caches by chance"},
    {.name = "swap",
     .found = swap,
     .mend = "sudo swapoff --all",
     .is_well = is_off,
     .expected = "off",
     .why = "a page that was swapped out costs a disk access"},
    {.name = "load",
     .found = load,
     .mend = "top, and wait or stop what it shows",
     .is_well = is_quiet,
     .expected = "below 0.5 over the last minute",
     .why = "other programs take cores, caches and memory bandwidth"},
    {.name = "memory limit",
     .found = memory_limit,
     .mend =
         "ask for all memory (srun --mem=0, docker run without --memory, systemd-run -p MemoryMax=infinity)",
     .is_well = leaves_all_memory,
     .expected = "none below the machine's memory",
     .why = "at its limit the kernel reclaims pages, or ends the program"},
    {.name = "nodes seen by oneTBB",
     .found = tbb_nodes,
     .mend = "sudo apt install libtbbbind-2-5",
     .is_well = is_seen_by_tbb,
     .expected = "as many as hwloc sees",
     .why = "without tbbbind oneTBB takes all nodes for one, and the shared-memory engine refuses to run",
     .prevents_runs = true},
});

const RunRule& rule_of(const Check& check) {
  const auto rules = run_rules();
  const auto rule = std::ranges::find(rules, check.rule, &RunRule::name);
  assert(rule != rules.end() && rule->subject != Subject::run);
  return *rule;
}

Finding judged_by_rule(const Check& check, const Patient& patient) {
  const RunRule& rule = rule_of(check);
  const json no_run = json::object();
  const auto violation =
      rule.violation({.run = no_run, .environment = patient.environment, .suite = patient.suite});
  const Words found = check.found(patient);
  const Standing standing = violation ? Standing::against_publishing
                            : found   ? Standing::fine
                                      : Standing::unknown;
  return {.check = check.name,
          .standing = standing,
          .found = violation ? *violation : found.value_or(""),
          .expected = rule.expected,
          .why = rule.why,
          .mend = check.mend};
}

Finding judged_by_itself(const Check& check, const Patient& patient) {
  const Words found = check.found(patient);
  Finding finding{.check = check.name,
                  .standing = Standing::unknown,
                  .found = found.value_or(""),
                  .expected = check.expected,
                  .why = check.why,
                  .mend = check.mend};
  const Standing ill = check.prevents_runs ? Standing::against_publishing : Standing::worth_mending;
  if (found) finding.standing = check.is_well(patient, *found) ? Standing::fine : ill;
  return finding;
}

std::string or_unknown(const json& value) {
  return value.is_null() ? "unknown" : value.get<std::string>();
}

std::string counted(const json& number, std::string_view noun) {
  const auto count = number.get<std::uint64_t>();
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string bytes_or_unknown(const json& value) {
  return value.is_null() ? "unknown" : as_gibibytes(value.get<std::uint64_t>());
}

std::string machine_lines(const Patient& patient) {
  const json& host = patient.environment;
  const std::string guest = or_unknown(host.at("hypervisor"));
  const json& cache = host.at("last_level_cache_bytes");
  return fmt::format(
      "{}: {}, {}{}\n{}, {}, {}\n{} of memory, last-level caches of {}\n{}, kernel {}\nupout {}, commit {}\n",
      or_unknown(host.at("host_name")), or_unknown(host.at("cpu_model")), or_unknown(host.at("architecture")),
      guest == "none" ? "" : ", hypervisor " + guest, counted(host.at("cores"), "core"),
      counted(host.at("processing_units"), "processing unit"), counted(host.at("numa_nodes"), "NUMA node"),
      bytes_or_unknown(host.at("memory_bytes")),
      cache.is_null() ? "unknown size" : fmt::format("{:.1f} MiB", cache.get<double>() / (1 << 20)),
      or_unknown(host.at("os")), or_unknown(host.at("kernel")),
      patient.suite.at("version").get<std::string>(), patient.suite.at("commit").get<std::string>());
}

/// The findings of one standing under its heading; empty if there are none.
std::string section(const std::vector<Finding>& findings, Standing standing) {
  std::string lines;
  for (const Finding& finding : findings) {
    if (finding.standing != standing) continue;
    if (lines.empty()) lines = fmt::format("\n{}\n", to_string(standing));
    const bool is_known = standing != Standing::unknown;
    lines += fmt::format("  {:<24}{}\n", finding.check, is_known ? finding.found : "not said by the system");
    if (standing == Standing::fine || standing == Standing::unknown) continue;
    lines +=
        fmt::format("    expected  {}: {}\n    to mend   {}\n", finding.expected, finding.why, finding.mend);
  }
  return lines;
}

}  // namespace

std::string_view to_string(Standing standing) {
  switch (standing) {
    case Standing::against_publishing:
      return "against publishing";
    case Standing::worth_mending:
      return "worth mending";
    case Standing::fine:
      return "fine";
    case Standing::unknown:
      break;
  }
  return "unknown";
}

std::vector<Finding> examine(const Patient& patient) {
  std::vector<Finding> findings;
  findings.reserve(checks.size());
  for (const Check& check : checks) {
    findings.push_back(check.rule.empty() ? judged_by_itself(check, patient)
                                          : judged_by_rule(check, patient));
  }
  return findings;
}

bool may_publish(const std::vector<Finding>& findings) {
  return std::ranges::find(findings, Standing::against_publishing, &Finding::standing) == findings.end();
}

std::string render_findings(const Patient& patient, const std::vector<Finding>& findings) {
  std::string text = machine_lines(patient);
  for (const Standing standing :
       {Standing::against_publishing, Standing::worth_mending, Standing::fine, Standing::unknown}) {
    text += section(findings, standing);
  }
  return text;
}

nlohmann::json findings_document(const Patient& patient, const std::vector<Finding>& findings) {
  json array = json::array();
  for (const Finding& finding : findings) {
    array.push_back({{"check", finding.check},
                     {"standing", to_string(finding.standing)},
                     {"found", finding.standing == Standing::unknown ? json(nullptr) : json(finding.found)},
                     {"expected", finding.expected},
                     {"why", finding.why},
                     {"mend", finding.mend}});
  }
  return {{"publishable", may_publish(findings)},
          {"findings", std::move(array)},
          {"environment", patient.environment},
          {"suite", patient.suite}};
}

}  // namespace upout::harness
