#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "harness/schedulers/kinds.h"
#include "harness/schedulers/output.h"
#include "harness/schedulers/script.h"

namespace upout::harness::schedulers {

namespace {

using platform::Expected;

class Pbs final : public Scheduler {
 public:
  std::string_view name() const override { return "pbs"; }
  std::string_view description() const override {
    return "PBS Professional and OpenPBS: qsub, mpirun; tried against a stand-in that prints what it prints";
  }
  Expected<std::string> render(const JobRequest& job, const Resources& resources) const override;
  std::string launcher(const Resources& resources) const override { return mpirun_launcher(resources); }
  CommandLine submit_command(const std::string& script) const override { return {"qsub", script}; }
  Expected<std::string> read_id(std::string_view output) const override;
  /// A server that keeps no history of jobs refuses -x, also for those that are not over.
  CommandLine state_command(const std::string& id, unsigned task) const override {
    return shell_command("qstat -x -f \"$1\" || exec qstat -f \"$1\"", {task == 0 ? id : of_task(id, task)});
  }
  Expected<JobState> read_state(std::string_view output, int exit_status) const override;
  CommandLine cancel_command(const std::string& id) const override { return {"qdel", id}; }

 private:
  /// "123[].server" becomes "123[4].server".
  static std::string of_task(const std::string& id, unsigned task) {
    const auto bracket = id.find("[]");
    return bracket == std::string::npos
               ? id
               : fmt::format("{}[{}]{}", id.substr(0, bracket), task, id.substr(bracket + 2));
  }
};

/// A chunk for each node (qsub(1B), -l select and place).
std::string select_of(const JobRequest& job, const Resources& resources) {
  std::string select = fmt::format("select={}:ncpus={}:mpiprocs={}", job.nodes, resources.cores_per_node(),
                                   resources.ranks_per_node);
  if (resources.memory_bytes_per_node)
    select += fmt::format(":mem={}mb", mebibytes(*resources.memory_bytes_per_node));
  if (!resources.constraint.empty()) select += fmt::format(":{}=True", resources.constraint);
  return select;
}

std::vector<Directive> directives_of(const JobRequest& job, const Resources& resources) {
  const auto minutes = job.time.count();
  std::vector<Directive> all = {{"-S /bin/bash"}, {"-N " + job.name}};
  if (!resources.queue.empty()) all.push_back({"-q " + resources.queue});
  if (!resources.account.empty()) all.push_back({"-A " + resources.account});
  all.push_back({"-l " + select_of(job, resources),
                 "a chunk is a node: its cores, and the ranks that mpirun may start"});
  all.push_back(resources.exclusive
                    ? Directive{"-l place=scatter:excl",
                                "each on another node, with no other job: it would be measured too"}
                    : Directive{"-l place=scatter", "each on another node"});
  all.push_back({fmt::format("-l walltime={:02}:{:02}:00", minutes / 60, minutes % 60)});
  if (job.tasks > 1)
    all.push_back({fmt::format("-J 1-{}", job.tasks)});
  else
    all.push_back({"-r n", "what is missing in the end, upout submits again, and nothing else"});
  all.push_back({"-j oe"});
  all.push_back({job.tasks > 1 ? "-o scheduler-^array_index^.log" : "-o scheduler.log",
                 "what PBS itself has to say; the job writes its own log as it goes"});
  return all;
}

Expected<std::string> Pbs::render(const JobRequest& job, const Resources& resources) const {
  auto checked = check(job, resources, name());
  if (checked) checked = check_without("constraint", resources.constraint, ".:@+", "PBS");
  if (!checked) return tl::unexpected(checked.error());
  return header("#PBS", directives_of(job, resources)) +
         body(job, resources,
              {.task_variable = "PBS_ARRAY_INDEX",
               .preparation = hostfile_preparation("PBS_NODEFILE"),
               .redirects = true,
               .tells_itself = true});
}

/// "123.server", of an array "123[].server" (qsub(1B), Description).
Expected<std::string> Pbs::read_id(std::string_view output) const {
  const std::string_view id = without_line_end(output);
  const std::string_view number = id.substr(0, id.find_first_of(".["));
  const std::string_view rest = id.substr(number.size());
  const bool has_server = rest.starts_with('.') || rest.starts_with("[].");
  if (is_number(number) && has_server && id.find_first_of(" \n") == std::string_view::npos)
    return std::string(id);
  return not_understood("qsub", output, "a job's id such as 123.server");
}

/// Of a line "    NAME = VALUE" of qstat -f.
std::optional<std::string_view> attribute(std::string_view output, std::string_view name) {
  const std::string start = fmt::format("    {} = ", name);
  for (std::size_t place = 0; (place = output.find(start, place)) != std::string_view::npos; ++place) {
    if (place != 0 && output[place - 1] != '\n') continue;
    const std::string_view rest = output.substr(place + start.size());
    return rest.substr(0, rest.find('\n'));
  }
  return std::nullopt;
}

/// Of a job that is over. Numbers: JOB_EXEC_ and JOB_SUBSTATE_ of OpenPBS, src/include/job.h; 256 + N: signal
/// N.
JobState end_of(std::optional<std::string_view> exit_status, std::optional<std::string_view> substate) {
  constexpr int killed_for_walltime = -29;
  constexpr int sister_failed = -14;
  constexpr int mother_superior_failed = -20;
  constexpr int by_signal = 256;
  constexpr std::string_view terminated = "91";  // by qdel
  int status = 1;
  if (exit_status) std::from_chars(exit_status->data(), exit_status->data() + exit_status->size(), status);
  if (status == killed_for_walltime || status == told_status) return JobState::timed_out;
  if (status == sister_failed || status == mother_superior_failed) return JobState::node_failed;
  if (substate == terminated || status == by_signal + 15 || status == 128 + 15) return JobState::cancelled;
  return status == 0 && exit_status ? JobState::done : JobState::failed;
}

/// States: qstat(1B), column S.
Expected<JobState> Pbs::read_state(std::string_view output, int exit_status) const {
  const auto state = attribute(output, "job_state");
  if (state && state->size() == 1) {
    constexpr std::string_view waiting = "QHWT";
    constexpr std::string_view going = "RESUB";
    if (waiting.find(*state) != std::string_view::npos) return JobState::queued;
    if (going.find(*state) != std::string_view::npos) return JobState::running;
    if (*state == "F" || *state == "X")
      return end_of(attribute(output, "Exit_status"), attribute(output, "substate"));
  }
  if (!state && output.find("Unknown Job Id") != std::string_view::npos) return JobState::unknown;
  return not_understood("qstat -x -f", output, "job_state = LETTER", exit_status);
}

}  // namespace

const Scheduler& pbs() {
  static const Pbs scheduler;
  return scheduler;
}

}  // namespace upout::harness::schedulers
