#pragma once

#include <filesystem>
#include <string>

#include "platform/error.h"

namespace upout::platform {

/// This program's file; empty where the system does not say.
std::filesystem::path own_program();

/// A folder of files that belong to the suite, such as "plans": the nearest `share/upout/NAME` above the
/// folder of `program` (/usr/bin/upout: /usr/share/upout/plans). No path is compiled in, so that an
/// installation may be moved; a build tree has a `share/upout` of links to the sources, so that its programs
/// and tests look in the same way. The error says whose files were not found.
Expected<std::string> data_folder(const std::string& name,
                                  const std::filesystem::path& program = own_program());

}  // namespace upout::platform
