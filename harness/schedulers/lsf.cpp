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

/// LSF. Where it hands out whole nodes and jsrun starts ranks on them (Summit, Sierra), nodes are asked for
/// instead of slots.
class Lsf final : public Scheduler {
 public:
  explicit Lsf(bool has_jsrun) : has_jsrun_(has_jsrun) {}

  std::string_view name() const override { return has_jsrun_ ? "lsf-jsrun" : "lsf"; }
  std::string_view description() const override {
    return has_jsrun_ ? "LSF where jsrun starts ranks: bsub -nnodes; tried against a stand-in that prints "
                        "what it prints"
                      : "IBM Spectrum LSF: bsub, mpirun; tried against a stand-in that prints what it prints";
  }
  Expected<std::string> render(const JobRequest& job, const Resources& resources) const override;
  std::string launcher(const Resources& resources) const override {
    return has_jsrun_
               ? fmt::format("jsrun --nrs {{ranks}} --tasks_per_rs 1 --cpu_per_rs {0} --bind packed:{0}",
                             resources.cores_per_rank)
               : mpirun_launcher(resources);
  }
  /// It reads directives of its input alone.
  CommandLine submit_command(const std::string& script) const override {
    return {"sh", "-c", "exec bsub <\"$1\"", "upout", script};
  }
  Expected<std::string> read_id(std::string_view output) const override;
  CommandLine state_command(const std::string& id, unsigned task) const override {
    return shell_command("exec bjobs -a -noheader -o \"stat exit_code exit_reason delimiter='|'\" \"$1\"",
                         {task == 0 ? id : fmt::format("{}[{}]", id, task)});
  }
  Expected<JobState> read_state(std::string_view output, int exit_status) const override;
  CommandLine cancel_command(const std::string& id) const override { return {"bkill", id}; }

 private:
  std::vector<Directive> directives_of(const JobRequest& job, const Resources& resources) const;
  void ask_for_slots(const JobRequest& job, const Resources& resources, std::vector<Directive>& all) const;

  bool has_jsrun_;
};

void Lsf::ask_for_slots(const JobRequest& job, const Resources& resources,
                        std::vector<Directive>& all) const {
  all.push_back({fmt::format("-n {}", job.nodes * resources.ranks_per_node), "a slot is a rank"});
  all.push_back({fmt::format("-R \"span[ptile={}]\"", resources.ranks_per_node), "so many on each node"});
  all.push_back(
      {fmt::format("-R \"affinity[core({})]\"", resources.cores_per_rank), "with so many cores each"});
  if (resources.memory_bytes_per_node)
    all.push_back({fmt::format("-R \"rusage[mem={}MB/host]\"", mebibytes(*resources.memory_bytes_per_node))});
  if (!resources.constraint.empty()) all.push_back({fmt::format("-R \"select[{}]\"", resources.constraint)});
  if (resources.exclusive) all.push_back({"-x", "no other job on the nodes: it would be measured too"});
}

std::vector<Directive> Lsf::directives_of(const JobRequest& job, const Resources& resources) const {
  std::vector<Directive> all = {
      {job.tasks > 1 ? fmt::format("-J \"{}[1-{}]\"", job.name, job.tasks) : "-J " + job.name}};
  if (!resources.queue.empty()) all.push_back({"-q " + resources.queue});
  if (!resources.account.empty()) all.push_back({"-P " + resources.account});
  if (has_jsrun_) {
    all.push_back({fmt::format("-nnodes {}", job.nodes), "whole nodes, which jsrun divides"});
    all.push_back({"-alloc_flags smt1", "one hardware thread a core"});
  } else {
    ask_for_slots(job, resources, all);
  }
  all.push_back({fmt::format("-W {}", job.time.count()), "minutes"});
  all.push_back({"-rn", "what is missing in the end, upout submits again, and nothing else"});
  all.push_back({job.tasks > 1 ? "-o scheduler-%I.log" : "-o scheduler.log",
                 "what LSF itself has to say; the job writes its own log as it goes"});
  return all;
}

