#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "kernel/operation.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// Own operations that wait for something that no message brings, the oldest first. Used by the rank's
/// thread.
class WaitingOperations {
 public:
  bool empty() const noexcept { return all_.empty(); }
  void add(kernel::Operation& operation, platform::Timestamp now) { all_.push_back({&operation, now}); }

  /// Calls `attempt(operation)` for all; those for which it says true wait no more. It adds none.
  template <class Attempt>
  void attempt(Attempt&& attempt) {
    std::erase_if(all_, [&](const Waiting& waiting) { return attempt(*waiting.operation); });
  }
  /// Calls `use(operation)` for all, and forgets them before; it may add some.
  template <class Use>
  void take_all(Use&& use) {
    for (const Waiting& waiting : std::exchange(all_, {})) use(*waiting.operation);
  }
  /// The same for those that have waited for so long.
  template <class Use>
  void take_overdue(platform::Timestamp now, platform::Timestamp limit, Use&& use) {
    while (!all_.empty() && now - all_.front().since >= limit) {
      kernel::Operation& operation = *all_.front().operation;
      all_.erase(all_.begin());
      use(operation);
    }
  }

 private:
  struct Waiting {
    kernel::Operation* operation;
    platform::Timestamp since;
  };
  std::vector<Waiting> all_;
};

}  // namespace upout::engines::shared_nothing
