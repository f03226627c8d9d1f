#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "harness/schedulers/scheduler.h"

namespace upout::harness::schedulers {

/// One whose programs are lines of a shell: $1 is the script, or a job's id, $2 a task's number. They print
/// "id ID", or a state's name.
class FakeScheduler final : public Scheduler {
 public:
  FakeScheduler(std::string submit, std::string state, std::string cancel,
                std::string launcher = "start {ranks}")
      : submit_(std::move(submit)),
        state_(std::move(state)),
        cancel_(std::move(cancel)),
        launcher_(std::move(launcher)) {}

  std::string_view name() const override { return "fake"; }
  std::string_view description() const override { return "for tests"; }
  platform::Expected<std::string> render(const JobRequest& job, const Resources&) const override {
    if (job.name.find("unrenderable") != std::string::npos)
      return platform::unexpected("plan.toml:1", "what cannot be rendered", "something else");
    std::string text =
        fmt::format("# {} {} nodes {} tasks {} minutes\n", job.name, job.nodes, job.tasks, job.time.count());
    for (const std::string& word : job.command) text += word + "\n";
    return text;
  }
  std::string launcher(const Resources&) const override { return launcher_; }
  CommandLine submit_command(const std::string& script) const override {
    return {"sh", "-c", submit_, "submit", script};
  }
  platform::Expected<std::string> read_id(std::string_view output) const override {
    if (!output.starts_with("id ")) return platform::unexpected("fake", std::string(output), "an id");
    return std::string(output.substr(3, output.size() - 4));
  }
  CommandLine state_command(const std::string& id, unsigned task) const override {
    return {"sh", "-c", state_, "state", id, std::to_string(task)};
  }
  platform::Expected<JobState> read_state(std::string_view output, int exit_status) const override {
    for (const JobState state :
         {JobState::queued, JobState::running, JobState::done, JobState::failed, JobState::timed_out,
          JobState::preempted, JobState::node_failed, JobState::cancelled, JobState::unknown})
      if (exit_status == 0 && output == std::string(name_of(state)) + "\n") return state;
    return platform::unexpected("fake", std::string(output), "a state");
  }
  CommandLine cancel_command(const std::string& id) const override {
    return {"sh", "-c", cancel_, "cancel", id};
  }

 private:
  std::string submit_;
  std::string state_;
  std::string cancel_;
  std::string launcher_;
};

}  // namespace upout::harness::schedulers
