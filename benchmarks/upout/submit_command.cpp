#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/upout/command.h"
#include "harness/job_submission.h"
#include "harness/plan.h"
#include "harness/progress.h"
#include "harness/schedulers/call.h"
#include "harness/submitted_sweep.h"
#include "platform/topology.h"

namespace upout {

namespace {

using platform::Expected;

struct SubmitCommand {
  std::string plan;
  std::string out;
  std::string scheduler;
  std::vector<std::string> jobs;  ///< as --job has them
  harness::SubmitOptions options;
  bool dry_run = false;  ///< write the scripts, and leave it at that
};

constexpr const char* examples = R"(
Examples:
  upout submit plan.toml --out results-dir --dry-run
  upout submit plan.toml --out results-dir --scheduler slurm
  upout status results-dir
  upout collect results-dir && upout report results-dir

Packs the plan's points into jobs by their nodes and the time that they may take, writes a script for each and submits it.
The plan says in [resources] what to ask for. Called again, it submits what is missing: points of jobs that were ended by
their time limit, by a lost node or otherwise before their turn. Points that were measured and failed are left
alone without --retry-failed. A line a job on stdout. Exit status: 0 if every point is finished or in a job, 1 if not, 2 if the
plan or the options make no sense.)";

constexpr const char* resources_example = R"(
[resources]
nodes = 2
ranks_per_node = 32
cores_per_rank = 1
time = "2h"
)";

Expected<std::map<unsigned, std::string>> ids_of(const std::vector<std::string>& jobs) {
  std::map<unsigned, std::string> ids;
  for (const std::string& text : jobs) {
    unsigned number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || end - rest < 2 || *rest != '=')
      return platform::unexpected("--job", "'" + text + "'", "N=ID or N=none");
    const std::string id(rest + 1, end);
    ids[number] = id == "none" ? "" : id;
  }
  return ids;
}

void print_job(const harness::MadeJob& made) {
  fmt::print("{:>4}  {:>5}  {:>6}  {:>9}  {}  {}\n", made.job.number, made.job.nodes, made.points(),
             harness::render_duration(double(made.time.count())), made.script,
             made.job.has_id() ? made.job.id : "-");
  std::fflush(stdout);
}

void print_summary(const harness::PreparedJobs& prepared, bool dry_run) {
  fmt::print(stderr, "upout: {} points {}, {} finished before, {} in jobs already\n", prepared.points,
             dry_run ? "would be submitted" : "submitted", prepared.finished, prepared.in_jobs);
}

Expected<harness::SubmittedSweep> begin(const SubmitCommand& command, const harness::Plan& plan,
                                        const harness::MachineSize& machine) {
  const std::string out =
      command.out.empty() ? std::filesystem::path(plan.path).stem().string() + "-results" : command.out;
  const harness::schedulers::Scheduler* scheduler = &harness::schedulers::scheduler_here();
  if (!command.scheduler.empty()) {
    const auto named = harness::schedulers::scheduler_named(command.scheduler, "--scheduler");
    if (!named) return tl::unexpected(named.error());
    scheduler = *named;
  }
  return harness::SubmittedSweep::begin(plan, out, *scheduler, machine);
}

Expected<void> submit(harness::SubmittedSweep& sweep, const harness::PreparedJobs& prepared, bool dry_run) {
  fmt::print("{:>4}  {:>5}  {:>6}  {:>9}  script  id\n", "job", "nodes", "points", "time");
  if (!dry_run) return harness::submit_jobs(sweep, prepared.jobs, print_job);
  std::ranges::for_each(prepared.jobs, print_job);
  return {};
}

void execute(SubmitCommand& command, Program& program) {
  auto ids = ids_of(command.jobs);
  if (!ids) return program.fail(ids.error().to_string(), exit_usage);
  command.options.ids = std::move(*ids);
  command.options.program = program.path;
  const auto topology = platform::Topology::discover();
  if (!topology) return program.fail(topology.error().to_string(), exit_usage);
  const harness::MachineSize machine{topology->cores(), topology->processing_units()};
  const auto plan = harness::read_plan(command.plan, machine);
  if (!plan) return program.fail(plan.error().to_string(), exit_usage);
  if (!plan->resources) {
    program.fail(
        plan->path + ": found a plan without [resources], expected what to ask a scheduler for, such as",
        exit_usage);
    return fmt::print(stderr, "{}", resources_example);
  }
  for (const std::string& warning : plan->warnings) fmt::print(stderr, "upout: warning: {}\n", warning);

  auto sweep = begin(command, *plan, machine);
  if (!sweep) return program.fail(sweep.error().to_string(), exit_usage);
  if (!sweep->warning().empty()) fmt::print(stderr, "upout: warning: {}\n", sweep->warning());
  const auto prepared = harness::prepare_jobs(*sweep, command.options);
  if (!prepared) return program.fail(prepared.error().to_string(), exit_usage);
  if (auto submitted = submit(*sweep, *prepared, command.dry_run); !submitted)
    return program.fail(submitted.error().to_string(), exit_failed);
  print_summary(*prepared, command.dry_run);
  if (prepared->failed > 0)
    program.fail(fmt::format("{} points failed and are in no job; --retry-failed measures them again",
                             prepared->failed),
                 exit_failed);
}

}  // namespace

void add_submit_command(CLI::App& app, Program& program) {
  auto command = std::make_shared<SubmitCommand>();
  CLI::App* submit = app.add_subcommand("submit", "Have a scheduler's jobs measure the points of a plan");
  submit->footer(examples);
  submit
      ->add_option("plan", command->plan,
                   "a plan file with [resources], or the name of one of the suite's plans")
      ->required();
  submit->add_option("--out", command->out, "the folder for jobs and results; default: PLAN-results")
      ->type_name("DIR");
  submit
      ->add_option("--scheduler", command->scheduler,
                   "whose jobs; default: the one whose programs are here, else local")
      ->type_name("NAME");
  submit
      ->add_option("--launcher", command->options.launcher,
                   "what starts ranks in a job, {ranks} in place of their number; default: the scheduler's")
      ->type_name("TEXT");
  submit->add_flag("--array", command->options.array, "jobs of as many nodes as one job array");
  submit->add_flag("--dry-run", command->dry_run, "write the scripts, and submit nothing");
  submit->add_flag("--retry-failed", command->options.retry_failed, "submit points again that failed");
  submit
      ->add_option("--job", command->jobs,
                   "the id of a job whose submission was cut short, or that there is none")
      ->type_name("N=ID|N=none");
  submit->callback([command, &program] { execute(*command, program); });
}

}  // namespace upout
