#include "harness/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "platform/text_file.h"

namespace upout::harness {
namespace {

using nlohmann::json;

/// Documents take some ten times their text in memory, and are copied.
constexpr std::size_t most_bytes = std::size_t{32} << 20;

/// Values are copied, compared and written recursively. Documents have ten levels.
constexpr std::size_t most_nesting = 100;

/// "line:column" of a place in a text, both counted from 1.
std::string line_and_column(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("{}:{}", line, before.size() - line_start + 1);
}

/// What nlohmann's message says beyond its number and the place, e.g. "unexpected ']'; expected '[', '{', or
/// a literal".
std::string complaint(std::string_view message) {
  for (const std::string_view end : {" - ", "] "}) {
    if (const std::size_t detail = message.rfind(end); detail != std::string_view::npos)
      return std::string(message.substr(detail + end.size()));
  }
  return std::string(message);
}

/// nlohmann quotes what it has read so far, which may end in the middle of a character; in UTF-8.
std::string readable(const std::string& text) {
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

/// Where the bracket stands that is nested too deeply; nothing if none is.
std::optional<std::size_t> too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool is_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char character = text[at];
    if (character == '"') {
      is_string = !is_string;
    } else if (is_string) {
      if (character == '\\') ++at;
    } else if (character == '[' || character == '{') {
      if (++depth > most_nesting) return at;
    } else if ((character == ']' || character == '}') && depth > 0) {
      --depth;
    }
  }
  return std::nullopt;
}

/// Takes whatever comes, and remembers where the parser stopped, which not all of its exceptions say.
class Stop : public json::json_sax_t {
 public:
  std::size_t offset() const { return offset_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    offset_ = position > 0 ? position - 1 : 0;
    return false;
  }

 private:
  std::size_t offset_ = 0;
};

platform::Expected<json> parse(const std::string& text, const std::string& path, const std::string& what) {
  const auto at = [&](std::size_t offset) { return path + ":" + line_and_column(text, offset); };
  if (const auto bracket = too_deep(text))
    return platform::unexpected(at(*bracket), fmt::format("more than {} levels", most_nesting), what);
  try {
    return json::parse(text);
  } catch (const json::exception& error) {
    Stop stop;
    json::sax_parse(text, &stop);
    return platform::unexpected(at(stop.offset()), readable(complaint(error.what())), what + " in JSON");
  }
}

}  // namespace

platform::Expected<json> read_json(const std::string& path, const std::string& what) {
  return platform::read_text_file(path, most_bytes, path, what + " that can be read")
      .and_then([&](const std::string& text) { return parse(text, path, what); });
}

}  // namespace upout::harness
