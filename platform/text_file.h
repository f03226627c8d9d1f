#pragma once

#include <cstddef>
#include <string>

#include "platform/error.h"

namespace upout::platform {

/// A file's text; also that of a pipe. If it cannot be read, or is longer than `most_bytes` (a device may
/// have no end), the error says so of `where`, and what was expected there.
Expected<std::string> read_text_file(const std::string& path, std::size_t most_bytes, std::string where,
                                     std::string expected);

}  // namespace upout::platform
