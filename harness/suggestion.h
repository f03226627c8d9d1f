#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>

#include "platform/nearest.h"
#include "workloads/properties.h"

namespace upout::harness {

/// What was expected in place of a name that is none: "'depth'" if it looks like a slip for that, else all
/// that there are.
inline std::string suggestion(std::string_view name, std::span<const std::string_view> known) {
  if (const auto likely = platform::nearest(name, known)) return fmt::format("'{}'", *likely);
  return workloads::list_of(known);
}

}  // namespace upout::harness
