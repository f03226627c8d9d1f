#pragma once

#include <string>
#include <string_view>

#include "platform/error.h"

namespace upout::harness::schedulers {

/// Without the spaces and line ends around it.
std::string_view without_line_end(std::string_view output);

/// Digits alone, at least one.
bool is_number(std::string_view text);

/// The error that says what a program printed, shortened to one line, in place of what it was expected to.
tl::unexpected<platform::Error> not_understood(std::string program, std::string_view output,
                                               std::string expected, int exit_status = 0);

}  // namespace upout::harness::schedulers
