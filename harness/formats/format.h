#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/error.h"

namespace upout::harness {

/// Results in another program's format.
struct Export {
  std::string text;
  std::vector<std::string> left_out = {};  ///< what the format has no place for, a sentence each
};

/// A form that `upout export` gives results; docs/result-format.md says more about each.
struct Format {
  std::string_view name;
  std::string_view description;
  /// Of result documents that fit the schema, at least one. The error says what the format cannot hold.
  platform::Expected<Export> (*render)(std::span<const nlohmann::json> documents);
};

/// Each is a file of its own.
Format csv();
Format markdown();
Format latex();
Format google_benchmark();

/// All of them.
std::span<const Format> formats();

}  // namespace upout::harness
