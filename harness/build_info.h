#pragma once

#include <optional>
#include <string>

namespace upout::harness {

/// What was built, from which commit and how. Known at build time (cmake/BuildInfo.cmake).
struct BuildInfo {
  std::string version;
  std::string
      commit;  ///< full hash, or "unknown" if the tree is not (the top of) a git repository with a commit
  std::optional<bool> dirty;   ///< a tracked file differs from the commit; unknown without git
  std::string compiler;        ///< name and version
  std::string flags;           ///< what the compiler was given, warnings aside
  std::string build_type;      ///< CMake's: "Release", "Debug", ...
  bool native_tuning = false;  ///< compiled for the processor of the building machine
  std::string sanitizer;       ///< as -fsanitize takes it; empty: none
};

BuildInfo build_info();

}  // namespace upout::harness
