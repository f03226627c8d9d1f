#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "harness/schedulers/kinds.h"
#include "harness/schedulers/output.h"
#include "harness/schedulers/script.h"

namespace upout::harness::schedulers {

namespace {

using platform::Expected;

/// What is chosen is what srun --mpi would be, by which MPI upout is linked with: Open MPI speaks PMIx; MPICH
/// and what has its ABI (libmpi.so.12: Intel MPI, MVAPICH) PMI-2. Not if Slurm has no such plugin.
constexpr const char* preparation_text = R"(# srun no longer takes this from the job (Slurm 22.05)
export SRUN_CPUS_PER_TASK="$SLURM_CPUS_PER_TASK"

# how srun starts ranks, unless the site or the prologue says it: PMIx for Open MPI, PMI-2 for MPICH and its kin
if [ -z "${SLURM_MPI_TYPE:-}" ]; then
  case $(ldd -- PROGRAM 2>/dev/null) in
    *libmpi.so.40*) wanted=pmix ;;
    *libmpich.so* | *libmpi.so.12*) wanted=pmi2 ;;
    *) wanted= ;;
  esac
  if [ -n "$wanted" ] && srun --mpi=list 2>&1 | grep -qw "$wanted"; then export SLURM_MPI_TYPE=$wanted; fi
fi
)";

std::string preparation_for(const std::string& program) {
  constexpr std::string_view place = "PROGRAM";
  std::string text = preparation_text;
  return text.replace(text.find(place), place.size(), quote(program));
}

/// Of both scontrol (JobState=) and sacct (State): "Job State Codes" of squeue(1), sacct(1), Slurm 22.05.
constexpr std::array<std::pair<std::string_view, JobState>, 24> job_states{
    {{"PENDING", JobState::queued},        {"CONFIGURING", JobState::queued},
     {"REQUEUED", JobState::queued},       {"REQUEUE_HOLD", JobState::queued},
     {"REQUEUE_FED", JobState::queued},    {"RESV_DEL_HOLD", JobState::queued},
     {"SPECIAL_EXIT", JobState::queued},   {"RUNNING", JobState::running},
     {"COMPLETING", JobState::running},    {"SUSPENDED", JobState::running},
     {"STOPPED", JobState::running},       {"RESIZING", JobState::running},
     {"SIGNALING", JobState::running},     {"STAGE_OUT", JobState::running},
     {"COMPLETED", JobState::done},        {"FAILED", JobState::failed},
     {"OUT_OF_MEMORY", JobState::failed},  {"TIMEOUT", JobState::timed_out},
     {"DEADLINE", JobState::timed_out},    {"PREEMPTED", JobState::preempted},
     {"NODE_FAIL", JobState::node_failed}, {"BOOT_FAIL", JobState::node_failed},
     {"CANCELLED", JobState::cancelled},   {"REVOKED", JobState::cancelled}}};

class Slurm final : public Scheduler {
 public:
  std::string_view name() const override { return "slurm"; }
  std::string_view description() const override {
    return "Slurm: sbatch, srun; tests run it for real, on three nodes of Slurm 22.05";
  }
  Expected<std::string> render(const JobRequest& job, const Resources& resources) const override;
  /// How it starts them stands in SLURM_MPI_TYPE, how many cores each has in SRUN_CPUS_PER_TASK.
  std::string launcher(const Resources&) const override { return "srun --ntasks={ranks}"; }
  CommandLine submit_command(const std::string& script) const override {
    return {"sbatch", "--parsable", script};
  }
  Expected<std::string> read_id(std::string_view output) const override;
  /// scontrol knows a job until MinJobAge (300 s) after its end; sacct, where there is one, ever after.
  CommandLine state_command(const std::string& id, unsigned task) const override {
    return shell_command(
        "scontrol --oneliner show job \"$1\" || "
        "sacct --noheader --parsable2 --allocations --format=State,ExitCode --jobs \"$1\"",
        {task == 0 ? id : fmt::format("{}_{}", id, task)});
  }
  Expected<JobState> read_state(std::string_view output, int exit_status) const override;
  CommandLine cancel_command(const std::string& id) const override { return {"scancel", id}; }
};

