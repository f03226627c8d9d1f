#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/schedulers/kinds.h"
#include "harness/schedulers/output.h"
#include "harness/schedulers/script.h"

namespace upout::harness::schedulers {

namespace {

using platform::Expected;

class Flux final : public Scheduler {
 public:
  std::string_view name() const override { return "flux"; }
  std::string_view description() const override {
    return "Flux: flux batch, flux run; tried against a stand-in that prints what it prints";
  }
  Expected<std::string> render(const JobRequest& job, const Resources& resources) const override;
  std::string launcher(const Resources& resources) const override {
    return fmt::format("flux run --ntasks={{ranks}} --cores-per-task={} --setopt=cpu-affinity=per-task",
                       resources.cores_per_rank);
  }
  /// Ids in decimal: what it prints by itself is not ASCII everywhere. If only that goes wrong, the job was
  /// taken all the same: its id is not understood then, and nobody believes that it was refused.
  CommandLine submit_command(const std::string& script) const override {
    return {"sh", "-c", "id=$(flux batch \"$1\") || exit; flux job id --to=dec \"$id\" || echo \"$id\"",
            "upout", script};
  }
  Expected<std::string> read_id(std::string_view output) const override;
  CommandLine state_command(const std::string& id, unsigned) const override {
    return shell_command("exec flux jobs -n -o '{state}|{result}|{returncode}|{exception.type}' \"$1\"",
                         {id});
  }
  Expected<JobState> read_state(std::string_view output, int exit_status) const override;
  CommandLine cancel_command(const std::string& id) const override { return {"flux", "cancel", id}; }
};

/// Reasons stand behind the directives: a line between them would end them (Flux RFC 36).
std::vector<Directive> directives_of(const JobRequest& job, const Resources& resources) {
  std::vector<Directive> all = {{"--job-name=" + job.name}};
  if (!resources.queue.empty()) all.push_back({"--queue=" + resources.queue});
  if (!resources.account.empty()) all.push_back({"--setattr=bank=" + resources.account});
  if (!resources.constraint.empty()) all.push_back({"--requires=" + resources.constraint});
  all.push_back({fmt::format("--nodes={}", job.nodes)});
  all.push_back({fmt::format("--nslots={}  # ranks", job.nodes * resources.ranks_per_node)});
  all.push_back({fmt::format("--cores-per-slot={}", resources.cores_per_rank)});
  if (resources.exclusive)
    all.push_back({"--exclusive  # no other job on the nodes, which would be measured too"});
  all.push_back({fmt::format("--time-limit={}m", job.time.count())});
  all.push_back(
      {"--output=scheduler.log  # what Flux itself has to say; the job writes its own log as it goes"});
  return all;
}

/// Its --signal goes to the broker and not to the script: the script tells upout itself.
Expected<std::string> Flux::render(const JobRequest& job, const Resources& resources) const {
  auto checked = check(job, resources, name());
  if (checked) checked = check_without("constraint", resources.constraint, ":", "Flux");
  if (checked && job.tasks > 1)
    checked = platform::unexpected("--scheduler flux", fmt::format("an array of {} tasks", job.tasks),
                                   "jobs of their own, for Flux has no arrays of batch jobs");
  if (checked && resources.memory_bytes_per_node && !resources.exclusive)
    checked = platform::unexpected("memory", "an amount of it",
                                   "exclusive = true, for Flux hands out no memory alone");
  if (!checked) return tl::unexpected(checked.error());
  return header("# flux:", directives_of(job, resources)) +
         body(job, resources, {.redirects = true, .tells_itself = true});
}

Expected<std::string> Flux::read_id(std::string_view output) const {
  const std::string_view id = without_line_end(output);
  if (is_number(id)) return std::string(id);
  return not_understood("flux batch", output, "the number of a job");
}

/// States and results: flux-jobs(1), Job Status.
Expected<JobState> Flux::read_state(std::string_view output, int exit_status) const {
  std::array<std::string_view, 4> fields{};
  std::string_view rest = without_line_end(output);
  for (std::string_view& field : fields) {
    field = rest.substr(0, rest.find('|'));
    rest.remove_prefix(std::min(rest.size(), field.size() + 1));
  }
  const auto& [state, result, code, exception] = fields;
  if (state == "NEW" || state == "DEPEND" || state == "PRIORITY" || state == "SCHED") return JobState::queued;
  if (state == "RUN" || state == "CLEANUP") return JobState::running;
  if (state == "INACTIVE") {
    if (exception == "node-failure") return JobState::node_failed;
    if (exception == "preempt") return JobState::preempted;
    if (result == "COMPLETED") return JobState::done;
    if (result == "TIMEOUT" || code == std::to_string(told_status)) return JobState::timed_out;
    if (result == "CANCELED") return JobState::cancelled;
    if (result == "FAILED") return JobState::failed;
  }
  const std::string_view line = without_line_end(output);
  if (line.find("JobID ") != std::string_view::npos && line.ends_with(" unknown")) return JobState::unknown;
  return not_understood("flux jobs", output, "STATE|RESULT|RETURNCODE|EXCEPTION", exit_status);
}

}  // namespace

const Scheduler& flux() {
  static const Flux scheduler;
  return scheduler;
}

}  // namespace upout::harness::schedulers
