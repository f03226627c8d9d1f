#include <fmt/format.h>

#include <memory>
#include <string>

#include "benchmarks/upout/command.h"
#include "benchmarks/upout/submitted.h"
#include "harness/submission_status.h"

namespace upout {

namespace {

constexpr const char* examples = R"(
Examples:
  upout collect results-dir && upout report results-dir

Copies the points that jobs have finished so far into the folder, which then is like that of a sweep. Asks no scheduler.
Exit status: 0 if all that there is was copied, 1 if a file cannot be read or written, 2 if the folder makes no sense.)";

void execute(const std::string& folder, Program& program) {
  const auto sweep = open_submitted(folder, harness::SubmittedSweep::Use::change, program);
  if (!sweep) return;
  const auto collected = sweep->collect();
  if (!collected) return program.fail(collected.error().to_string(), exit_failed);
  const harness::SubmissionStatus status = harness::status_of(*sweep);
  fmt::print("{} points collected, {} of {} are there\n", *collected, status.finished, status.points);
}

}  // namespace

void add_collect_command(CLI::App& app, Program& program) {
  auto folder = std::make_shared<std::string>();
  CLI::App* collect =
      app.add_subcommand("collect", "Gather what the jobs of a submitted sweep have measured");
  collect->footer(examples);
  collect->add_option("folder", *folder, "the folder of `upout submit`")->required()->type_name("DIR");
  collect->callback([folder, &program] { execute(*folder, program); });
}

}  // namespace upout
