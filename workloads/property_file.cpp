#include "workloads/property_file.h"

#include <fmt/format.h>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace upout::workloads {

namespace {

constexpr std::string_view blanks = " \t\f";

std::string_view without_leading_blanks(std::string_view text) {
  const std::size_t start = text.find_first_not_of(blanks);
  return start == std::string_view::npos ? std::string_view{} : text.substr(start);
}

std::string_view without_trailing_blanks(std::string_view text) {
  const std::size_t last = text.find_last_not_of(blanks);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// Takes lines off the front of a text; they end with \n, \r or \r\n.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    ++number_;
    const std::size_t end = rest_.find_first_of("\r\n");
    const std::string_view line = rest_.substr(0, end);
    if (end == std::string_view::npos) {
      rest_ = {};
    } else {
      rest_.remove_prefix(end + (rest_.substr(end).starts_with("\r\n") ? 2 : 1));
    }
    return line;
  }

  std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

bool is_continued(std::string_view line) {
  const std::size_t last = line.find_last_not_of('\\');
  const std::size_t backslashes = line.size() - (last == std::string_view::npos ? 0 : last + 1);
  return backslashes % 2 == 1;
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto byte = [&text](std::uint32_t value) { text += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6);
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xe0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

/// Nothing if a \u is not followed by four hexadecimal digits.
std::optional<std::string> unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    switch (const char escaped = text[++i]; escaped) {
      case 't':
        plain += '\t';
        break;
      case 'n':
        plain += '\n';
        break;
      case 'r':
        plain += '\r';
        break;
      case 'f':
        plain += '\f';
        break;
      case 'u': {
        const std::string_view digits = text.substr(i + 1, 4);
        std::uint32_t code = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (digits.size() != 4 || error != std::errc{} || end != digits.data() + 4) return std::nullopt;
        append_utf8(plain, code);
        i += 4;
        break;
      }
      default:
        plain += escaped;
    }
  }
  return plain;
}

/// Where a logical line's name ends: at the first separator that no backslash precedes.
std::size_t end_of_name(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '=' || line[i] == ':' || blanks.find(line[i]) != std::string_view::npos) {
      return i;
    }
  }
  return line.size();
}

/// A line as an error shows it; a file that is no property file may have lines of any length.
std::string shown(std::string_view line) {
  constexpr std::size_t most = 60;
  return line.size() <= most ? fmt::format("'{}'", line) : fmt::format("'{}...'", line.substr(0, most));
}

platform::Expected<Property> parse_line(std::string_view line, std::string origin) {
  const std::size_t name_end = end_of_name(line);
  const std::string_view after = without_leading_blanks(line.substr(name_end));
  if (name_end == 0 || after.empty()) {
    return platform::unexpected(std::move(origin), shown(line), "name=value");
  }
  const bool has_sign = after.front() == '=' || after.front() == ':';
  std::optional<std::string> name = unescape(line.substr(0, name_end));
  std::optional<std::string> value =
      unescape(without_trailing_blanks(without_leading_blanks(after.substr(has_sign ? 1 : 0))));
  if (!name || !value) {
    return platform::unexpected(std::move(origin), shown(line), "four hexadecimal digits after \\u");
  }
  return Property{*std::move(name), *std::move(value), std::move(origin)};
}

}  // namespace

platform::Expected<std::vector<Property>> parse_property_file(std::string_view text,
                                                              const std::string& path) {
  std::vector<Property> properties;
  Lines lines(text);
  while (const auto first = lines.next()) {
    const std::string_view start = without_leading_blanks(*first);
    if (start.empty() || start.front() == '#' || start.front() == '!') continue;
    std::string origin = path + ":" + std::to_string(lines.number());
    std::string line(start);
    while (is_continued(line)) {
      line.pop_back();
      const auto more = lines.next();
      if (!more) break;
      line += without_leading_blanks(*more);
    }
    auto property = parse_line(line, std::move(origin));
    if (!property) return tl::unexpected(std::move(property.error()));
    properties.push_back(*std::move(property));
  }
  return properties;
}

}  // namespace upout::workloads
