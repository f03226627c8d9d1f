#pragma once

#include <fmt/format.h>
#include <toml++/toml.h>

#include <string>

/// What errors about TOML files say of places and values. For files that read some; toml++ takes long to
/// compile.
namespace upout::harness {

/// A value as an error's `found` has it.
inline std::string describe(const toml::node& node) {
  if (const auto* text = node.as_string()) return fmt::format("\"{}\"", text->get());
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* array = node.as_array()) return array->empty() ? "an empty list" : "a list";
  return node.is_table() ? "a table" : "a date or time";
}

inline unsigned line_of(const toml::node& node) {
  return node.source().begin.line;
}
inline unsigned line_of(const toml::key& key) {
  return key.source().begin.line;
}

}  // namespace upout::harness
