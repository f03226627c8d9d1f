#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/upout/command.h"
#include "engines/shared_memory/placement.h"
#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/partition_map.h"
#include "harness/formats/format.h"
#include "harness/plan.h"
#include "harness/published.h"
#include "harness/schedulers/scheduler.h"
#include "workloads/registry.h"

namespace upout {

namespace {

struct ListOptions {
  std::string what;  ///< empty: everything
  // of the partition map
  unsigned ranks = 1;
  unsigned partitions = 0;
  std::string partitioning = "hash";
  kernel::Key largest_key = kernel::largest_key;
};

void list_workloads(const ListOptions&) {
  fmt::print("workloads\n");
  for (const workloads::WorkloadEntry& entry : workloads::workloads()) {
    fmt::print("  {:<16} {}\n", entry.name, entry.description);
  }
}

void list_engines(const ListOptions&) {
  fmt::print("engines\n");
  for (const harness::EngineForm& form : harness::engine_forms()) {
    fmt::print("  {:<16} {}\n", form.name, form.description);
  }
}

void list_plans(const ListOptions&) {
  fmt::print("plans\n");
  const auto plans = harness::suite_plans();
  if (!plans) fmt::print("  {}\n", plans.error().to_string());
  for (const harness::PlanEntry& entry : plans.value_or(std::vector<harness::PlanEntry>())) {
    const auto plan = harness::read_plan(entry.path, {1});
    fmt::print("  {:<16} {}\n", entry.name, plan ? plan->question : plan.error().to_string());
  }
}

void list_placements(const ListOptions&) {
  fmt::print("placements\n");
  for (const engines::shared_memory::PlacementKind& kind : engines::shared_memory::placements()) {
    fmt::print("  {:<16} {}\n", kind.name, kind.description);
  }
}

void list_published(const ListOptions&) {
  fmt::print("published\n");
  const auto records = harness::suite_records();
  if (!records) fmt::print("  {}\n", records.error().to_string());
  for (const harness::PublishedRecord& record : records.value_or(std::vector<harness::PublishedRecord>())) {
    fmt::print("  {}\n      {}; {}; hardware: {}\n", record.title, record.citation, record.workload,
               record.hardware);
  }
}

void list_formats(const ListOptions&) {
  fmt::print("formats\n");
  for (const harness::Format& format : harness::formats()) {
    fmt::print("  {:<16} {}\n", format.name, format.description);
  }
}

void list_schedulers(const ListOptions&) {
  fmt::print("schedulers\n");
  for (const harness::schedulers::Scheduler* scheduler : harness::schedulers::all_schedulers()) {
    fmt::print("  {:<16} {}\n", scheduler->name(), scheduler->description());
  }
}

/// How `--partitioning` deals keys out: a range of them, or of the sixteen top bits of their hash.
std::string keys_of(const engines::Partitioning& partitioning, std::uint32_t partition) {
  if (partitioning.kind() == engines::PartitioningKind::range) {
    const auto [first, last] = partitioning.range_of(partition);
    return fmt::format("{} to {}", first, last);
  }
  const std::uint64_t count = partitioning.partitions();
  const auto first = [&](std::uint64_t number) { return (number * 65536 + count - 1) / count; };
  return fmt::format("hash {:#06x} to {:#06x}", first(partition), first(partition + 1) - 1);
}

void list_partitions(const ListOptions& options) {
  const auto map = engines::shared_nothing::make_map(
      {.partitioning = options.partitioning == "range" ? engines::PartitioningKind::range
                                                       : engines::PartitioningKind::hash,
       .partitions = options.partitions,
       .largest_key = options.largest_key},
      options.ranks);
  if (!map) {
    fmt::print("partitions\n  {}\n", map.error().to_string());
    return;
  }
  fmt::print("partitions (of {} ranks to begin with: map version {})\n", options.ranks, map->version());
  for (std::uint32_t partition = 0; partition < map->partitions(); ++partition) {
    fmt::print("  {:<8} rank {:<8} keys {}\n", partition, map->owner(partition),
               keys_of(map->partitioning(), partition));
  }
}

struct Listing {
  std::string_view name;
  void (*print)(const ListOptions&);
};
constexpr Listing listings[] = {{"workloads", list_workloads},   {"engines", list_engines},
                                {"placements", list_placements}, {"plans", list_plans},
                                {"formats", list_formats},       {"published", list_published},
                                {"schedulers", list_schedulers}, {"partitions", list_partitions}};

std::string names(std::string_view between = ", ") {
  std::string names;
  for (const Listing& listing : listings) {
    if (!names.empty()) names += between;
    names += listing.name;
  }
  return names;
}

constexpr const char* examples = R"(
Examples:
  upout list
  upout list plans
  upout list partitions --ranks 4 --partitions 16
  upout list partitions --ranks 4 --partitioning range --largest-key 999999)";

}  // namespace

void add_list_command(CLI::App& app, Program&) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* list = app.add_subcommand("list", "Show what there is: " + names());
  list->footer(examples);
  const auto check = [](const std::string& text) {
    for (const Listing& listing : listings) {
      if (text == listing.name) return std::string();
    }
    return fmt::format("found '{}', expected one of {}", text, names());
  };
  list->add_option("what", options->what, "default: all")
      ->check(CLI::Validator(check, "{" + names(",") + "}"));
  const std::string of_partitions = "of list partitions: ";
  list->add_option("--ranks", options->ranks, of_partitions + "ranks that they are dealt out to")
      ->check(whole_number(1, 65536))
      ->capture_default_str();
  list->add_option("--partitions", options->partitions,
                   of_partitions + "how many there are; without it, one a rank")
      ->check(whole_number(1, 65536));
  list->add_option("--partitioning", options->partitioning, of_partitions + "hash or range")
      ->check(CLI::IsMember({"hash", "range"}))
      ->capture_default_str();
  list->add_option("--largest-key", options->largest_key, of_partitions + "the end of the last range")
      ->check(whole_number(0, UINT64_MAX));
  list->callback([options] {
    for (const Listing& listing : listings) {
      if (options->what.empty() || options->what == listing.name) listing.print(*options);
    }
  });
}

}  // namespace upout
