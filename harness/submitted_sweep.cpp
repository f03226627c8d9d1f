#include "harness/submitted_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "harness/schedulers/call.h"
#include "platform/text_file.h"

namespace upout::harness {

namespace {

using platform::Expected;
using schedulers::JobState;
namespace fs = std::filesystem;

/// With who has the books: `upout status` keeps them while it asks the scheduler.
constexpr std::chrono::milliseconds patience = std::chrono::seconds(10);

Expected<std::string> text_of(const fs::path& path) {
  constexpr std::size_t most_bytes = std::size_t{1} << 30;
  return platform::read_text_file(path, most_bytes, path, "a file that can be read");
}

/// Of any size; there whole or not at all.
Expected<void> copy_whole(const fs::path& from, const fs::path& to) {
  const fs::path part = to.string() + ".part";
  std::error_code error;
  fs::copy_file(from, part, fs::copy_options::overwrite_existing, error);
  if (!error) fs::rename(part, to, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove(part, ignored);
  return platform::unexpected(to, error.message(), "a copy of " + from.string());
}

/// Absolute, for jobs start elsewhere.
fs::path absolute(const std::string& out) {
  return fs::absolute(out).lexically_normal();
}

/// What the plan's points look for beside the plan lies beside the folder's plan too.
Expected<void> copy_property_files(const Plan& plan, const SweepFolder& folder) {
  const fs::path beside = fs::absolute(plan.path).lexically_normal().parent_path();
  for (const Point& point : plan.points) {
    if (point.properties_file.empty()) continue;
    const fs::path from = fs::absolute(point.properties_file).lexically_normal();
    const fs::path relative = from.lexically_relative(beside);
    if (relative.empty() || *relative.begin() == "..")
      continue;  // absolute, or an error when it is read there
    const fs::path to = folder.path() / relative;
    if (to == from) continue;
    std::error_code error;
    fs::create_directories(to.parent_path(), error);
    if (fs::exists(to, error) && text_of(from).value_or("") != text_of(to).value_or(""))
      return platform::unexpected(to, fmt::format("another text than in {}", from.string()),
                                  "the same, to go on where it stopped; else another --out");
    if (auto copied = copy_whole(from, to); !copied) return copied;
  }
  return {};
}

/// Where the sweep is started, a file of lengths is looked for; a job starts in its own folder.
Expected<void> check_paths(const Point& point) {
  workloads::Properties properties;
  if (!point.properties_file.empty()) {
    if (auto read = properties.read_file(point.properties_file); !read) return read;
  }
  for (const workloads::Property& each : point.properties) properties.set(each.name, each.value, each.origin);
  const workloads::Property* lengths = properties.find("fieldlengthhistogram");
  const workloads::Property* distribution = properties.find("fieldlengthdistribution");
  const char* expected = "an absolute path, for jobs start in folders of their own";
  const auto log = point.options.find("log_folder");
  if (log != point.options.end() && fs::path(log->second).is_relative())
    return platform::unexpected(point.where + " log_folder", fmt::format("'{}'", log->second), expected);
  if (lengths != nullptr && fs::path(lengths->value).is_relative())
    return platform::unexpected(lengths->where(), fmt::format("'{}'", lengths->value), expected);
  if (lengths == nullptr && distribution != nullptr && distribution->value == "histogram")
    return platform::unexpected(distribution->where(), "no fieldlengthhistogram", expected);
  return {};
}

Expected<void> check_paths(const Plan& plan) {
  for (const Point& point : plan.points)
    if (auto checked = check_paths(point); !checked) return checked;
  return {};
}

/// The folder's plan has the same points as the one that it was copied from.
Expected<void> check_same(const Plan& plan, const Plan& copied) {
  if (std::ranges::equal(plan.points, copied.points, {}, &Point::id, &Point::id)) return {};
  return platform::unexpected(copied.path, fmt::format("other points than in {}", plan.path),
                              "the same: property files that have changed since belong to another --out");
}

}  // namespace

Expected<SubmittedSweep> SubmittedSweep::with_plan(const std::string& out, const MachineSize& machine) {
  SweepFolder folder(absolute(out));
  return read_plan(folder.plan_file(), machine).map([&](Plan plan) {
    return SubmittedSweep(std::move(folder), std::move(plan));
  });
}

Expected<void> SubmittedSweep::read_books() {
  auto books = schedulers::read_submission(books_file());
  if (!books) return tl::unexpected(books.error());
  books_ = std::move(*books);
  return schedulers::scheduler_named(books_.scheduler, books_file().string() + ": /scheduler")
      .map([&](const auto* found) { scheduler_ = found; });
}

Expected<SubmittedSweep> SubmittedSweep::open(const std::string& out, const MachineSize& machine, Use use) {
  const fs::path folder = absolute(out);
  std::error_code ignored;
  if (!fs::exists(folder / "submission.json", ignored))
    return platform::unexpected(out, "no submission.json in it", "a folder that `upout submit` has made");
  auto lock = FolderLock::take(folder, use == Use::change ? patience : std::chrono::milliseconds{});
  if (!lock && use == Use::change) return tl::unexpected(lock.error());
  auto sweep = with_plan(out, machine);
  if (!sweep) return sweep;
  if (auto read = sweep->read_books(); !read) return tl::unexpected(read.error());
  if (lock) sweep->lock_.emplace(std::move(*lock));
  return sweep;
}

Expected<SubmittedSweep> SubmittedSweep::begin(const Plan& plan, const std::string& out,
                                               const schedulers::Scheduler& scheduler,
                                               const MachineSize& machine) {
  const SweepFolder folder(absolute(out));
  if (auto checked = check_paths(plan); !checked) return tl::unexpected(checked.error());
  if (auto made = folder.make(); !made) return tl::unexpected(made.error());
  auto lock = FolderLock::take(folder.path(), patience);
  if (!lock) return tl::unexpected(lock.error());
  if (auto claimed = folder.claim(plan); !claimed) return tl::unexpected(claimed.error());
  if (auto copied = copy_property_files(plan, folder); !copied) return tl::unexpected(copied.error());
  auto sweep = with_plan(out, machine);
  if (!sweep) return sweep;
  if (auto same = check_same(plan, sweep->plan()); !same) return tl::unexpected(same.error());
  sweep->lock_.emplace(std::move(*lock));
  std::error_code ignored;
  if (!fs::exists(sweep->books_file(), ignored)) {
    sweep->books_.scheduler = scheduler.name();
    sweep->scheduler_ = &scheduler;
    return sweep;
  }
  auto books = schedulers::read_submission(sweep->books_file());
  if (!books) return tl::unexpected(books.error());
  if (books->scheduler != scheduler.name())
    return platform::unexpected("--scheduler", fmt::format("'{}'", scheduler.name()),
                                fmt::format("'{}', which has the jobs in {}", books->scheduler, out));
  sweep->books_ = std::move(*books);
  sweep->scheduler_ = &scheduler;
  if (auto known = sweep->check_points(); !known) return tl::unexpected(known.error());
  return sweep;
}

Expected<void> SubmittedSweep::save() const {
  return lock_ ? schedulers::write_submission(books_, books_file()) : Expected<void>{};
}

const Point* SubmittedSweep::find(const std::string& id) const {
  const auto found = std::ranges::find(plan_.points, id, &Point::id);
  return found == plan_.points.end() ? nullptr : &*found;
}

/// A property file that is not the folder's own may have changed, and the points with it.
Expected<void> SubmittedSweep::check_points() const {
  for (const schedulers::SubmittedJob& job : books_.jobs)
    for (const schedulers::SubmittedTask& task : job.tasks)
      for (const std::string& id : task.points)
        if (find(id) == nullptr)
          return platform::unexpected(
              fmt::format("{}: /jobs/{}", books_file().string(), job.number - 1), fmt::format("point {}", id),
              fmt::format("points of {}; other ones belong to another --out", plan_.path));
  return {};
}

Expected<void> SubmittedSweep::refresh() {
  Expected<void> result;
  for (schedulers::SubmittedJob& job : books_.jobs) {
    for (std::size_t n = 0; n < job.tasks.size(); ++n) {
      JobState& state = job.tasks[n].state;
      if (!job.has_id() || schedulers::is_over(state)) continue;
      const auto task = job.is_array() ? unsigned(n) + 1 : 0;
      const auto now = schedulers::ask_state(*scheduler_, job.id, task, folder_.path());
      if (!now) {
        if (result) result = tl::unexpected(now.error());
        continue;
      }
      state = *now;
      // What the scheduler has forgotten may have told its end itself.
      const TaskProgress progress = progress_of(job, n);
      if (state == JobState::unknown && progress.finished == progress.points) state = JobState::done;
    }
  }
  return result;
}

Expected<std::size_t> SubmittedSweep::collect() const {
  if (auto made = folder_.make(); !made) return tl::unexpected(made.error());
  std::size_t count = 0;
  for (const schedulers::SubmittedJob& job : books_.jobs) {
    for (std::size_t n = 0; n < job.tasks.size(); ++n) {
      const SweepFolder from = folder_of(job, n);
      for (const std::string& id : job.tasks[n].points) {
        const Point* point = find(id);
        if (point == nullptr || folder_.is_finished(*point) || !from.is_finished(*point)) continue;
        std::error_code ignored;
        if (fs::exists(from.log_of(*point), ignored))
          if (auto copied = copy_whole(from.log_of(*point), folder_.log_of(*point)); !copied)
            return tl::unexpected(copied.error());
        if (auto copied = copy_whole(from.result_of(*point), folder_.result_of(*point)); !copied)
          return tl::unexpected(copied.error());
        ++count;
      }
    }
  }
  return count;
}

PointState SubmittedSweep::state_of(const Point& point) const {
  if (folder_.is_finished(point)) return PointState::finished;
  PointState state = PointState::is_missing;
  for (const schedulers::SubmittedJob& job : books_.jobs) {
    for (std::size_t n = 0; n < job.tasks.size(); ++n) {
      if (std::ranges::find(job.tasks[n].points, point.id) == job.tasks[n].points.end()) continue;
      if (folder_of(job, n).is_finished(point)) return PointState::finished;
      if (!schedulers::is_over(job.tasks[n].state)) return PointState::in_a_job;
      state = folder_of(job, n).has_failed(point) ? PointState::failed : PointState::is_missing;
    }
  }
  return state;
}

TaskProgress SubmittedSweep::progress_of(const schedulers::SubmittedJob& job, std::size_t task) const {
  const SweepFolder folder = folder_of(job, task);
  TaskProgress progress;
  progress.points = job.tasks.at(task).points.size();
  for (const std::string& id : job.tasks.at(task).points) {
    const Point* point = find(id);
    if (point == nullptr) continue;
    if (folder.is_finished(*point) || folder_.is_finished(*point)) {
      ++progress.finished;
    } else if (folder.has_failed(*point)) {
      ++progress.failed;
    }
  }
  return progress;
}

}  // namespace upout::harness
