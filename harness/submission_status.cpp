#include "harness/submission_status.h"

#include <fmt/format.h>

#include <cstddef>
#include <map>

namespace upout::harness {

namespace {

using nlohmann::json;
using schedulers::SubmittedJob;

json task_json(const SubmittedSweep& sweep, const SubmittedJob& job, std::size_t task) {
  const TaskProgress progress = sweep.progress_of(job, task);
  return {{"job", job.number},
          {"task", job.is_array() ? json(task + 1) : json(nullptr)},
          {"id", job.has_id() ? json(job.id) : json(nullptr)},
          {"name", job.name},
          {"nodes", job.nodes},
          {"attempt", job.attempt},
          {"state", job.has_id() ? json(name_of(job.tasks[task].state)) : json("submitting")},
          {"points", progress.points},
          {"finished", progress.finished},
          {"failed", progress.failed},
          {"folder", job.folder_of(task)}};
}

/// "3", "3_2" of an array
std::string label(const json& task) {
  const std::string job = std::to_string(task.at("job").get<unsigned>());
  return task.at("task").is_null() ? job : job + "_" + std::to_string(task.at("task").get<unsigned>());
}

std::string line(const json& task) {
  const auto count = [&](const char* name) { return task.at(name).get<std::size_t>(); };
  return fmt::format("{:<7}  {:>5}  {:<11}  {:>9}  {:>6}  {}\n", label(task), count("nodes"),
                     task.at("state").get<std::string>(),
                     fmt::format("{}/{}", count("finished"), count("points")), count("failed"),
                     task.at("id").is_null() ? "-" : task.at("id").get<std::string>());
}

}  // namespace

SubmissionStatus status_of(const SubmittedSweep& sweep) {
  std::map<PointState, std::size_t> counts;
  for (const Point& point : sweep.plan().points) ++counts[sweep.state_of(point)];
  json tasks = json::array();
  bool is_going_on = false;
  for (const SubmittedJob& job : sweep.books().jobs) {
    for (std::size_t n = 0; n < job.tasks.size(); ++n) {
      tasks.push_back(task_json(sweep, job, n));
      // One without an id only the user can move.
      is_going_on = is_going_on || (job.has_id() && !schedulers::is_over(job.tasks[n].state));
    }
  }
  const std::size_t points = sweep.plan().points.size();
  const std::size_t finished = counts[PointState::finished];
  return {.document = {{"scheduler", sweep.books().scheduler},
                       {"points", points},
                       {"finished", finished},
                       {"in_jobs", counts[PointState::in_a_job]},
                       {"failed", counts[PointState::failed]},
                       {"missing", counts[PointState::is_missing]},
                       {"jobs", std::move(tasks)}},
          .points = points,
          .finished = finished,
          .is_going_on = is_going_on};
}

std::string render_status(const SubmissionStatus& status) {
  std::string text =
      fmt::format("{:<7}  {:>5}  {:<11}  {:>9}  {:>6}  id\n", "job", "nodes", "state", "points", "failed");
  for (const json& task : status.document.at("jobs")) text += line(task);
  const auto count = [&](const char* name) { return status.document.at(name).get<std::size_t>(); };
  return text + fmt::format("{} of {} points finished, {} in jobs, {} failed, {} in no job\n",
                            status.finished, status.points, count("in_jobs"), count("failed"),
                            count("missing"));
}

}  // namespace upout::harness
