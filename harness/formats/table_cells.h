#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/table.h"

namespace upout::harness {

/// What a markup has in place of a character that means something in it.
struct Escape {
  char character;
  std::string_view instead;
};

/// A cell's text with those characters escaped, and line ends and other control characters, which no cell
/// survives, as spaces.
std::string escaped(std::string_view text, std::span<const Escape> escapes);

/// Whether a column's cells below the heading are numbers, or "-" where there is none: to be set flush right.
bool is_numeric(const std::vector<Row>& rows, std::size_t column);

}  // namespace upout::harness
