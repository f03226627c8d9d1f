#include "harness/sweep.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <algorithm>
#include <boost/tokenizer.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "harness/process.h"
#include "harness/record.h"
#include "harness/run.h"

namespace upout::harness {

namespace {

using platform::Expected;
namespace fs = std::filesystem;

constexpr std::string_view ranks_placeholder = "{ranks}";
constexpr std::size_t shown_log_lines = 5;
constexpr std::chrono::milliseconds lock_poll_interval(50);

tl::unexpected<platform::Error> refused(const fs::path& path, std::string reason, std::string expected) {
  return platform::unexpected(path.string(), std::move(reason), std::move(expected));
}

std::optional<std::string> read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// Whether there is a process of the number that a lock has. On another machine it may be somebody else's.
bool is_running(const std::string& number) {
  const pid_t pid = std::atoi(number.c_str());
  return pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH);
}

/// Keeps other sweeps out of a folder for as long as it lives. The lock goes with the process, however that
/// ends, and with all that it has started: a point of a sweep that was killed must not write beside the next
/// one, nor take the machine from it.
class FolderLock {
 public:
  /// What a killed sweep has left gets `grace` to end.
  static Expected<FolderLock> take(const fs::path& folder, std::chrono::milliseconds grace) {
    const fs::path path = folder / "lock";
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT, 0666);
    if (descriptor < 0) return refused(path, strerror(errno), "a folder that may be written to");
    FolderLock lock(descriptor);
    const auto deadline = std::chrono::steady_clock::now() + grace;
    while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return refused(path, strerror(errno), "a file system that can lock files");
      const std::string owner = read_text(path).value_or("?");
      if (is_running(owner))
        return refused(folder, fmt::format("a sweep that is running in it (process {})", owner),
                       "another --out, or that one to end first");
      if (std::chrono::steady_clock::now() >= deadline)
        return refused(folder,
                       fmt::format("what a sweep that was killed has left running, or one on another machine "
                                   "(process {})",
                                   owner),
                       "another --out, or that to end first");
      std::this_thread::sleep_for(lock_poll_interval);
    }
    const std::string pid = std::to_string(getpid());
    if (ftruncate(descriptor, 0) != 0 || write(descriptor, pid.data(), pid.size()) != ssize_t(pid.size()))
      return refused(path, strerror(errno), "a folder that may be written to");
    return lock;
  }

  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock() {
    if (descriptor_ < 0) return;
    flock(descriptor_, LOCK_UN);  // for whoever else has the descriptor, too
    close(descriptor_);
  }

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

fs::path plan_file(const fs::path& folder) {
  return folder / "plan.toml";
}

Expected<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return refused(folder, error.message(), "a folder, or a place for one");
  return {};
}

/// The plan's text becomes the folder's; a folder that has another one's is refused.
Expected<void> claim_folder(const fs::path& folder, const Plan& plan) {
  const fs::path path = plan_file(folder);
  if (const auto text = read_text(path)) {
    if (*text == plan.text) return {};
    return refused(path, fmt::format("a plan that differs from {}", plan.path),
                   "the same plan, to go on where it stopped; else another --out, or this folder removed");
  }
  const fs::path half = folder / "plan.toml.tmp";
  std::error_code error;
  std::ofstream file(half, std::ios::binary | std::ios::trunc);
  if ((file << plan.text).flush()) fs::rename(half, path, error);
  if (!file || error)
    return refused(path, error ? error.message() : strerror(errno), "a folder that may be written to");
  return {};
}

/// Or has nothing to verify, as with the null engine.
bool is_verified(const nlohmann::json& verification) {
  return verification.at("passed").get<bool>() || !verification.value("applicable", true);
}

/// What does not verify is not a result, and what was cut short is none yet. Nor is one of fewer workers than
/// were asked for: a launcher that does not fit the MPI library starts processes that each believe to be
/// alone.
bool is_finished(const fs::path& result, const Point& point) {
  std::error_code ignored;
  if (!fs::exists(result, ignored)) return false;
  const auto document = read_document(result);
  if (!document) return false;
  return std::ranges::any_of(document->at("runs"), [&](const nlohmann::json& run) {
    const nlohmann::json& deployment = run.at("deployment");
    return run.at("id") == point.id &&
           deployment.at("ranks").get<std::size_t>() * deployment.at("threads_per_rank").get<std::size_t>() ==
               point.all_workers() &&
           !run.at("incomplete").get<bool>() && is_verified(run.at("verification"));
  });
}

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

std::string launcher_of(const Point& point, const SweepOptions& options) {
  if (!options.launcher.empty()) return options.launcher;
  if (point.oversubscribe) return oversubscribing_launcher;
  // To a core each is too little for ranks of several workers, who see to it themselves.
  return point.options.contains("bind") || point.threads_per_rank() > 1 ? binding_launcher : default_launcher;
}

/// How long the points will take: as long as they measure, until one shows what loading and verifying add.
class Estimate {
 public:
  explicit Estimate(std::size_t points) : left_(points) {}

