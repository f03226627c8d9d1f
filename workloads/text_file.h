#pragma once

#include <string>

#include "platform/error.h"

namespace upout::workloads {

/// A file's text. If it cannot be read, the error says that this was found at `where`, and `expected`
/// instead.
platform::Expected<std::string> read_text_file(const std::string& path, const std::string& where,
                                               const std::string& expected);

}  // namespace upout::workloads
