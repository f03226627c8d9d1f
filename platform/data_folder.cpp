#include "platform/data_folder.h"

#include <system_error>

namespace upout::platform {

namespace fs = std::filesystem;

fs::path own_program() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error);
}

Expected<std::string> data_folder(const std::string& name, const fs::path& program) {
  const fs::path wanted = fs::path(UPOUT_DATA_FOLDER) / name;
  std::error_code error;
  for (fs::path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    const fs::path candidate = folder.parent_path() / wanted;
    if (fs::is_directory(candidate, error)) return candidate.string();
  }
  return unexpected(program.string(), "no folder " + wanted.string() + " above it",
                    "the files that it is installed with");
}

}  // namespace upout::platform
