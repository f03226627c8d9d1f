#pragma once

#include <nlohmann/json.hpp>

#include "engines/shared_memory/proof.h"

namespace upout::harness {

/// Where data were to lie and where they lay when the run had ended, as the schema has it
/// (`environment.data`), and the score that they had after the load.
nlohmann::json to_json(const engines::shared_memory::PlacementProof& after_load,
                       const engines::shared_memory::PlacementProof& at_the_end);

}  // namespace upout::harness
