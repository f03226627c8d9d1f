#pragma once

#include <optional>
#include <string>

namespace upout::platform {

/// The file that PATH (or a name with a slash) leads to, if it is a program.
std::optional<std::string> find_program(const std::string& name);

}  // namespace upout::platform
