#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/columns.h"

namespace upout::harness {

/// The runs of some result documents, a row each below one of headings; all rows have as many cells. The
/// documents fit the schema. Columns that few runs have something for are there if one does.
std::vector<Row> table_rows(std::span<const nlohmann::json> documents);

/// What is to be said below those rows of some of the runs, a sentence each.
std::vector<std::string> table_notes(std::span<const nlohmann::json> documents);

/// Over the New-Order transactions a minute of TPC-C; a note says what they are not.
inline constexpr std::string_view new_orders_heading = "New-Orders/min";

/// Rows and notes in plain text: what `upout run` and `upout sweep` print on
/// stdout, as docs/result-format.md describes it.
std::string render_table(std::span<const nlohmann::json> documents);

}  // namespace upout::harness
