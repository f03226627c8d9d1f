#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace upout::harness {

/// The cells of one line of a table.
using Row = std::vector<std::string>;

/// Lines with columns as wide as their widest cell, each line after `indent` and without blanks at its end.
std::string aligned(const std::vector<Row>& rows, std::string_view indent);

}  // namespace upout::harness
