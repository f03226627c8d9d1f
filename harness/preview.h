#pragma once

#include <string>

#include "harness/run.h"

namespace upout::harness {

/// What a run is going to be, for `--dry-run`: the machine, the deployment, and a line for each worker.
std::string render_preview(const RunPreview& preview);

}  // namespace upout::harness
