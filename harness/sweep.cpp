#include "harness/sweep.h"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <boost/tokenizer.hpp>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/point_time.h"
#include "harness/process.h"
#include "harness/sweep_folder.h"
#include "platform/nearest.h"

namespace upout::harness {

namespace {

using platform::Expected;
namespace fs = std::filesystem;

constexpr std::string_view ranks_placeholder = "{ranks}";
constexpr std::size_t shown_log_lines = 5;

std::string last_lines(const fs::path& path, std::size_t count) {
  std::ifstream file(path);
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    lines.push_back(std::move(line));
    if (lines.size() > count) lines.pop_front();
  }
  std::string text;
  for (const std::string& line : lines) text += "\n    " + line;
  return text;
}

/// Words as a shell splits them, with quotes and backslashes and nothing else.
Expected<std::vector<std::string>> split_words(const std::string& text) {
  try {
    const boost::tokenizer<boost::escaped_list_separator<char>> words(
        text, boost::escaped_list_separator<char>("\\", " \t", "\"'"));
    std::vector<std::string> result;
    std::ranges::copy_if(words, std::back_inserter(result),
                         [](const std::string& word) { return !word.empty(); });
    return result;
  } catch (const boost::escaped_list_error& error) {
    return platform::unexpected("--launcher", fmt::format("'{}' ({})", text, error.what()),
                                "words, quoted as for a shell");
  }
}

std::string usual_launcher_of(const Point& point) {
  if (point.oversubscribe) return oversubscribing_launcher;
  // To a core each is too little for ranks of several workers, who see to it themselves.
  return point.options.contains("bind") || point.threads_per_rank() > 1 ? binding_launcher : default_launcher;
}

std::string launcher_of(const Point& point, const SweepOptions& options) {
  if (!options.launcher.empty()) return options.launcher;
  return usual_launcher_of(point) + (point.has_faults() ? surviving_launch : "");
}

/// How long the points will take: as long as they measure, until one shows what loading and verifying add.
class Estimate {
 public:
  explicit Estimate(std::size_t points) : left_(points) {}

  double of(const Point& point) const {
    return measured_ > 0 ? seconds_ / measured_ : measured_seconds(point);
  }
  /// In the progress display's terms, where a finished phase counts as long as was expected of it.
  double total(const Point& next) const { return expected_ + of(next) * double(left_); }
  void add(const Point& point, double seconds) {
    expected_ += of(point);
    seconds_ += seconds;
    measured_ += 1;
    left_ -= 1;
  }

 private:
  double expected_ = 0;  ///< of the points that were measured, before they were
  double seconds_ = 0;   ///< that they took
  double measured_ = 0;
  std::size_t left_;
};

/// Those that are asked for, in the plan's order; an unknown one is an error.
Expected<std::vector<const Point*>> chosen_points(const Plan& plan, const std::vector<std::string>& ids) {
  std::vector<const Point*> points;
  for (const Point& point : plan.points)
    if (ids.empty() || std::ranges::find(ids, point.id) != ids.end()) points.push_back(&point);
  for (const std::string& id : ids) {
    if (std::ranges::find(plan.points, id, &Point::id) != plan.points.end()) continue;
    std::vector<std::string_view> known;
    for (const Point& point : plan.points) known.push_back(point.id);
    const auto nearest = platform::nearest(id, known);
    return platform::unexpected(
        "--points", fmt::format("'{}'", id),
        nearest ? fmt::format("the id of a point of {}; did you mean {}?", plan.path, *nearest)
                : fmt::format("the id of a point of {}, such as {}", plan.path, known.front()));
  }
  return points;
}

class Sweep {
 public:
  Sweep(const Plan& plan, const SweepOptions& options, const Interrupt& interrupt, Progress& progress)
      : plan_(plan), options_(options), interrupt_(interrupt), progress_(progress), folder_(options.out) {}

  Expected<SweepSummary> run();

 private:
  Expected<void> check_launch(const Point& point) const;
  /// Those that are not finished go into `open`.
  Expected<void> find_open(std::vector<const Point*>& open);
  void measure_all(const std::vector<const Point*>& open);
  /// What went wrong; empty: nothing did.
  std::string measure(const Point& point) const;
  void report_failure(const Point& point, const std::string& reason);

