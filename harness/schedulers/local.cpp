#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "harness/schedulers/embedded.h"
#include "harness/schedulers/kinds.h"
#include "harness/schedulers/output.h"
#include "harness/schedulers/script.h"

namespace upout::harness::schedulers {

namespace {

using platform::Expected;

std::string text_of(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

class Local final : public Scheduler {
 public:
  std::string_view name() const override { return "local"; }
  std::string_view description() const override {
    return "this machine, without a scheduler: one job after another, in the background";
  }
  Expected<std::string> render(const JobRequest& job, const Resources& resources) const override;
  std::string launcher(const Resources&) const override { return ""; }
  CommandLine submit_command(const std::string& script) const override {
    return {"bash",         "-c",   text_of({embedded::local_submit}),
            "upout-submit", script, text_of({embedded::local_run})};
  }
  Expected<std::string> read_id(std::string_view output) const override;
  CommandLine state_command(const std::string& id, unsigned task) const override {
    return {"bash",
            "-c",
            text_of({embedded::local_process, embedded::local_state}),
            "upout-state",
            folder_of(id),
            process_of(id),
            std::to_string(task)};
  }
  Expected<JobState> read_state(std::string_view output, int exit_status) const override;
  CommandLine cancel_command(const std::string& id) const override {
    return {"bash",         "-c",          text_of({embedded::local_process, embedded::local_cancel}),
            "upout-cancel", folder_of(id), process_of(id)};
  }

 private:
  static std::string process_of(const std::string& id) { return id.substr(0, id.find('@')); }
  static std::string folder_of(const std::string& id) { return id.substr(id.find('@') + 1); }
};

Expected<std::string> Local::render(const JobRequest& job, const Resources& resources) const {
  if (auto checked = check(job, resources, name()); !checked) return tl::unexpected(checked.error());
  if (job.nodes > 1)
    return platform::unexpected("--scheduler local", fmt::format("a job of {} nodes", job.nodes),
                                "1, for it has this machine alone");
  const auto limit = std::chrono::duration_cast<std::chrono::seconds>(job.time);
  return fmt::format(
             "#!/bin/bash\n"
             "# {}: runs in the background of the machine where it was submitted, when its turn has come.\n"
             "# how often it runs, each time with another UPOUT_TASK\n"
             "#LOCAL tasks {}\n"
             "# after how many seconds it is killed, and how many before that it is told by SIGTERM\n"
             "#LOCAL seconds {}\n"
             "#LOCAL notice {}\n",
             job.name, job.tasks, limit.count(), notice_of(job).count()) +
         body(job, resources, {.task_variable = "UPOUT_TASK"});
}

Expected<std::string> Local::read_id(std::string_view output) const {
  const std::string_view id = without_line_end(output);
  const std::string_view process = id.substr(0, id.find('@'));
  const std::string_view pid = process.substr(0, process.find('-'));
  const std::string_view start = process.substr(std::min(process.size(), pid.size() + 1));
  if (is_number(pid) && is_number(start) && id.substr(process.size()).substr(0, 2) == "@/" &&
      id.find('\n') == std::string_view::npos)
    return std::string(id);
  return not_understood("what started the job", output, "PID-START@FOLDER");
}

Expected<JobState> Local::read_state(std::string_view output, int exit_status) const {
  const std::string_view state = without_line_end(output);
  if (exit_status == 0) {
    for (const JobState each :
         {JobState::queued, JobState::running, JobState::timed_out, JobState::cancelled, JobState::unknown})
      if (state == name_of(each)) return each;
    // Neither the runner nor its last word is there: the machine went down, or somebody killed it.
    if (state == "lost") return JobState::node_failed;
    if (state == "ended 0") return JobState::done;
    if (state.starts_with("ended ") && is_number(state.substr(6))) return JobState::failed;
    if (state.starts_with("elsewhere "))
      return platform::unexpected("the state of a local job",
                                  fmt::format("that it was submitted on {}", state.substr(10)),
                                  "to be asked there");
  }
  return not_understood("what told the job's state", output, "a state", exit_status);
}

}  // namespace

const Scheduler& local() {
  static const Local scheduler;
  return scheduler;
}

}  // namespace upout::harness::schedulers