std::vector<Directive> directives_of(const JobRequest& job, const Resources& resources) {
  std::vector<Directive> all = {{"--job-name=" + job.name}};
  if (!resources.queue.empty()) all.push_back({"--partition=" + resources.queue});
  if (!resources.account.empty()) all.push_back({"--account=" + resources.account});
  if (!resources.constraint.empty()) all.push_back({"--constraint=" + resources.constraint});
  all.push_back({fmt::format("--nodes={}", job.nodes)});
  all.push_back({fmt::format("--ntasks-per-node={}", resources.ranks_per_node)});
  all.push_back({fmt::format("--cpus-per-task={}", resources.cores_per_rank)});
  all.push_back(
      {"--distribution=block:block", "neighbouring ranks on one node and socket, as mpirun has them"});
  all.push_back(
      {"--hint=nomultithread", "one worker a core; it also binds ranks, so nothing else is said of that"});
  if (resources.exclusive)
    all.push_back({"--exclusive", "no other job on the nodes: it would be measured too"});
  if (resources.memory_bytes_per_node)
    all.push_back({fmt::format("--mem={}M", mebibytes(*resources.memory_bytes_per_node)), "of each node"});
  else if (resources.exclusive)
    all.push_back({"--mem=0", "all memory of the nodes"});
  all.push_back({fmt::format("--time={}", job.time.count()), "minutes"});
  all.push_back({fmt::format("--signal=B:TERM@{}", notice_of(job).count()),
                 "upout is told so many seconds before that, and closes its journal"});
  all.push_back({"--no-requeue", "what is missing in the end, upout submits again, and nothing else"});
  if (job.tasks > 1) all.push_back({fmt::format("--array=1-{}", job.tasks)});
  all.push_back({job.tasks > 1 ? "--output=output-%a.log" : "--output=output.log"});
  all.push_back({"--open-mode=append", "a job that is submitted again keeps what was said before"});
  return all;
}

Expected<std::string> Slurm::render(const JobRequest& job, const Resources& resources) const {
  if (auto checked = check(job, resources, name()); !checked) return tl::unexpected(checked.error());
  return header("#SBATCH", directives_of(job, resources)) +
         body(job, resources,
              {.task_variable = "SLURM_ARRAY_TASK_ID", .preparation = preparation_for(job.command.front())});
}

/// "123", or "123;cluster" where there are several.
Expected<std::string> Slurm::read_id(std::string_view output) const {
  const std::string_view line = without_line_end(output);
  const std::string_view id = line.substr(0, line.find(';'));
  if (is_number(id) && line.find_first_of(" \n") == std::string_view::npos) return std::string(id);
  return not_understood("sbatch", output, "the number of a job");
}

/// A word's end in what scontrol and sacct print.
std::string_view word_of(std::string_view text) {
  return text.substr(0, text.find_first_of(" |\n+"));
}

/// What follows `name` in the output, if it is there. JobState and ExitCode stand before all that users may
/// call what they like.
std::string_view value_of(std::string_view output, std::string_view name) {
  const auto place = output.find(name);
  return place == std::string_view::npos ? "" : word_of(output.substr(place + name.size()));
}

/// "Job 42_1 not found", on a line of its own.
bool says_not_found(std::string_view output) {
  return output.starts_with("Job ") && output.substr(0, output.find('\n')).ends_with(" not found");
}

Expected<JobState> Slurm::read_state(std::string_view output, int exit_status) const {
  std::string_view state = value_of(output, " JobState=");
  std::string_view code = value_of(output, " ExitCode=");
  if (state.empty()) {
    // sacct's line is the last one: "CANCELLED by 1000|0:0".
    const std::string_view text = without_line_end(output);
    const std::string_view line = text.substr(text.rfind('\n') + 1);
    state = word_of(line);
    code = line.substr(std::min(line.size(), line.find('|')));
    code.remove_prefix(std::min<std::size_t>(1, code.size()));
  }
  const auto* found = std::ranges::find(job_states, state, [](const auto& each) { return each.first; });
  if (found != job_states.end()) {
    // It was told that its time is up, and ended in time: upout by itself, what came before it by the signal.
    const bool was_told = code == "143:0" || code == "0:15";
    return found->second == JobState::failed && was_told ? JobState::timed_out : found->second;
  }
  // The second one is of a task whose array is still known.
  if (output.find("Invalid job id specified") != std::string_view::npos || says_not_found(output))
    return JobState::unknown;
  return not_understood("scontrol show job", output, "JobState=STATE", exit_status);
}

}  // namespace

const Scheduler& slurm() {
  static const Slurm scheduler;
  return scheduler;
}

}  // namespace upout::harness::schedulers
