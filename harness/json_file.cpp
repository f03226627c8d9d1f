#include "harness/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

namespace upout::harness {
namespace {

using nlohmann::json;

/// "line:column" of a place in a text, both counted from 1.
std::string line_and_column(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("{}:{}", line, before.size() - line_start + 1);
}

/// What nlohmann's message says beyond the place, e.g. "unexpected ']'; expected '[', '{', or a literal".
std::string syntax_complaint(std::string_view message) {
  const std::size_t detail = message.rfind(" - ");
  return std::string(detail == std::string_view::npos ? message : message.substr(detail + 3));
}

platform::Expected<std::string> read_text(const std::string& path, const std::string& what) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();  // fails on an empty file too, without an errno
  if (!text && errno == 0) text.clear();
  if (!file || !text) return platform::unexpected(path, std::strerror(errno), what + " that can be read");
  return text.str();
}

platform::Expected<json> parse(const std::string& text, const std::string& path, const std::string& what) {
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    const std::size_t offset = error.byte > 0 ? error.byte - 1 : 0;
    return platform::unexpected(path + ":" + line_and_column(text, offset), syntax_complaint(error.what()),
                                what + " in JSON");
  } catch (const json::exception& error) {  // a number that fits no type
    return platform::unexpected(path, error.what(), what + " in JSON");
  }
}

}  // namespace

platform::Expected<json> read_json(const std::string& path, const std::string& what) {
  return read_text(path, what).and_then([&](const std::string& text) { return parse(text, path, what); });
}

}  // namespace upout::harness
