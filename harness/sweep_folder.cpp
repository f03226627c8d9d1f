#include "harness/sweep_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "harness/record.h"
#include "platform/text_file.h"

namespace upout::harness {

namespace {

using platform::Expected;
namespace fs = std::filesystem;

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

/// Or has nothing to verify, as with the null engine.
bool is_verified(const nlohmann::json& verification) {
  return verification.at("passed").get<bool>() || !verification.value("applicable", true);
}

}  // namespace

Expected<FolderLock> FolderLock::take(const fs::path& folder) {
  const fs::path path = folder / "lock";
  FolderLock lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (lock.descriptor_ < 0) return refused(path, strerror(errno), "a folder that may be written to");
  if (flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error == EWOULDBLOCK)
      return refused(
          folder,
          fmt::format("another upout that is at work in it (process {})", read_text(path).value_or("?")),
          "another --out, or that one to end first");
    if (!is_without_locks(error)) return refused(path, strerror(error), "a file that can be locked");
    lock.warning_ =
        fmt::format("{}: cannot be locked ({}): see to it that nothing else works in this folder meanwhile",
                    path.string(), strerror(error));
  }
  const std::string pid = std::to_string(getpid());
  if (ftruncate(lock.descriptor_, 0) != 0 ||
      write(lock.descriptor_, pid.data(), pid.size()) != ssize_t(pid.size()))
    return refused(path, strerror(errno), "a folder that may be written to");
  return lock;
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) close(descriptor_);
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
