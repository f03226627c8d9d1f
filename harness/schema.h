#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "platform/error.h"

namespace upout::harness {

/// Checks a document against a JSON schema (draft 7); the error names the place in the document, and what the
/// schema's description says of it.
platform::Expected<void> validate_against(std::string_view schema_text, const nlohmann::json& document);

/// A value on one line, cut short, as messages show what was found.
std::string quote(const nlohmann::json& value);

}  // namespace upout::harness
