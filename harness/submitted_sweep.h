#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/plan.h"
#include "harness/schedulers/submission.h"
#include "harness/sweep_folder.h"
#include "platform/error.h"

namespace upout::harness {

/// What is known of a point of a submitted sweep.
enum class PointState {
  finished,   ///< its result is in the sweep's folder, or in a job's
  in_a_job,   ///< of one that is not over, as far as is known
  failed,     ///< the last job that had it measured it to its end, and that was no result
  is_missing  ///< no job has it, or the one that had it was ended before its turn
};

/// How far a job is, or a task of an array.
struct TaskProgress {
  std::size_t points = 0;
  std::size_t finished = 0;
  std::size_t failed = 0;
};

/// A sweep whose points are measured by jobs: a SweepFolder with
///
///     submission.json    the books (schedulers/submission.h)
///     jobs/N/            what a job needs and leaves; a sweep's folder of its own, or of an array one
///                        for each task
///
/// No two jobs write to one folder, and none to the sweep's own, so that nothing has to be locked over a
/// network file system. Holds the lock of the sweep's folder, where it could be had. Used by one thread.
class SubmittedSweep {
 public:
  enum class Use { change, look };  ///< to look, the lock is not needed

  /// One that was submitted. `machine`: as plans are read for.
  static platform::Expected<SubmittedSweep> open(const std::string& out, const MachineSize& machine, Use use);
  /// A new one of this plan, which becomes the folder's; or that which is there, if its plan and its
  /// scheduler are the same. A property file that the plan names is copied along, for jobs read the folder's
  /// plan.
  static platform::Expected<SubmittedSweep> begin(const Plan& plan, const std::string& out,
                                                  const schedulers::Scheduler& scheduler,
                                                  const MachineSize& machine);

  const Plan& plan() const { return plan_; }  ///< the folder's own
  const SweepFolder& folder() const { return folder_; }
  std::filesystem::path books_file() const { return folder_.path() / "submission.json"; }
  const schedulers::Scheduler& scheduler() const { return *scheduler_; }
  schedulers::Submission& books() { return books_; }
  const schedulers::Submission& books() const { return books_; }
  std::string warning() const { return lock_ ? lock_->warning() : ""; }  ///< empty: none

  /// Does nothing without the lock: who has it keeps the books.
  platform::Expected<void> save() const;
  /// Asks the scheduler how the jobs are that were not over. The error is of the first that it does not tell;
  /// the others are asked all the same.
  platform::Expected<void> refresh();
  /// Copies what jobs have finished into the sweep's folder; says how many points. The error names a file
  /// that cannot be read or written.
  platform::Expected<std::size_t> collect() const;

  PointState state_of(const Point& point) const;
  TaskProgress progress_of(const schedulers::SubmittedJob& job, std::size_t task) const;

 private:
  SubmittedSweep(SweepFolder folder, Plan plan) : folder_(std::move(folder)), plan_(std::move(plan)) {}

  static platform::Expected<SubmittedSweep> with_plan(const std::string& out, const MachineSize& machine);
  SweepFolder folder_of(const schedulers::SubmittedJob& job, std::size_t task) const {
    return SweepFolder(folder_.path() / job.folder_of(task));
  }
  const Point* find(const std::string& id) const;
  platform::Expected<void> read_books();
  platform::Expected<void> check_points() const;

  SweepFolder folder_;
  Plan plan_;
  schedulers::Submission books_;
  const schedulers::Scheduler* scheduler_ = nullptr;
  std::optional<FolderLock> lock_;
};

}  // namespace upout::harness
