#include "platform/find_program.h"

#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace upout::platform {

std::optional<std::string> find_program(const std::string& name) {
  const auto is_program = [](const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) return is_program(name) ? std::optional(name) : std::nullopt;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + name;
    if (is_program(candidate)) return candidate;
  }
  return std::nullopt;
}

}  // namespace upout::platform
