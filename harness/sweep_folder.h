#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

#include "harness/plan.h"
#include "platform/error.h"

namespace upout::harness {

/// Keeps others out of a folder for as long as it lives. The lock goes with the process, however that ends,
/// and, if they are to have it too, with all that it has started: a point of a sweep that was killed must not
/// write beside the next one, nor take the machine from it. Where a file system cannot lock at all, as some
/// of clusters cannot, there is none, and a warning says so: then it is the user who sees to it that a folder
/// has one sweep at a time.
class FolderLock {
 public:
  /// Errors: somebody else has it, and has not given it back after `patience`, or the folder may not be
  /// written to.
  static platform::Expected<FolderLock> take(const std::filesystem::path& folder,
                                             std::chrono::milliseconds patience = {});
  /// The children of this process have it too. Those of one that was killed get `grace` to end.
  static platform::Expected<FolderLock> take_with_children(const std::filesystem::path& folder,
                                                           std::chrono::milliseconds grace);

  FolderLock(FolderLock&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), warning_(std::move(other.warning_)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

  const std::string& warning() const { return warning_; }  ///< a whole line for the user; empty: it holds

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  enum class Heirs { none, children };
  static platform::Expected<FolderLock> take(const std::filesystem::path& folder, Heirs heirs,
                                             std::chrono::milliseconds wait);
  platform::Expected<void> lock(const std::filesystem::path& folder, Heirs heirs,
                                std::chrono::milliseconds wait);
  platform::Expected<void> sign(const std::filesystem::path& path) const;

  int descriptor_;
  std::string warning_;
};

/// The folder of a plan's results, which is the journal of its sweep too: what is finished is known from what
/// is there. Names no file that it does not write whole or not at all. A value.
///
///     plan.toml          the plan's text; a folder belongs to one plan
///     points/ID.json     the result of a point
///     points/ID.log      what the point's process wrote, if it wrote anything
///     points/ID.failed   why the point has no result, although it was measured to its end
///     lock               held while a sweep runs in the folder, or what a killed one has started
class SweepFolder {
 public:
  explicit SweepFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path plan_file() const { return path_ / "plan.toml"; }
  std::filesystem::path result_of(const Point& point) const { return of(point, ".json"); }
  std::filesystem::path log_of(const Point& point) const { return of(point, ".log"); }
  std::filesystem::path failure_of(const Point& point) const { return of(point, ".failed"); }

  platform::Expected<void> make() const;
  /// The plan's text becomes the folder's; one that has another's is refused.
  platform::Expected<void> claim(const Plan& plan) const;

  /// The point's result is there: valid, complete and verified, and of as many workers as were asked for.
  bool is_finished(const Point& point) const;
  /// It was measured to its end, and that is no result.
  bool has_failed(const Point& point) const;
  platform::Expected<void> note_failure(const Point& point, const std::string& reason) const;
  void forget_failure(const Point& point) const;

 private:
  std::filesystem::path of(const Point& point, const char* suffix) const {
    return path_ / "points" / (point.id + suffix);
  }

  std::filesystem::path path_;
};

}  // namespace upout::harness
