#include "workloads/properties.h"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <system_error>
#include <utility>

#include "platform/text_file.h"
#include "workloads/nearest.h"
#include "workloads/property_file.h"
#include "workloads/property_reader.h"

namespace upout::workloads {

using platform::Expected;

namespace {

/// There are some forty properties; names are looked for one after the other.
constexpr std::size_t most_property_bytes = std::size_t{64} << 10;

std::string quoted(std::string_view text) {
  return fmt::format("'{}'", text);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\f\r\n";
  const std::size_t start = text.find_first_not_of(blanks);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(blanks) + 1 - start);
}

template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

bool equal_but_for_case(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, [](char given, char lower) {
    return std::tolower(static_cast<unsigned char>(given)) == lower;
  });
}

}  // namespace

std::string list_of(std::span<const std::string_view> words) {
  if (words.size() < 2) return words.empty() ? std::string{} : std::string(words[0]);
  return fmt::format("{} or {}", fmt::join(words.first(words.size() - 1), ", "), words.back());
}

Expected<void> Properties::read_file(const std::string& path) {
  auto text = platform::read_text_file(path, most_property_bytes, "-P " + path, "a property file");
  if (!text) return tl::unexpected(std::move(text.error()));
  auto properties = parse_property_file(*text, path);
  if (!properties) return tl::unexpected(std::move(properties.error()));
  for (Property& property : *properties) add(std::move(property), true);
  return {};
}

Expected<void> Properties::assign(std::string_view assignment) {
  const std::size_t sign = assignment.find('=');
  const std::string_view name = trimmed(assignment.substr(0, sign));
  if (sign == std::string_view::npos || name.empty()) {
    return platform::unexpected("-p", quoted(assignment), "name=value");
  }
  set(std::string(name), std::string(trimmed(assignment.substr(sign + 1))), "-p");
  return {};
}

void Properties::set(std::string name, std::string value, std::string origin) {
  add({std::move(name), std::move(value), std::move(origin)}, false);
}

void Properties::add(Property property, bool from_file) {
  const auto known = std::ranges::find(all_, property.name, &Property::name);
  if (known == all_.end()) {
    all_.push_back(std::move(property));
    from_file_.push_back(from_file);
    return;
  }
  const auto index = static_cast<std::size_t>(known - all_.begin());
  if (from_file && !from_file_[index]) return;
  *known = std::move(property);
  from_file_[index] = from_file;
}

const Property* Properties::find(std::string_view name) const {
  const auto found = std::ranges::find(all_, name, &Property::name);
  return found == all_.end() ? nullptr : &*found;
}

Expected<std::uint64_t> Properties::integer(std::string_view name, std::uint64_t fallback,
                                            std::uint64_t least, std::uint64_t most) const {
  const Property* property = find(name);
  if (property == nullptr) return fallback;
  std::uint64_t number = 0;
  if (parse(property->value, number) && number >= least && number <= most) return number;
  return platform::unexpected(property->where(), quoted(property->value),
                              fmt::format("a whole number from {} to {}", least, most));
}

Expected<double> Properties::real(std::string_view name, double fallback, double least, double most) const {
  const Property* property = find(name);
  if (property == nullptr) return fallback;
  double number = 0;
  if (parse(property->value, number) && number >= least && number <= most) return number;
  return platform::unexpected(property->where(), quoted(property->value),
                              fmt::format("a number from {} to {}", least, most));
}

Expected<bool> Properties::boolean(std::string_view name, bool fallback) const {
  const Property* property = find(name);
  if (property == nullptr) return fallback;
  if (equal_but_for_case(property->value, "true")) return true;
  if (equal_but_for_case(property->value, "false")) return false;
  return platform::unexpected(property->where(), quoted(property->value), "true or false");
}

Expected<std::size_t> Properties::choice(std::string_view name, std::size_t fallback,
                                         std::span<const std::string_view> allowed) const {
  const Property* property = find(name);
  if (property == nullptr) return fallback;
  const auto found = std::ranges::find(allowed, property->value);
  if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
  std::string expected = list_of(allowed);
  if (const auto meant = nearest(property->value, allowed)) {
    expected += fmt::format("; did you mean {}?", *meant);
  }
  return platform::unexpected(property->where(), quoted(property->value), std::move(expected));
}

Expected<void> check_names(std::string_view workload, const Properties& properties,
                           std::span<const std::string_view> known) {
  for (const Property& property : properties.all()) {
    if (std::ranges::find(known, property.name) != known.end()) continue;
    const auto meant = nearest(property.name, known);
    return platform::unexpected(
        property.origin, fmt::format("unknown property '{}'", property.name),
        meant ? fmt::format("{}", *meant) : fmt::format("a property of {}: {}", workload, list_of(known)));
  }
  return {};
}

}  // namespace upout::workloads
