#include "harness/job_submission.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <numeric>
#include <system_error>
#include <utility>

#include "harness/point_time.h"
#include "harness/schedulers/call.h"
#include "harness/schedulers/script.h"
#include "harness/sweep.h"
#include "platform/text_file.h"

namespace upout::harness {

namespace {

using platform::Expected;
using schedulers::JobRequest;
using schedulers::Pack;
using schedulers::PointNeed;
using schedulers::Resources;
using schedulers::SubmittedJob;
namespace fs = std::filesystem;

constexpr std::string_view task_placeholder = "{task}";

/// "upout-skew-3"
std::string job_name(const Plan& plan, unsigned number) {
  std::string name = "upout-";
  for (const char c : plan.title.substr(0, 24))
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? char(std::tolower(c)) : '-';
  return fmt::format("{}-{}", name, number);
}

fs::path folder_of(const SubmittedSweep& sweep, const SubmittedJob& job) {
  return sweep.folder().path() / job.folder();
}

/// Jobs that upout was ended while it submitted: nobody but the scheduler knows of them.
Expected<void> resolve(SubmittedSweep& sweep, const std::map<unsigned, std::string>& ids) {
  std::vector<SubmittedJob>& jobs = sweep.books().jobs;
  for (const auto& [number, id] : ids) {
    if (number < 1 || number > jobs.size() || jobs[number - 1].has_id())
      return platform::unexpected(fmt::format("--job {}", number), "no job of this number without an id",
                                  "one that `upout status` shows as submitting");
    SubmittedJob& job = jobs[number - 1];
    job.id = id.empty() ? "none" : id;
    for (schedulers::SubmittedTask& task : job.tasks)
      if (id.empty()) task.state = schedulers::JobState::cancelled;
  }
  for (const SubmittedJob& job : jobs)
    if (!job.has_id())
      return platform::unexpected(
          sweep.books_file(),
          fmt::format("job {} without an id: upout was ended while it submitted it", job.number),
          fmt::format("a look at the scheduler's list of your jobs: if {0} is there, --job {1}=ID, and --job "
                      "{1}=none if not",
                      job.name, job.number));
  return ids.empty() ? Expected<void>{} : sweep.save();
}

/// What is to be submitted, and the counts of the rest.
std::vector<PointNeed> find_missing(const SubmittedSweep& sweep, bool retry_failed, PreparedJobs& prepared) {
  std::vector<PointNeed> needs;
  for (const Point& point : sweep.plan().points) {
    switch (sweep.state_of(point)) {
      case PointState::finished:
        ++prepared.finished;
        continue;
      case PointState::in_a_job:
        ++prepared.in_jobs;
        continue;
      case PointState::failed:
        if (retry_failed) break;
        ++prepared.failed;
        continue;
      case PointState::is_missing:
        break;
    }
    needs.push_back({.id = point.id,
                     .where = point.where,
                     .nodes = nodes_of(point, *sweep.plan().resources),
                     .time = generous_time(point)});
  }
  return needs;
}

/// 1 + how many jobs had one of the points already.
unsigned attempt_of(const SubmittedJob& job, const std::vector<SubmittedJob>& before) {
  unsigned attempt = 1;
  for (const SubmittedJob& earlier : before)
    for (const schedulers::SubmittedTask& had : earlier.tasks)
      for (const schedulers::SubmittedTask& task : job.tasks)
        if (std::ranges::find_first_of(had.points, task.points) != had.points.end())
          attempt = std::max(attempt, earlier.attempt + 1);
  return attempt;
}

/// Numbers continue those of the books.
std::vector<MadeJob> make_jobs(const SubmittedSweep& sweep, const std::vector<PointNeed>& needs,
                               const std::vector<Pack>& packs, bool array) {
  std::vector<MadeJob> made;
  for (const Pack& pack : packs) {
    if (!array || made.empty() || made.back().job.nodes != pack.nodes) {
      SubmittedJob job;
      job.number = unsigned(sweep.books().jobs.size() + made.size()) + 1;
      job.name = job_name(sweep.plan(), job.number);
      job.nodes = pack.nodes;
      made.push_back({.job = std::move(job), .time = {}, .script = {}});
    }
    schedulers::SubmittedTask task;
    for (const std::size_t point : pack.points) task.points.push_back(needs[point].id);
    made.back().job.tasks.push_back(std::move(task));
    made.back().time = std::max(made.back().time, pack.time);
  }
  for (MadeJob& each : made) each.job.attempt = attempt_of(each.job, sweep.books().jobs);
  return made;
}

/// What starts ranks in a job; empty: what `upout sweep` takes by itself.
std::string launcher_of(const SubmittedSweep& sweep, const SubmitOptions& options) {
  if (!options.launcher.empty()) return options.launcher;
  std::string launcher = sweep.scheduler().launcher(*sweep.plan().resources);
  // A job has one for all its points. Other launchers have options of their own.
  const bool has_faults = std::ranges::any_of(sweep.plan().points, &Point::has_faults);
  if (has_faults && launcher.starts_with("mpirun ")) launcher += surviving_launch;
  return launcher;
}

/// Writes what jobs need.
class JobWriter {
 public:
  JobWriter(const SubmittedSweep& sweep, const SubmitOptions& options) : sweep_(sweep), options_(options) {}

