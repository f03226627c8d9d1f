#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace upout::platform {

/// The candidate that a misspelt word most likely stands for: the one with the fewest edits (Levenshtein)
/// from it, if these are at most a third of its letters; else nothing.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace upout::platform
