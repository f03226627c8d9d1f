#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/schedulers/packing.h"
#include "harness/schedulers/scheduler.h"
#include "harness/submitted_sweep.h"
#include "platform/error.h"

namespace upout::harness {

struct SubmitOptions {
  std::string program = {};   ///< `upout` itself, by its absolute path: what jobs run
  std::string launcher = {};  ///< what starts ranks in a job; empty: the scheduler's own
  bool array = false;         ///< jobs of as many nodes become one array
  bool retry_failed = false;  ///< measure points again that were measured to their end and gave no result
  /// Of jobs whose id is not known, for upout was ended while it submitted them: the id; empty: there is no
  /// such job, and its points are missing again.
  std::map<unsigned, std::string> ids = {};
};

/// A job that has been submitted, or would be.
struct MadeJob {
  schedulers::SubmittedJob job;
  std::chrono::seconds time{0};  ///< that its points may take, of an array those of its longest task
  std::string script;            ///< the file
  std::size_t points() const;
};

/// Jobs with all that they need on the disk, which only have to be submitted, and what there is of other
/// points.
struct PreparedJobs {
  std::vector<MadeJob> jobs;
  std::size_t points = 0;    ///< of the jobs
  std::size_t finished = 0;  ///< points that need no job
  std::size_t in_jobs = 0;   ///< points of jobs that were submitted before and are not over
  std::size_t failed = 0;    ///< points that are left alone
};

/// So many whole nodes a point takes: one, or as many as its ranks need; of one that may crowd them, at most
/// those that there are.
unsigned nodes_of(const Point& point, const schedulers::Resources& resources);

/// Packs the points of a sweep that are missing into jobs, and writes their scripts and lists of points; what
/// jobs have finished is collected first. Errors, after which nothing is submitted: what the plan asks for
/// cannot be had, the scheduler does not tell how a job is, one was cut short while it was submitted (see
/// `ids`), or a file cannot be written.
platform::Expected<PreparedJobs> prepare_jobs(SubmittedSweep& sweep, const SubmitOptions& options);

/// Submits them one after another. After each its id stands in the books, and before it is submitted that it
/// will be: whenever this process ends, no job is forgotten, and none submitted twice. `report` is called for
/// each job. Errors: the scheduler refuses one, of which those before stay submitted, or the books cannot be
/// written.
platform::Expected<void> submit_jobs(SubmittedSweep& sweep, const std::vector<MadeJob>& jobs,
                                     const std::function<void(const MadeJob&)>& report);

}  // namespace upout::harness
