#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "harness/run.h"

namespace upout::harness {

/// The runs of some result documents as a table in plain text, one line each under a line of headings,
/// columns parted by two spaces or more: what `upout run` and `upout sweep` print on stdout. The documents
/// fit the schema.
std::string render_table(std::span<const nlohmann::json> documents);

/// What a run is going to be, for `--dry-run`: the machine, the deployment, and a line for each worker.
std::string render_preview(const RunPreview& preview);

}  // namespace upout::harness