  const Plan& plan_;
  const SweepOptions& options_;
  const Interrupt& interrupt_;
  Progress& progress_;
  SweepFolder folder_;
  std::vector<const Point*> points_;
  SweepSummary summary_;
};

Expected<SweepSummary> Sweep::run() {
  auto points = chosen_points(plan_, options_.points);
  if (!points) return tl::unexpected(points.error());
  points_ = std::move(*points);
  if (auto made = folder_.make(); !made) return tl::unexpected(made.error());
  const auto lock = FolderLock::take_with_children(folder_.path(), options_.grace);
  if (!lock) return tl::unexpected(lock.error());
  if (!lock->warning().empty()) progress_.message("warning: " + lock->warning());
  if (auto claimed = folder_.claim(plan_); !claimed) return tl::unexpected(claimed.error());

  std::vector<const Point*> open;
  if (auto found = find_open(open); !found) return tl::unexpected(found.error());
  measure_all(open);
  progress_.finish();
  summary_.interrupted_by = interrupt_.signal();
  for (const Point* point : points_)
    if (folder_.is_finished(*point)) summary_.results.push_back(folder_.result_of(*point));
  return std::move(summary_);
}

Expected<void> Sweep::find_open(std::vector<const Point*>& open) {
  summary_.points = points_.size();
  for (const Point* point : points_) {
    if (folder_.is_finished(*point)) {
      ++summary_.kept;
    } else {
      if (auto possible = check_launch(*point); !possible) return possible;
      open.push_back(point);
    }
  }
  return {};
}

void Sweep::measure_all(const std::vector<const Point*>& open) {
  Estimate estimate(open.size());
  for (const Point* point : open) {
    if (interrupt_.requested()) break;
    const auto number = std::ranges::find(points_, point) - points_.begin() + 1;
    progress_.expect(estimate.total(*point));
    progress_.phase(fmt::format("point {}/{}: {}", number, points_.size(), point->id), estimate.of(*point));
    const auto start = std::chrono::steady_clock::now();
    folder_.forget_failure(*point);
    const std::string failure = measure(*point);
    estimate.add(*point, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (failure.empty()) {
      ++summary_.measured;
    } else if (!interrupt_.requested()) {
      report_failure(*point, failure);
      if (!options_.keep_going) break;
    }
  }
}

Expected<void> Sweep::check_launch(const Point& point) const {
  const auto command = point_command(point, options_);
  if (!command) return tl::unexpected(command.error());
  if (!point.is_launched()) return {};
  const std::string threads = point.threads_per_rank() == 1
                                  ? ""
                                  : fmt::format(" times threads_per_rank = {}", point.threads_per_rank());
  if (options_.launcher.empty() && point.all_workers() > plan_.cores && !point.oversubscribe)
    return platform::unexpected(point.where,
                                fmt::format("{} = {}{}", point.engine->size_key, point.workers, threads),
                                fmt::format("at most {} (the cores of this machine), oversubscribe = true, "
                                            "or --launcher TEXT for more machines",
                                            plan_.cores));
  if (!find_program(command->front()))
    return platform::unexpected(options_.launcher.empty() ? point.where : "--launcher",
                                fmt::format("no program '{}' to start ranks with", command->front()),
                                options_.launcher.empty()
                                    ? "Open MPI (Debian: apt install openmpi-bin), or --launcher TEXT"
                                    : "a program in PATH, or its path");
  return {};
}

std::string Sweep::measure(const Point& point) const {
  Command command = {
      .arguments = *point_command(point, options_), .environment = {}, .output_path = folder_.log_of(point)};
  // Open MPI will not start as root without being told twice; whoever is root has asked for it by being root.
  if (point.is_launched() && geteuid() == 0)
    command.environment = {{"OMPI_ALLOW_RUN_AS_ROOT", "1"}, {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"}};
  auto child = ChildProcess::start(command);
  if (!child) return child.error().to_string();
  const ProcessEnd end = child->wait(interrupt_, options_.grace);
  std::error_code ignored;
  if (fs::file_size(command.output_path, ignored) == 0) fs::remove(command.output_path, ignored);
  if (!end.succeeded()) return end.to_string();
  return folder_.is_finished(point) ? "" : "ended with status 0 and left no finished result";
}

void Sweep::report_failure(const Point& point, const std::string& reason) {
  const fs::path log = folder_.log_of(point);
  progress_.message(
      fmt::format("{}: point {} {}{}", point.where, point.id, reason, last_lines(log, shown_log_lines)));
  if (const auto noted = folder_.note_failure(point, reason); !noted)
    progress_.message(noted.error().to_string());
  summary_.failed.push_back({.id = point.id, .where = point.where, .reason = reason, .log_path = log});
}

}  // namespace

Expected<SweepSummary> run_sweep(const Plan& plan, const SweepOptions& options, const Interrupt& interrupt,
                                 Progress& progress) {
  return Sweep(plan, options, interrupt, progress).run();
}

Expected<std::vector<std::string>> point_command(const Point& point, const SweepOptions& options) {
  const SweepFolder folder(options.out);
  std::vector<std::string> command;
  if (point.is_launched()) {
    const std::string launcher = launcher_of(point, options);
    auto words = split_words(launcher);
    if (!words) return words;
    bool placed = false;
    for (std::string& word : *words) {
      const auto place = word.find(ranks_placeholder);
      if (place == std::string::npos) continue;
      word.replace(place, ranks_placeholder.size(), std::to_string(point.workers));
      placed = true;
    }
    if (!placed || words->size() < 2)
      return platform::unexpected(
          "--launcher", fmt::format("'{}'", launcher),
          "a command with {ranks} in place of their number, such as \"srun -n {ranks}\"");
    command = std::move(*words);
  }
  command.push_back(options.program);
  std::ranges::move(run_arguments(point, folder.result_of(point)), std::back_inserter(command));
  command.insert(command.end(), {"--plan", folder.plan_file()});
  return command;
}

}  // namespace upout::harness
