#pragma once

#include <string>
#include <vector>

#include "harness/schedulers/scheduler.h"
#include "platform/error.h"

namespace upout::harness::schedulers {

/// What one job measures, or one task of a job array.
struct SubmittedTask {
  std::vector<std::string> points;    ///< by their ids; not empty
  JobState state = JobState::queued;  ///< when it was asked for last
};

struct SubmittedJob {
  unsigned number = 1;  ///< in the submission, from 1
  std::string name;     ///< that the scheduler shows
  std::string id;       ///< that the scheduler gave; empty: it was being asked for one
  unsigned nodes = 1;
  unsigned attempt = 1;  ///< 1 + how many jobs had one of its points before
  std::vector<SubmittedTask> tasks;

  bool is_array() const { return tasks.size() > 1; }
  bool has_id() const { return !id.empty(); }
  /// From the sweep's folder: "jobs/3".
  std::string folder() const { return "jobs/" + std::to_string(number); }
  /// Where a task's results go, a sweep's folder of its own: that of the job, or of an array "jobs/3/task-2".
  std::string folder_of(std::size_t task) const {
    return is_array() ? folder() + "/task-" + std::to_string(task + 1) : folder();
  }
};

/// The books of a sweep that was submitted: which jobs there are, and what was heard of them last. A value;
/// a file of it is schema upout-submission/1.
struct Submission {
  std::string scheduler;           ///< its name
  std::vector<SubmittedJob> jobs;  ///< by their numbers, without a gap
};

/// Errors name the file and the place in it that is damaged, or not as the schema has it.
platform::Expected<Submission> read_submission(const std::string& path);

/// All of it or nothing; an error names the file.
platform::Expected<void> write_submission(const Submission& submission, const std::string& path);

}  // namespace upout::harness::schedulers
