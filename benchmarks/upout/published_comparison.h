#pragma once

#include <span>
#include <string>

#include "platform/error.h"

namespace upout {

/// What `upout compare --published` prints: the results of these folders and files beside the suite's
/// published records (harness/published_comparison.h). Errors name the file, of results or of a record.
platform::Expected<std::string> beside_published(std::span<const std::string> sources, bool absolute);

}  // namespace upout
