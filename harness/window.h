#pragma once

#include "platform/clock.h"

namespace upout::harness {

/// The time that is measured: from `begin` on, and before `end`.
struct Window {
  platform::Timestamp begin{};
  platform::Timestamp end{};

  bool has(platform::Timestamp time) const noexcept { return time >= begin && time < end; }
};

}  // namespace upout::harness
