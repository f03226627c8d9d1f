#pragma once

#include <string_view>

namespace upout::harness::schedulers {

/// What queues, accounts, constraints and jobs may be called here: nothing in such a name means anything to a
/// shell or to a scheduler's directive.
bool is_name(std::string_view text);
inline constexpr std::string_view name_form =
    "letters, digits and . _ - + @ : only, with no '-' in front and 128 of them at the most";

/// Such as "gcc/12.2": names with '/' between them.
bool is_module_name(std::string_view text);
inline constexpr std::string_view module_form =
    "a module such as gcc/12.2: letters, digits and . _ - + @ : / only, with no '-' in front and 128 of them "
    "at "
    "the most";

/// No line break or other control character, NUL, DEL and those of Unicode's second block included.
bool is_one_line(std::string_view text);

}  // namespace upout::harness::schedulers