  /// The job's folders, lists of points and script.
  Expected<void> write(MadeJob& made) const;

 private:
  JobRequest request_for(const SubmittedJob& job) const;
  Expected<void> write_points(const SubmittedJob& job) const;

  const SubmittedSweep& sweep_;
  const SubmitOptions& options_;
};

JobRequest JobWriter::request_for(const SubmittedJob& job) const {
  const Resources& resources = *sweep_.plan().resources;
  const std::string launcher = launcher_of(sweep_, options_);
  const fs::path results = job.is_array() ? folder_of(sweep_, job) / fmt::format("task-{}", task_placeholder)
                                          : folder_of(sweep_, job);
  JobRequest request{.name = job.name,
                     .folder = folder_of(sweep_, job),
                     .nodes = job.nodes,
                     .time = resources.time,
                     .tasks = unsigned(job.tasks.size()),
                     .command = {options_.program, "sweep", sweep_.folder().plan_file(), "--out", results,
                                 "--points", "@" + (results / "points.txt").string()}};
  if (!launcher.empty()) request.command.insert(request.command.end(), {"--launcher", launcher});
  return request;
}

Expected<void> JobWriter::write_points(const SubmittedJob& job) const {
  for (std::size_t n = 0; n < job.tasks.size(); ++n) {
    const fs::path folder = sweep_.folder().path() / job.folder_of(n);
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return platform::unexpected(folder, error.message(), "a folder, or a place for one");
    const auto list = fmt::format("{}\n", fmt::join(job.tasks[n].points, "\n"));
    if (auto written = platform::write_text_file(folder / "points.txt", list); !written) return written;
  }
  return {};
}

Expected<void> JobWriter::write(MadeJob& made) const {
  if (auto written = write_points(made.job); !written) return written;
  const fs::path script = folder_of(sweep_, made.job) / "job.sh";
  made.script = script;
  return sweep_.scheduler()
      .render(request_for(made.job), *sweep_.plan().resources)
      .and_then([&](const std::string& text) {
        auto written = platform::write_text_file(script, text);
        std::error_code ignored;
        fs::permissions(script, fs::perms::owner_exec, fs::perm_options::add, ignored);
        return written;
      });
}

/// The job is the last one of the books, without an id.
Expected<void> record(SubmittedSweep& sweep, const SubmittedJob& job,
                      const schedulers::SubmitAnswer& answer) {
  using Kind = schedulers::SubmitAnswer::Kind;
  const std::string scheduler(sweep.scheduler().name());
  if (answer.kind == Kind::unclear)
    return platform::unexpected(
        fmt::format("job {} ({})", job.number, job.name),
        fmt::format("that it is not clear whether {} took it: {}", scheduler, answer.text),
        fmt::format("a look at the scheduler's list of your jobs, then --job {0}=ID or --job {0}=none",
                    job.number));
  if (answer.kind == Kind::refused) {
    sweep.books().jobs.pop_back();
    if (auto saved = sweep.save(); !saved) return saved;
    return platform::unexpected(fmt::format("job {} ({})", job.number, job.name),
                                fmt::format("that {} does not take it: {}", scheduler, answer.text),
                                "one that it takes; see [resources] of the plan");
  }
  sweep.books().jobs.back().id = answer.text;
  auto saved = sweep.save();
  if (!saved)
    saved.error().expected +=
        fmt::format(": job {0} was submitted as {1}, which `upout submit` has to be told (--job {0}={1})",
                    job.number, answer.text);
  return saved;
}

/// In its job a point that cannot be started would keep the others from being measured, or fail each time.
Expected<void> check_room(const SubmittedSweep& sweep, const SubmitOptions& options) {
  if (!options.launcher.empty()) return {};
  const Resources& resources = *sweep.plan().resources;
  const std::string launcher = launcher_of(sweep, options);
  const bool is_here = launcher.empty();
  for (const Point& point : sweep.plan().points) {
    if (!point.is_launched() || (is_here && point.oversubscribe)) continue;
    const std::size_t room =
        is_here ? sweep.plan().cores : std::size_t{resources.nodes} * resources.ranks_per_node;
    const std::size_t wanted = is_here ? point.all_workers() : point.workers;
    const bool fits = wanted <= room && (is_here || point.threads_per_rank() <= resources.cores_per_rank);
    if (fits) continue;
    return platform::unexpected(
        point.where, fmt::format("{} ranks of {} threads", point.workers, point.threads_per_rank()),
        is_here ? fmt::format("at most {} workers (the cores of this machine), or oversubscribe = true", room)
                : fmt::format("at most {} of at most {}, which [resources] has, for '{}' starts no more; or "
                              "--launcher TEXT that does",
                              room, resources.cores_per_rank, launcher));
  }
  return {};
}

/// In an array's command it would become a task's number.
Expected<void> check_folder(const SubmittedSweep& sweep, bool array) {
  const std::string folder = sweep.folder().path();
  if (!array || folder.find(task_placeholder) == std::string::npos) return {};
  return platform::unexpected("--out " + folder, "a folder with {task} in its name",
                              "another one for --array");
}

}  // namespace

std::size_t MadeJob::points() const {
  return std::transform_reduce(job.tasks.begin(), job.tasks.end(), std::size_t{0}, std::plus{},
                               [](const schedulers::SubmittedTask& task) { return task.points.size(); });
}

unsigned nodes_of(const Point& point, const Resources& resources) {
  if (!point.is_launched()) return 1;
  const unsigned nodes = (point.workers + resources.ranks_per_node - 1) / resources.ranks_per_node;
  return point.oversubscribe ? std::min(nodes, resources.nodes) : nodes;
}

Expected<PreparedJobs> prepare_jobs(SubmittedSweep& sweep, const SubmitOptions& options) {
  if (auto checked = check_folder(sweep, options.array); !checked) return tl::unexpected(checked.error());
  if (auto room = check_room(sweep, options); !room) return tl::unexpected(room.error());
  if (auto resolved = resolve(sweep, options.ids); !resolved) return tl::unexpected(resolved.error());
  const auto fresh = sweep.refresh();
  if (!fresh) return tl::unexpected(fresh.error());
  if (auto collected = sweep.collect(); !collected) return tl::unexpected(collected.error());
  PreparedJobs prepared;
  const auto needs = find_missing(sweep, options.retry_failed, prepared);
  const Resources& resources = *sweep.plan().resources;
  JobRequest any;
  any.time = resources.time;
  const auto packs = schedulers::pack(needs, resources, schedulers::notice_of(any));
  if (!packs) return tl::unexpected(packs.error());
  prepared.points = needs.size();
  prepared.jobs = make_jobs(sweep, needs, *packs, options.array);
  const JobWriter writer(sweep, options);
  for (MadeJob& job : prepared.jobs)
    if (auto written = writer.write(job); !written) return tl::unexpected(written.error());
  return prepared;
}

Expected<void> submit_jobs(SubmittedSweep& sweep, const std::vector<MadeJob>& jobs,
                           const std::function<void(const MadeJob&)>& report) {
  // Also what has been heard of earlier jobs.
  if (auto saved = sweep.save(); !saved) return saved;
  for (const MadeJob& made : jobs) {
    sweep.books().jobs.push_back(made.job);
    if (auto saved = sweep.save(); !saved) return saved;
    const auto answer =
        schedulers::submit(sweep.scheduler(), made.script, folder_of(sweep, made.job).string());
    if (auto recorded = record(sweep, made.job, answer); !recorded) return recorded;
    MadeJob submitted = made;
    submitted.job = sweep.books().jobs.back();
    report(submitted);
  }
  return {};
}

}  // namespace upout::harness
