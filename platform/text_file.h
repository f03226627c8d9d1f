#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "platform/error.h"

namespace upout::platform {

/// A file's text; also that of a pipe. If it cannot be read, or is longer than `most_bytes` (a device may
/// have no end), the error says so of `where`, and what was expected there.
Expected<std::string> read_text_file(const std::string& path, std::size_t most_bytes, std::string where,
                                     std::string expected);

/// Writes a file that other programs may read meanwhile, or that a full disk or a signal may cut short: the
/// text goes to a file beside it, which then takes its name. There is all of the new text or what was there
/// before, never a part. Errors name the file.
Expected<void> write_text_file(const std::string& path, std::string_view text);

}  // namespace upout::platform
