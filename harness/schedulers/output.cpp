#include "harness/schedulers/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace upout::harness::schedulers {

std::string_view without_line_end(std::string_view output) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = output.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return output.substr(first, output.find_last_not_of(blanks) - first + 1);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

tl::unexpected<platform::Error> not_understood(std::string program, std::string_view output,
                                               std::string expected, int exit_status) {
  constexpr std::size_t shown = 200;
  std::string text(without_line_end(output).substr(0, shown));
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  std::string found = text.empty() ? "nothing" : "'" + text + "'";
  if (exit_status != 0) found += fmt::format(" and exit status {}", exit_status);
  return platform::unexpected(std::move(program), std::move(found), std::move(expected));
}

}  // namespace upout::harness::schedulers
