#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/upout/command.h"
#include "benchmarks/upout/results.h"
#include "harness/cost/price_file.h"
#include "harness/plan.h"
#include "harness/report.h"
#include "platform/topology.h"

namespace upout {

namespace {

namespace fs = std::filesystem;

struct ReportCommand {
  std::vector<std::string> sources;
  std::string output = "report.html";
  std::string prices;
};

constexpr const char* examples = R"(
Examples:
  upout report results-dir -o report.html
  upout report out-1.json out-2.json -o report.html
  upout report monday tuesday -o both.html           # two sweeps, laid over each other
  upout report cost-results --prices prices.toml

The page is one file that opens with no network.)";

std::vector<std::string> folders_among(const std::vector<std::string>& sources) {
  std::vector<std::string> folders;
  std::ranges::copy_if(sources, std::back_inserter(folders),
                       [](const std::string& source) { return fs::is_directory(source); });
  return folders;
}

/// A sweep's folder holds its plan, and with it the question that the page answers.
harness::ReportOptions heading_of(const std::vector<std::string>& sources) {
  harness::ReportOptions heading;
  const std::vector<std::string> folders = folders_among(sources);
  if (folders.size() != 1) return heading;
  const fs::path plan_file = fs::path(folders.front()) / "plan.toml";
  if (!fs::exists(plan_file)) return heading;
  const auto topology = platform::Topology::discover();
  const harness::MachineSize machine =
      topology ? harness::MachineSize{topology->cores(), topology->processing_units()}
               : harness::MachineSize{};
  const auto plan = harness::read_plan(plan_file.string(), machine);
  if (plan) heading = {plan->title, plan->question};
  return heading;
}

/// Documents, and of each the sweep that it is of; no sweeps, if all are to be taken together.
struct SourcedDocuments {
  std::vector<nlohmann::json> documents;
  std::vector<std::string> sources;
};

/// Several folders are sweeps to be told apart, by the names that they were given by. Documents that are
/// named one by one belong together, and to a single folder beside them: a baseline, or a point that was
/// measured later.
platform::Expected<SourcedDocuments> read_sourced(const std::vector<std::string>& sources) {
  const bool are_apart = folders_among(sources).size() > 1;
  SourcedDocuments all;
  for (const std::string& source : sources) {
    auto documents = read_results({&source, 1});
    if (!documents) return tl::unexpected(documents.error());
    const std::string name = fs::is_directory(source) ? source : "single documents";
    if (are_apart) all.sources.insert(all.sources.end(), documents->size(), name);
    std::ranges::move(*documents, std::back_inserter(all.documents));
  }
  return all;
}

void execute(const ReportCommand& command, Program& program) {
  const auto read = read_sourced(command.sources);
  if (!read) return program.fail(read.error().to_string(), exit_usage);
  harness::ReportOptions options = heading_of(command.sources);
  options.sources = read->sources;
  if (!command.prices.empty()) {
    auto prices = harness::read_price_file(command.prices);
    if (!prices) return program.fail(prices.error().to_string(), exit_usage);
    options.prices = std::move(*prices);
  }
  const auto page = harness::render_report(read->documents, options);
  if (!page) return program.fail(page.error().to_string(), exit_usage);
  if (const auto written = write_output("-o", command.output, *page); !written) {
    return program.fail(written.error().to_string(), exit_usage);
  }
  fmt::print("{}\n", command.output);
}

}  // namespace

void add_report_command(CLI::App& app, Program& program) {
  auto command = std::make_shared<ReportCommand>();
  CLI::App* report = app.add_subcommand("report", "Turn results into one HTML page");
  report->footer(examples);
  report->add_option("results", command->sources, "folders of sweeps, or result documents")->required();
  report->add_option("-o,--output", command->output, "the page")->type_name("FILE")->capture_default_str();
  report
      ->add_option(
          "--prices", command->prices,
          "a price file: the page then begins with what the deployments cost, as `upout cost` says it")
      ->type_name("FILE");
  report->callback([command, &program] { execute(*command, program); });
}

}  // namespace upout
