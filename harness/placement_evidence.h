#pragma once

#include <nlohmann/json.hpp>

#include "engines/shared_memory/proof.h"

namespace upout::harness {

/// Where data were to lie and where they lie, as the schema has it (`environment.data`).
nlohmann::json to_json(const engines::shared_memory::PlacementProof& proof);

}  // namespace upout::harness
