#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace upout::platform {

/// Processing units by their OS numbers as Linux lists them ("0-3,8"), in the order in which they stand.
/// Nothing if the text is no such list, or has a number that no kernel has.
std::optional<std::vector<unsigned>> parse_cpu_list(std::string_view text);

/// The same the other way round: numbers that follow each other become a range. Empty for none.
std::string format_cpu_list(std::span<const unsigned> cpus);

}  // namespace upout::platform
