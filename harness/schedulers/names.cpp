#include "harness/schedulers/names.h"

#include <algorithm>
#include <cstddef>

namespace upout::harness::schedulers {

namespace {

constexpr std::size_t longest_name = 128;

/// The C locale's, whatever the program's is.
bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_of(std::string_view text, std::string_view others) {
  return !text.empty() && text.size() <= longest_name && text.front() != '-' &&
         std::ranges::all_of(
             text, [&](char c) { return is_letter_or_digit(c) || others.find(c) != std::string_view::npos; });
}

}  // namespace

bool is_name(std::string_view text) {
  return is_of(text, "._-+@:");
}

bool is_module_name(std::string_view text) {
  return is_of(text, "._-+@:/");
}

bool is_one_line(std::string_view text) {
  for (std::size_t n = 0; n < text.size(); ++n) {
    const auto byte = static_cast<unsigned char>(text[n]);
    if (byte < 0x20 || byte == 0x7f) return false;
    // U+0080 to U+009F in UTF-8, of which U+0085 is a line break to some.
    if (byte == 0xc2 && n + 1 < text.size() && static_cast<unsigned char>(text[n + 1]) < 0xa0) return false;
  }
  return true;
}

}  // namespace upout::harness::schedulers
