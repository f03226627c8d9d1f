#pragma once

#include <array>
#include <string_view>

namespace upout::engines::shared_memory {

/// What the kinds of `placements()` are called, in their order: for those who read plans where nothing is
/// placed.
inline constexpr std::array<std::string_view, 5> placement_names{"os", "interleave", "partitioned", "islands",
                                                                 "replicated"};

}  // namespace upout::engines::shared_memory
