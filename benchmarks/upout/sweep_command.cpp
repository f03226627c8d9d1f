#include <absl/strings/str_split.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/upout/command.h"
#include "harness/interrupt.h"
#include "harness/plan.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/sweep.h"
#include "harness/table.h"
#include "platform/text_file.h"
#include "platform/topology.h"

namespace upout {

namespace {

struct SweepCommand {
  std::string plan;
  std::optional<std::string> points;  ///< as the option has them
  harness::SweepOptions options;
  bool quiet = false;
};

constexpr const char* examples = R"(
Examples:
  upout sweep quick --out quick-results
  upout sweep plan.toml --out results-dir --launcher "srun --mpi=pmix -n {ranks}"
  upout sweep plan.toml --out results-dir --points @ids.txt
  upout report results-dir -o report.html

Each point of the plan is measured in a process of its own, ranks under mpirun. Stopped and started again, a sweep goes on
where it stopped. Exit status: 0 if every point is measured and verified, 1 if not, 2 if the plan or the options
make no sense, 128 + N after signal N.)";

/// "ID,ID", or "@FILE" with an id a line, for thousands of them fit no command line.
platform::Expected<std::vector<std::string>> point_ids(const std::string& text) {
  std::string list = text;
  if (list.starts_with('@')) {
    constexpr std::size_t most_bytes = std::size_t{32} << 20;
    auto read =
        platform::read_text_file(list.substr(1), most_bytes, "--points " + list, "a file with an id a line");
    if (!read) return tl::unexpected(read.error());
    list = std::move(*read);
  }
  std::vector<std::string> ids = absl::StrSplit(list, absl::ByAnyChar(",\n\r"), absl::SkipWhitespace());
  if (ids.empty())
    return platform::unexpected("--points", "'" + text + "'", "the ids of points: ID,ID or @FILE");
  return ids;
}

void print_results(const std::vector<std::string>& files) {
  std::vector<nlohmann::json> documents;
  for (const std::string& file : files) {
    if (auto document = harness::read_document(file)) documents.push_back(std::move(*document));
  }
  fmt::print("{}", harness::render_table(documents));
}

void execute(SweepCommand& command, Program& program) {
  if (command.points) {
    auto ids = point_ids(*command.points);
    if (!ids) return program.fail(ids.error().to_string(), exit_usage);
    command.options.points = std::move(*ids);
  }
  const auto topology = platform::Topology::discover();
  if (!topology) return program.fail(topology.error().to_string(), exit_usage);
  const auto plan = harness::read_plan(command.plan, {topology->cores(), topology->processing_units()});
  if (!plan) return program.fail(plan.error().to_string(), exit_usage);
  for (const std::string& warning : plan->warnings) fmt::print(stderr, "upout: warning: {}\n", warning);

  command.options.program = program.path;
  if (command.options.out.empty())
    command.options.out = std::filesystem::path(plan->path).stem().string() + "-results";
  const harness::Interrupt interrupt;
  harness::Progress progress(harness::progress_mode_for(STDERR_FILENO, command.quiet));
  const auto summary = harness::run_sweep(*plan, command.options, interrupt, progress);
  progress.finish();
  if (!summary) return program.fail(summary.error().to_string(), exit_usage);

  print_results(summary->results);
  if (summary->interrupted_by != 0) {
    return program.fail(fmt::format("ended by a signal after {} of {} points; start it again to go on",
                                    summary->results.size(), summary->points),
                        exit_signalled + summary->interrupted_by);
  }
  if (!summary->complete()) {
    program.fail(fmt::format("{} of {} points failed; see {}/points", summary->failed.size(), summary->points,
                             command.options.out),
                 exit_failed);
  }
}

}  // namespace

void add_sweep_command(CLI::App& app, Program& program) {
  auto command = std::make_shared<SweepCommand>();
  CLI::App* sweep = app.add_subcommand("sweep", "Measure all points of a plan");
  sweep->footer(examples);
  sweep
      ->add_option("plan", command->plan,
                   "a plan file, or the name of one of the suite's plans; see `upout list`")
      ->required();
  sweep->add_option("--out", command->options.out, "the folder for the results; default: PLAN-results")
      ->type_name("DIR");
  sweep
      ->add_option("--launcher", command->options.launcher,
                   "what starts ranks, {ranks} in place of their number; default: mpirun")
      ->type_name("TEXT");
  sweep->add_option("--points", command->points, "these alone; default: all")->type_name("ID,ID|@FILE");
  sweep->add_flag("--quiet", command->quiet, "no progress on stderr");
  sweep->callback([command, &program] { execute(*command, program); });
}

}  // namespace upout
