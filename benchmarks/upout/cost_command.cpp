#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/upout/command.h"
#include "benchmarks/upout/results.h"
#include "harness/cost/cost_text.h"
#include "harness/cost/deployment_cost.h"
#include "harness/cost/price_file.h"
#include "harness/offered_load.h"

namespace upout {

namespace {

struct CostCommand {
  std::vector<std::string> sources;
  std::string prices;
  std::optional<double> throughput;
};

constexpr const char* examples = R"(
Examples:
  upout cost cost-results --prices prices.toml
  upout cost up.json out.json --prices prices.toml --throughput 2M/s

Each deployment that was measured is laid over the machines of the price file that have room for it: up, one machine;
out, a machine for each rank. What a price file holds, and what is taken for granted: docs/cost.md.)";

void execute(const CostCommand& command, Program& program) {
  const auto prices = harness::read_price_file(command.prices);
  if (!prices) return program.fail(prices.error().to_string(), exit_usage);
  const auto documents = read_results(command.sources);
  if (!documents) return program.fail(documents.error().to_string(), exit_usage);
  const auto costs = harness::price_deployments(*documents, *prices);
  if (costs.empty()) return program.fail("no result to be priced: see upout report", exit_failed);
  fmt::print("{}", harness::render_costs(costs, *prices, command.throughput));
  const bool has_any = std::ranges::any_of(costs, [](const auto& each) { return !each.deployments.empty(); });
  if (!has_any) program.fail("no deployment fits a machine of " + command.prices, exit_failed);
}

}  // namespace

void add_cost_command(CLI::App& app, Program& program) {
  auto command = std::make_shared<CostCommand>();
  CLI::App* cost = app.add_subcommand("cost", "Say what measured deployments cost, up against out");
  cost->footer(examples);
  cost->add_option("results", command->sources, "folders of sweeps, or result documents")->required();
  cost->add_option("--prices", command->prices, "a price file: machines, prices, currency, date")
      ->type_name("FILE")
      ->required();
  cost->add_option_function<std::string>(
          "--throughput",
          [command](const std::string& text) { command->throughput = *harness::parse_rate(text); },
          "the cheapest way to carry so much, such as 2M/s")
      ->check(operation_rate());
  cost->callback([command, &program] { execute(*command, program); });
}

}  // namespace upout
