#include <fmt/format.h>

#include <memory>
#include <string>

#include "benchmarks/upout/command.h"
#include "benchmarks/upout/submitted.h"
#include "harness/submission_status.h"

namespace upout {

namespace {

struct StatusCommand {
  std::string folder;
  bool json = false;
};

constexpr const char* examples = R"(
Examples:
  upout status results-dir
  while upout status results-dir; [ $? -eq 3 ]; do sleep 60; done

Asks the scheduler for the jobs that are not over. A line for each job, and a line that sums up.
Exit status: 0 if every point is finished, 3 if not and a job is not over, 1 if no job is left or the scheduler does
not tell, 2 if the folder or the options make no sense.)";

void execute(const StatusCommand& command, Program& program) {
  auto sweep = open_submitted(command.folder, harness::SubmittedSweep::Use::look, program);
  if (!sweep) return;
  const bool is_known = refresh_and_save(*sweep, program);
  const harness::SubmissionStatus status = harness::status_of(*sweep);
  fmt::print("{}", command.json ? status.document.dump(2) + "\n" : harness::render_status(status));
  if (is_known && status.finished < status.points)
    program.status = status.is_going_on ? exit_going_on : exit_failed;
}

}  // namespace

void add_status_command(CLI::App& app, Program& program) {
  auto command = std::make_shared<StatusCommand>();
  CLI::App* status = app.add_subcommand("status", "Show how the jobs of a submitted sweep are");
  status->footer(examples);
  status->add_option("folder", command->folder, "the folder of `upout submit`")->required()->type_name("DIR");
  status->add_flag("--json", command->json, "write it as JSON");
  status->callback([command, &program] { execute(*command, program); });
}

}  // namespace upout
