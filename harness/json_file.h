#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "platform/error.h"

namespace upout::harness {

/// A file's JSON; `what` it is to be, such as "a result document". Errors name the file, and line and column
/// of what is no JSON, is a number that fits no type, or is nested so deeply that it could not be gone
/// through.
platform::Expected<nlohmann::json> read_json(const std::string& path, const std::string& what);

}  // namespace upout::harness
