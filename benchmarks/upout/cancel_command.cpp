#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "benchmarks/upout/command.h"
#include "benchmarks/upout/submitted.h"
#include "harness/schedulers/call.h"
#include "harness/submission_status.h"

namespace upout {

namespace {

using harness::SubmittedSweep;

constexpr const char* examples = R"(
Examples:
  upout cancel results-dir

Cancels the jobs of a submitted sweep that are not over. What they have finished stays; `upout submit` goes on with the rest.
Exit status: 0 if there is no job left to be cancelled, 1 if one could not be, 2 if the folder makes no sense.)";

bool is_going_on(const harness::schedulers::SubmittedJob& job) {
  return std::ranges::any_of(job.tasks, [](const harness::schedulers::SubmittedTask& task) {
    return !harness::schedulers::is_over(task.state);
  });
}

/// Errors are said, and the other jobs are cancelled all the same.
void cancel(const SubmittedSweep& sweep, const harness::schedulers::SubmittedJob& job, Program& program) {
  if (!job.has_id())
    return program.fail(
        fmt::format("job {} ({}): has no id; `upout submit` says what to do", job.number, job.name),
        exit_failed);
  const auto cancelled =
      harness::schedulers::cancel(sweep.scheduler(), job.id, sweep.folder().path().string());
  if (!cancelled) program.fail(cancelled.error().to_string(), exit_failed);
}

void execute(const std::string& folder, Program& program) {
  auto sweep = open_submitted(folder, SubmittedSweep::Use::change, program);
  if (!sweep) return;
  refresh_and_save(*sweep, program);
  for (const auto& job : sweep->books().jobs)
    if (is_going_on(job)) cancel(*sweep, job, program);
  refresh_and_save(*sweep, program);
  fmt::print("{}", harness::render_status(harness::status_of(*sweep)));
}

}  // namespace

void add_cancel_command(CLI::App& app, Program& program) {
  auto folder = std::make_shared<std::string>();
  CLI::App* cancel = app.add_subcommand("cancel", "Cancel the jobs of a submitted sweep");
  cancel->footer(examples);
  cancel->add_option("folder", *folder, "the folder of `upout submit`")->required()->type_name("DIR");
  cancel->callback([folder, &program] { execute(*folder, program); });
}

}  // namespace upout
