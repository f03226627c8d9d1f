#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace upout::harness {

/// The runs of some result documents as a table in plain text, one line each under a line of headings,
/// columns parted by two spaces or more: what `upout run` and `upout sweep` print on stdout. The documents
/// fit the schema.
std::string render_table(std::span<const nlohmann::json> documents);

}  // namespace upout::harness
