#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "engines/shared_memory/proof.h"

namespace upout::harness {

/// Where data were to lie and where they lay when the run had ended, as the schema has it
/// (`environment.data`), and the score that they had before.
nlohmann::json to_json(const engines::shared_memory::PlacementProof& proof,
                       std::optional<double> score_after_load);

}  // namespace upout::harness