  double of(const Point& point) const {
    if (measured_ > 0) return seconds_ / measured_;
    const Schedule defaults;
    return number(point, "seconds", defaults.seconds) +
           number(point, "warmup", defaults.warmup_seconds) *
               number(point, "repetitions", defaults.repetitions);
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
  static double number(const Point& point, const char* option, double otherwise) {
    const auto found = point.options.find(option);
    return found == point.options.end() ? otherwise : std::strtod(found->second.c_str(), nullptr);
  }

  double expected_ = 0;  ///< of the points that were measured, before they were
  double seconds_ = 0;   ///< that they took
  double measured_ = 0;
  std::size_t left_;
};

class Sweep {
 public:
  Sweep(const Plan& plan, const SweepOptions& options, const Interrupt& interrupt, Progress& progress)
      : plan_(plan), options_(options), interrupt_(interrupt), progress_(progress), folder_(options.out) {}

  Expected<SweepSummary> run();

 private:
  fs::path points_folder() const { return folder_ / "points"; }
  fs::path result_of(const Point& point) const { return points_folder() / (point.id + ".json"); }
  fs::path log_of(const Point& point) const { return points_folder() / (point.id + ".log"); }

  Expected<void> check_launch(const Point& point) const;
  /// What went wrong; empty: nothing did.
  std::string measure(const Point& point) const;
  void report_failure(const Point& point, const std::string& reason, SweepSummary& summary) const;

  const Plan& plan_;
  const SweepOptions& options_;
  const Interrupt& interrupt_;
  Progress& progress_;
  fs::path folder_;
};

Expected<SweepSummary> Sweep::run() {
  if (auto made = make_folder(points_folder()); !made) return tl::unexpected(made.error());
  const auto lock = FolderLock::take(folder_, options_.grace);
  if (!lock) return tl::unexpected(lock.error());
  if (auto claimed = claim_folder(folder_, plan_); !claimed) return tl::unexpected(claimed.error());

  SweepSummary summary;
  summary.points = plan_.points.size();
  std::vector<const Point*> open;
  for (const Point& point : plan_.points) {
    if (is_finished(result_of(point), point)) {
      ++summary.kept;
    } else {
      if (auto possible = check_launch(point); !possible) return tl::unexpected(possible.error());
      open.push_back(&point);
    }
  }

  Estimate estimate(open.size());
  for (const Point* point : open) {
    if (interrupt_.requested()) break;
    const auto number = std::size_t(point - plan_.points.data()) + 1;
    progress_.expect(estimate.total(*point));
    progress_.phase(fmt::format("point {}/{}: {}", number, plan_.points.size(), point->id),
                    estimate.of(*point));
    const auto start = std::chrono::steady_clock::now();
    const std::string failure = measure(*point);
    estimate.add(*point, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (failure.empty()) {
      ++summary.measured;
    } else if (!interrupt_.requested()) {
      report_failure(*point, failure, summary);
      if (!options_.keep_going) break;
    }
  }
  progress_.finish();
  summary.interrupted_by = interrupt_.signal();
  for (const Point& point : plan_.points)
    if (is_finished(result_of(point), point)) summary.results.push_back(result_of(point));
  return summary;
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
      .arguments = *point_command(point, options_), .environment = {}, .output_path = log_of(point)};
  // Open MPI will not start as root without being told twice; whoever is root has asked for it by being root.
  if (point.is_launched() && geteuid() == 0)
    command.environment = {{"OMPI_ALLOW_RUN_AS_ROOT", "1"}, {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"}};
  auto child = ChildProcess::start(command);
  if (!child) return child.error().to_string();
  const ProcessEnd end = child->wait(interrupt_, options_.grace);
  std::error_code ignored;
  if (fs::file_size(command.output_path, ignored) == 0) fs::remove(command.output_path, ignored);
  if (!end.succeeded()) return end.to_string();
  return is_finished(result_of(point), point) ? "" : "ended with status 0 and left no finished result";
}

void Sweep::report_failure(const Point& point, const std::string& reason, SweepSummary& summary) const {
  progress_.message(fmt::format("{}: point {} {}{}", point.where, point.id, reason,
                                last_lines(log_of(point), shown_log_lines)));
  summary.failed.push_back(
      {.id = point.id, .where = point.where, .reason = reason, .log_path = log_of(point)});
}

}  // namespace

Expected<SweepSummary> run_sweep(const Plan& plan, const SweepOptions& options, const Interrupt& interrupt,
                                 Progress& progress) {
  return Sweep(plan, options, interrupt, progress).run();
}

Expected<std::vector<std::string>> point_command(const Point& point, const SweepOptions& options) {
  const fs::path result = fs::path(options.out) / "points" / (point.id + ".json");
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
  std::ranges::move(run_arguments(point, result), std::back_inserter(command));
  command.insert(command.end(), {"--plan", plan_file(options.out)});
  return command;
}

}  // namespace upout::harness
