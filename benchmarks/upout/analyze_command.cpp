#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "benchmarks/upout/command.h"
#include "benchmarks/upout/results.h"
#include "harness/analysis.h"
#include "harness/comparison.h"

namespace upout {

namespace {

struct AnalyzeCommand {
  std::vector<std::string> sources;
  bool as_json = false;
};

constexpr const char* examples = R"(
Examples:
  upout analyze quick-results
  upout analyze out-1.json out-2.json out-4.json --json

Speed-up and efficiency, laws of scaling with intervals, and where one engine overtakes the other: docs/analysis.md.)";

void execute(const AnalyzeCommand& command, Program& program) {
  const auto documents = read_results(command.sources);
  if (!documents) return program.fail(documents.error().to_string(), exit_usage);
  const std::vector<harness::Comparison> comparisons = harness::compare(*documents);
  if (comparisons.empty()) {
    const platform::Error nothing{command.sources.front(), "no valid result of a closed loop",
                                  "one at least: others have no throughput to compare"};
    return program.fail(nothing.to_string(), exit_failed);
  }
  const nlohmann::json analysis = harness::analyze(comparisons);
  fmt::print("{}", command.as_json
                       ? analysis.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                       : harness::render_analysis(analysis));
}

}  // namespace

void add_analyze_command(CLI::App& app, Program& program) {
  auto command = std::make_shared<AnalyzeCommand>();
  CLI::App* analyze = app.add_subcommand("analyze", "Say how results scale, and where an engine overtakes");
  analyze->footer(examples);
  analyze->add_option("results", command->sources, "folders of sweeps, or result documents")->required();
  analyze->add_flag("--json", command->as_json, "for programs: the analysis of a result document");
  analyze->callback([command, &program] { execute(*command, program); });
}

}  // namespace upout
