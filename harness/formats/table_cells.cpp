#include "harness/formats/table_cells.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace upout::harness {

namespace {

bool is_control(char character) {
  return static_cast<unsigned char>(character) < 0x20 || character == 0x7f;
}

}  // namespace

std::string escaped(std::string_view text, std::span<const Escape> escapes) {
  std::string made;
  for (const char character : text) {
    const auto escape = std::ranges::find(escapes, character, &Escape::character);
    if (escape != escapes.end()) {
      made += escape->instead;
    } else {
      made += is_control(character) ? ' ' : character;
    }
  }
  return made;
}

bool is_numeric(const std::vector<Row>& rows, std::size_t column) {
  const auto is_number = [column](const Row& row) {
    const std::string& cell = row[column];
    double value = 0;
    const auto [rest, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    return cell == "-" || (error == std::errc() && rest == cell.data() + cell.size());
  };
  return std::ranges::all_of(std::span(rows).subspan(1), is_number);
}

}  // namespace upout::harness
