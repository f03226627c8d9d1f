#pragma once

#include <string>
#include <string_view>

#include "platform/clock.h"
#include "platform/error.h"

namespace upout::platform {

/// "100us", "1.5ms", "2s": a number from 0 and its unit, one of ns, us, ms and s. The error has no `where`.
Expected<Timestamp> parse_duration(std::string_view text, Timestamp longest);

/// In the largest unit that leaves a number from 1: "1.5 ms".
std::string to_string(Timestamp duration);

}  // namespace upout::platform