/// The warning action of -wa goes to all processes of a job, so that points would be told twice, by LSF and
/// by upout, which means hurry: the script tells upout itself.
Expected<std::string> Lsf::render(const JobRequest& job, const Resources& resources) const {
  auto checked = check(job, resources, name());
  // In a resource requirement these are operators ("select[]" of the LSF administrator's guide).
  if (checked) checked = check_without("constraint", resources.constraint, ".-+@:", "LSF");
  if (checked && has_jsrun_ && !resources.constraint.empty())
    checked = platform::unexpected("constraint", fmt::format("'{}'", resources.constraint),
                                   "none: with -nnodes LSF chooses among all nodes of the queue");
  if (checked && has_jsrun_ && !resources.exclusive)
    checked =
        platform::unexpected("exclusive", "false", "true, for whole nodes are all that there is with jsrun");
  if (!checked) return tl::unexpected(checked.error());
  return header("#BSUB", directives_of(job, resources)) +
         body(job, resources,
              {.task_variable = "LSB_JOBINDEX",
               .preparation = has_jsrun_ ? "" : hostfile_preparation("LSB_DJOB_HOSTFILE"),
               .redirects = true,
               .tells_itself = true});
}

/// "Job <123> is submitted to default queue <normal>."
Expected<std::string> Lsf::read_id(std::string_view output) const {
  constexpr std::string_view start = "Job <";
  const auto place = output.find(start);
  if (place != std::string_view::npos) {
    const std::string_view rest = output.substr(place + start.size());
    const std::string_view id = rest.substr(0, rest.find('>'));
    if (is_number(id) && rest.substr(id.size()).starts_with("> is submitted")) return std::string(id);
  }
  return not_understood("bsub", output, "Job <NUMBER> is submitted");
}

/// Termination reasons:
/// https://www.ibm.com/docs/en/spectrum-lsf/10.1.0?topic=jobs-termination-reasons-displayed
JobState end_of(std::string_view code, std::string_view reason) {
  constexpr std::array<std::pair<std::string_view, JobState>, 9> reasons{
      {{"TERM_RUNLIMIT", JobState::timed_out},
       {"TERM_DEADLINE", JobState::timed_out},
       {"TERM_PREEMPT", JobState::preempted},
       {"TERM_REMOVE_HUNG_JOB", JobState::node_failed},
       {"TERM_OWNER", JobState::cancelled},
       {"TERM_ADMIN", JobState::cancelled},
       {"TERM_FORCE_OWNER", JobState::cancelled},
       {"TERM_FORCE_ADMIN", JobState::cancelled},
       {"TERM_BUCKET_KILL", JobState::cancelled}}};
  const std::string_view word = reason.substr(0, reason.find(':'));
  const auto* found = std::ranges::find(reasons, word, [](const auto& each) { return each.first; });
  if (found != reasons.end()) return found->second;
  return code == std::to_string(told_status) ? JobState::timed_out : JobState::failed;
}

/// "EXIT|143|TERM_OWNER: job killed by owner": bjobs -o, and the states of bjobs(1).
Expected<JobState> Lsf::read_state(std::string_view output, int exit_status) const {
  const std::string_view line = without_line_end(output);
  const std::string_view state = line.substr(0, line.find('|'));
  std::string_view rest = line.substr(std::min(line.size(), state.size() + 1));
  const std::string_view code = rest.substr(0, rest.find('|'));
  rest.remove_prefix(std::min(rest.size(), code.size() + 1));
  if (state == "PEND" || state == "PSUSP" || state == "WAIT" || state == "PROV") return JobState::queued;
  // UNKWN: nothing was heard of its host for a while.
  if (state == "RUN" || state == "SSUSP" || state == "USUSP" || state == "UNKWN") return JobState::running;
  if (state == "DONE") return JobState::done;
  if (state == "ZOMBI") return JobState::node_failed;
  if (state == "EXIT") return end_of(code, rest);
  if (line.starts_with("Job <") && line.ends_with("is not found")) return JobState::unknown;
  return not_understood("bjobs", output, "STAT|EXIT_CODE|EXIT_REASON", exit_status);
}

}  // namespace

const Scheduler& lsf() {
  static const Lsf scheduler(false);
  return scheduler;
}

const Scheduler& lsf_jsrun() {
  static const Lsf scheduler(true);
  return scheduler;
}

}  // namespace upout::harness::schedulers
