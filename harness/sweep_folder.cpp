#include "harness/sweep_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <thread>

#include "harness/record.h"
#include "platform/text_file.h"

namespace upout::harness {

namespace {

using platform::Expected;
namespace fs = std::filesystem;

constexpr std::chrono::milliseconds lock_poll_interval(50);

tl::unexpected<platform::Error> refused(const fs::path& path, std::string reason, std::string expected) {
  return platform::unexpected(path.string(), std::move(reason), std::move(expected));
}

std::optional<std::string> read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// Lustre without the mount option `flock` says ENOSYS, NFS without its lock service ENOLCK.
bool is_without_locks(int error) {
  return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP;
}

/// Whether there is a process of the number that a lock has. On another machine it may be somebody else's.
bool is_running(const std::string& number) {
  const pid_t pid = std::atoi(number.c_str());
  return pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH);
}

/// Or has nothing to verify, as with the null engine.
bool is_verified(const nlohmann::json& verification) {
  return verification.at("passed").get<bool>() || !verification.value("applicable", true);
}

}  // namespace

Expected<FolderLock> FolderLock::take(const fs::path& folder, std::chrono::milliseconds patience) {
  return take(folder, Heirs::none, patience);
}

Expected<FolderLock> FolderLock::take_with_children(const fs::path& folder, std::chrono::milliseconds grace) {
  return take(folder, Heirs::children, grace);
}

Expected<FolderLock> FolderLock::take(const fs::path& folder, Heirs heirs, std::chrono::milliseconds wait) {
  const fs::path path = folder / "lock";
  const int flags = heirs == Heirs::children ? 0 : O_CLOEXEC;
  FolderLock lock(open(path.c_str(), O_RDWR | O_CREAT | flags, 0666));
  if (lock.descriptor_ < 0) return refused(path, strerror(errno), "a folder that may be written to");
  if (auto locked = lock.lock(folder, heirs, wait); !locked) return tl::unexpected(locked.error());
  if (auto is_signed = lock.sign(path); !is_signed) return tl::unexpected(is_signed.error());
  return lock;
}

Expected<void> FolderLock::lock(const fs::path& folder, Heirs heirs, std::chrono::milliseconds wait) {
  const fs::path path = folder / "lock";
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (is_without_locks(error)) {
      warning_ =
          fmt::format("{}: cannot be locked ({}): see to it that nothing else works in this folder meanwhile",
                      path.string(), strerror(error));
      return {};
    }
    if (error != EWOULDBLOCK) return refused(path, strerror(error), "a file that can be locked");
    const std::string owner = read_text(path).value_or("?");
    const bool is_late = std::chrono::steady_clock::now() >= deadline;
    // A sweep that runs takes long: it is not waited for, only what a killed one has left.
    if (is_running(owner) && (is_late || heirs == Heirs::children))
      return refused(folder, fmt::format("another upout that is at work in it (process {})", owner),
                     "another --out, or that one to end first");
    if (is_late)
      return refused(folder,
                     fmt::format("what an upout that was killed has left running, or one on another machine "
                                 "(process {})",
                                 owner),
                     "another --out, or that to end first");
    std::this_thread::sleep_for(lock_poll_interval);
  }
  return {};
}

/// Whose it is, for who finds it taken.
Expected<void> FolderLock::sign(const fs::path& path) const {
  const std::string pid = std::to_string(getpid());
  if (ftruncate(descriptor_, 0) == 0 && write(descriptor_, pid.data(), pid.size()) == ssize_t(pid.size()))
    return {};
  return refused(path, strerror(errno), "a folder that may be written to");
}

FolderLock::~FolderLock() {
  if (descriptor_ < 0) return;
  flock(descriptor_, LOCK_UN);  // for whoever else has the descriptor, too
  close(descriptor_);
}

Expected<void> SweepFolder::make() const {
  std::error_code error;
  fs::create_directories(path_ / "points", error);
  if (error) return refused(path_ / "points", error.message(), "a folder, or a place for one");
  return {};
}

Expected<void> SweepFolder::claim(const Plan& plan) const {
  const auto text = read_text(plan_file());
  if (!text) return platform::write_text_file(plan_file(), plan.text);
  if (*text == plan.text) return {};
  return refused(plan_file(), fmt::format("a plan that differs from {}", plan.path),
                 "the same plan, to go on where it stopped; else another --out, or this folder removed");
}

/// What does not verify is not a result, and what was cut short is none yet. Nor is one of fewer workers than
/// were asked for: a launcher that does not fit the MPI library starts processes that each believe to be
/// alone.
bool SweepFolder::is_finished(const Point& point) const {
  std::error_code ignored;
  if (!fs::exists(result_of(point), ignored)) return false;
  const auto document = read_document(result_of(point));
  if (!document) return false;
  return std::ranges::any_of(document->at("runs"), [&](const nlohmann::json& run) {
    const nlohmann::json& deployment = run.at("deployment");
    return run.at("id") == point.id &&
           deployment.at("ranks").get<std::size_t>() * deployment.at("threads_per_rank").get<std::size_t>() ==
               point.all_workers() &&
           !run.at("incomplete").get<bool>() && is_verified(run.at("verification"));
  });
}

bool SweepFolder::has_failed(const Point& point) const {
  std::error_code ignored;
  return fs::exists(failure_of(point), ignored) && !is_finished(point);
}

Expected<void> SweepFolder::note_failure(const Point& point, const std::string& reason) const {
  return platform::write_text_file(failure_of(point), reason + "\n");
}

void SweepFolder::forget_failure(const Point& point) const {
  std::error_code ignored;
  fs::remove(failure_of(point), ignored);
}

}  // namespace upout::harness
