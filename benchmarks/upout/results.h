#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "platform/error.h"

namespace upout {

/// The files that an argument names: itself, or of a folder all documents, in the order of their names; of a
/// sweep's folder its points, and of a folder of sweeps those of all. Errors name the argument.
platform::Expected<std::vector<std::filesystem::path>> files_of(const std::string& source);

/// The result documents that a command's arguments name, each checked against the schema: files, or folders
/// of sweeps, whose points come in the order of their names. Errors name the argument or the file.
platform::Expected<std::vector<nlohmann::json>> read_results(std::span<const std::string> sources);

/// Writes the file that an option names; the error names both.
platform::Expected<void> write_output(const std::string& option, const std::string& path,
                                      const std::string& text);

}  // namespace upout
