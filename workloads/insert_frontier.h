#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace upout::workloads {

/// How far the workers of one process have come with adding records, so that they can read what the others
/// have added. Each worker writes its own cache line; any thread may read all of them at any time.
class InsertFrontier {
 public:
  /// `workers` is the count of the whole deployment; only those that join have a line that ever moves.
  explicit InsertFrontier(std::uint32_t workers) : lines_(workers) {}

  std::uint32_t workers() const { return static_cast<std::uint32_t>(lines_.size()); }

  /// Gives a worker its place, with nothing added yet; a worker that comes again gets its old place, cleared.
  std::size_t join(std::uint32_t worker) {
    const std::scoped_lock lock(joining_);
    const std::size_t count = members();
    std::size_t place = 0;
    while (place < count && lines_[place].worker != worker) ++place;
    lines_[place].inserts.store(0, std::memory_order_relaxed);
    if (place == count) {
      assert(count < lines_.size());
      lines_[place].worker = worker;
      members_.store(count + 1, std::memory_order_release);
    }
    return place;
  }

  std::size_t members() const { return members_.load(std::memory_order_acquire); }
  std::uint32_t worker(std::size_t place) const { return lines_[place].worker; }

  /// All inserts below this number of the worker at `place` have been acknowledged. By that worker alone.
  void publish(std::size_t place, std::uint64_t inserts) {
    lines_[place].inserts.store(inserts, std::memory_order_release);
  }
  std::uint64_t inserts(std::size_t place) const {
    return lines_[place].inserts.load(std::memory_order_acquire);
  }

 private:
  struct alignas(64) Line {
    std::uint32_t worker = 0;
    std::atomic<std::uint64_t> inserts = 0;
  };

  std::vector<Line> lines_;
  std::atomic<std::size_t> members_ = 0;
  std::mutex joining_;
};

}  // namespace upout::workloads
