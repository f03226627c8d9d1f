#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>

#include "benchmarks/upout/command.h"
#include "engines/shared_memory/placement.h"
#include "harness/plan.h"
#include "workloads/registry.h"

namespace upout {

namespace {

void list_workloads() {
  fmt::print("workloads\n");
  for (const workloads::WorkloadEntry& entry : workloads::workloads()) {
    fmt::print("  {:<16} {}\n", entry.name, entry.description);
  }
}

void list_engines() {
  fmt::print("engines\n");
  for (const harness::EngineForm& form : harness::engine_forms()) {
    fmt::print("  {:<16} {}\n", form.name, form.description);
  }
}

void list_plans() {
  fmt::print("plans\n");
  for (const harness::PlanEntry& entry : harness::suite_plans()) {
    const auto plan = harness::read_plan(entry.path, {1});
    fmt::print("  {:<16} {}\n", entry.name, plan ? plan->question : plan.error().to_string());
  }
}

void list_placements() {
  fmt::print("placements\n");
  for (const engines::shared_memory::PlacementKind& kind : engines::shared_memory::placements()) {
    fmt::print("  {:<16} {}\n", kind.name, kind.description);
  }
}

struct Listing {
  std::string_view name;
  void (*print)();
};
constexpr Listing listings[] = {{"workloads", list_workloads},
                                {"engines", list_engines},
                                {"placements", list_placements},
                                {"plans", list_plans}};

}  // namespace

void add_list_command(CLI::App& app, Program&) {
  auto what = std::make_shared<std::string>();
  CLI::App* list =
      app.add_subcommand("list", "Show which workloads, engines, placements and plans there are");
  list->add_option("what", *what, "workloads, engines, placements or plans; default: all")
      ->check([](const std::string& text) {
        for (const Listing& listing : listings) {
          if (text == listing.name) return std::string();
        }
        return fmt::format("found '{}', expected workloads, engines, placements or plans", text);
      });
  list->callback([what] {
    for (const Listing& listing : listings) {
      if (what->empty() || *what == listing.name) listing.print();
    }
  });
}

}  // namespace upout
