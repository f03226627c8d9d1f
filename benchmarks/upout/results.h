#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "platform/error.h"

namespace upout {

/// The result documents that a command's arguments name, each checked against the schema: files, or folders
/// of sweeps, whose points come in the order of their names. Errors name the argument or the file.
platform::Expected<std::vector<nlohmann::json>> read_results(std::span<const std::string> sources);

/// Writes what `-o` is to have; the error names it.
platform::Expected<void> write_output(const std::string& text, const std::string& path);

}  // namespace upout
