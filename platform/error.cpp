#include "platform/error.h"

#include <string_view>

namespace upout::platform {

namespace {

/// Appends text that may come from a user's file: a control character would break the line, so it is shown
/// as an escape.
void append_on_one_line(std::string& line, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += "\\x";
      line += digits[byte >> 4];
      line += digits[byte & 0xf];
    } else {
      line += character;
    }
  }
}

}  // namespace

std::string Error::to_string() const {
  std::string line;
  append_on_one_line(line, where);
  const auto add_part = [&line](std::string_view label, std::string_view text, std::string_view separator) {
    if (text.empty()) return;
    if (!line.empty()) line += separator;
    line += label;
    append_on_one_line(line, text);
  };
  add_part("found ", found, ": ");
  add_part("expected ", expected, found.empty() ? ": " : ", ");
  return line;
}

}  // namespace upout::platform
