#include "harness/schedulers/submission.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "harness/json_file.h"
#include "harness/schedulers/submission_schema.h"
#include "harness/schema.h"
#include "platform/text_file.h"

namespace upout::harness::schedulers {

namespace {

using nlohmann::json;
using platform::Expected;

constexpr const char* schema_name = "upout-submission/1";

JobState state_named(const std::string& name) {
  constexpr std::array all{JobState::queued,      JobState::running,   JobState::done,
                           JobState::failed,      JobState::timed_out, JobState::preempted,
                           JobState::node_failed, JobState::cancelled};
  for (const JobState state : all)
    if (name == name_of(state)) return state;
  return JobState::unknown;
}

json to_json(const SubmittedJob& job) {
  json tasks = json::array();
  for (const SubmittedTask& task : job.tasks)
    tasks.push_back({{"state", name_of(task.state)}, {"points", task.points}});
  return {{"number", job.number},
          {"name", job.name},
          {"id", job.has_id() ? json(job.id) : json(nullptr)},
          {"nodes", job.nodes},
          {"attempt", job.attempt},
          {"folder", job.folder()},
          {"tasks", std::move(tasks)}};
}

SubmittedJob job_from(const json& document) {
  SubmittedJob job{.number = document.at("number").get<unsigned>(),
                   .name = document.at("name").get<std::string>(),
                   .id = document.at("id").is_null() ? "" : document.at("id").get<std::string>(),
                   .nodes = document.at("nodes").get<unsigned>(),
                   .attempt = document.at("attempt").get<unsigned>(),
                   .tasks = {}};
  for (const json& task : document.at("tasks"))
    job.tasks.push_back({.points = task.at("points").get<std::vector<std::string>>(),
                         .state = state_named(task.at("state").get<std::string>())});
  return job;
}

/// What the schema cannot say.
Expected<void> check_numbers(const json& document) {
  for (std::size_t n = 0; n < document.at("jobs").size(); ++n) {
    const json& job = document.at("jobs").at(n);
    if (job.at("number") != n + 1)
      return platform::unexpected(fmt::format("/jobs/{}/number", n), quote(job.at("number")),
                                  std::to_string(n + 1));
    if (const std::string folder = fmt::format("jobs/{}", n + 1); job.at("folder") != folder)
      return platform::unexpected(fmt::format("/jobs/{}/folder", n), quote(job.at("folder")), folder);
  }
  return {};
}

}  // namespace

Expected<Submission> read_submission(const std::string& path) {
  const auto document = read_json(path, "the books of a submitted sweep");
  if (!document) return tl::unexpected(document.error());
  const auto valid = validate_against(embedded::submission_schema, *document).and_then([&] {
    return check_numbers(*document);
  });
  if (!valid)
    return platform::unexpected(path + ": " + valid.error().where, valid.error().found,
                                valid.error().expected);
  Submission submission{.scheduler = document->at("scheduler").get<std::string>(), .jobs = {}};
  for (const json& job : document->at("jobs")) submission.jobs.push_back(job_from(job));
  return submission;
}

Expected<void> write_submission(const Submission& submission, const std::string& path) {
  json jobs = json::array();
  for (const SubmittedJob& job : submission.jobs) jobs.push_back(to_json(job));
  const json document = {
      {"schema", schema_name}, {"scheduler", submission.scheduler}, {"jobs", std::move(jobs)}};
  return platform::write_text_file(path, document.dump(2, ' ', false, json::error_handler_t::replace) + '\n');
}

}  // namespace upout::harness::schedulers
