#include "harness/plan_resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/schedulers/names.h"
#include "harness/suggestion.h"
#include "harness/toml_text.h"

namespace upout::harness {

namespace {

using platform::Expected;
using schedulers::Resources;
namespace names = schedulers;

constexpr std::string_view line_form = "one line of shell, or a list of them, without control characters";

bool read_count(const toml::node& node, unsigned& count) {
  constexpr std::int64_t most = 1'000'000;
  const auto* number = node.as_integer();
  if (number == nullptr || number->get() < 1 || number->get() > most) return false;
  count = static_cast<unsigned>(number->get());
  return true;
}

bool read_flag(const toml::node& node, bool& flag) {
  const auto* value = node.as_boolean();
  if (value != nullptr) flag = value->get();
  return value != nullptr;
}

bool read_name(const toml::node& node, std::string& name) {
  const auto* text = node.as_string();
  if (text == nullptr || !names::is_name(text->get())) return false;
  name = text->get();
  return true;
}

/// A list of texts that are all allowed, or one of them.
bool read_texts(const toml::node& node, bool (*is_allowed)(std::string_view),
                std::vector<std::string>& texts) {
  const auto add = [&](const toml::node& one) {
    const auto* text = one.as_string();
    if (text == nullptr || !is_allowed(text->get())) return false;
    texts.push_back(text->get());
    return true;
  };
  const auto* list = node.as_array();
  return list == nullptr ? add(node) : std::ranges::all_of(*list, add);
}

/// Days, hours and minutes, in this order: "1d", "2h", "1h30m". At least a minute, at most a year.
std::optional<std::chrono::minutes> parse_job_time(std::string_view text) {
  static constexpr std::array<std::pair<char, std::int64_t>, 3> units{{{'d', 1440}, {'h', 60}, {'m', 1}}};
  constexpr std::int64_t longest = 366 * 1440;
  std::int64_t minutes = 0;
  for (const auto* next = units.begin(); !text.empty();) {
    std::int64_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || rest == text.data() + text.size() || number < 0 || number > longest)
      return std::nullopt;
    const char letter = *rest;
    const auto* unit =
        std::find_if(next, units.end(), [&](const auto& each) { return each.first == letter; });
    if (unit == units.end()) return std::nullopt;
    minutes += number * unit->second;
    next = unit + 1;
    text.remove_prefix(static_cast<std::size_t>(rest + 1 - text.data()));
  }
  if (minutes < 1 || minutes > longest) return std::nullopt;
  return std::chrono::minutes(minutes);
}

bool read_time(const toml::node& node, std::chrono::minutes& time) {
  const auto* text = node.as_string();
  const auto parsed = text == nullptr ? std::nullopt : parse_job_time(text->get());
  if (parsed) time = *parsed;
  return parsed.has_value();
}

/// "512MiB", "1.5TiB": bytes, from a mebibyte to an exbibyte.
std::optional<std::uint64_t> parse_memory_size(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 3> units{
      {{"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}}};
  double number = 0;
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view name(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  const auto* unit = std::ranges::find(units, name, [](const auto& each) { return each.first; });
  if (error != std::errc() || unit == units.end()) return std::nullopt;
  const double bytes = std::round(number * unit->second);
  if (!(bytes >= 0x1p20 && bytes <= 0x1p60)) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

bool read_memory(const toml::node& node, std::optional<std::uint64_t>& memory) {
  const auto* text = node.as_string();
  if (text != nullptr) memory = parse_memory_size(text->get());
  return memory.has_value();
}

/// A key of the table: how its value is put into the resources, unless it is none, and what a value looks
/// like.
struct ResourceKey {
  std::string_view key;
  bool (*read)(const toml::node& node, Resources& resources);
  std::string_view expected;
};

constexpr std::string_view count_form = "a whole number from 1 to 1000000";

constexpr std::array resource_keys = {
    ResourceKey{"nodes", [](const toml::node& node, Resources& to) { return read_count(node, to.nodes); },
                count_form},
    ResourceKey{"ranks_per_node",
                [](const toml::node& node, Resources& to) { return read_count(node, to.ranks_per_node); },
                count_form},
    ResourceKey{"cores_per_rank",
                [](const toml::node& node, Resources& to) { return read_count(node, to.cores_per_rank); },
                count_form},
    ResourceKey{
        "memory",
        [](const toml::node& node, Resources& to) { return read_memory(node, to.memory_bytes_per_node); },
        "what a node has to have, such as \"512MiB\", \"64GiB\" or \"1.5TiB\""},
    ResourceKey{"time", [](const toml::node& node, Resources& to) { return read_time(node, to.time); },
                "days, hours and minutes such as \"90m\", \"1h30m\" or \"1d\", at most 366 days"},
    ResourceKey{"queue", [](const toml::node& node, Resources& to) { return read_name(node, to.queue); },
                names::name_form},
    ResourceKey{"account", [](const toml::node& node, Resources& to) { return read_name(node, to.account); },
                names::name_form},
    ResourceKey{"constraint",
                [](const toml::node& node, Resources& to) { return read_name(node, to.constraint); },
                names::name_form},
    ResourceKey{"exclusive",
                [](const toml::node& node, Resources& to) { return read_flag(node, to.exclusive); },
                "true or false"},
    ResourceKey{"modules",
                [](const toml::node& node, Resources& to) {
                  return read_texts(node, names::is_module_name, to.modules);
                },
                names::module_form},
    ResourceKey{"prologue",
                [](const toml::node& node, Resources& to) {
                  return read_texts(node, names::is_one_line, to.prologue);
                },
                line_form}};

/// On one line, whatever is in it: what is refused here may be a line break.
std::string shown(const toml::node& node) {
  std::string text = describe(node);
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

}  // namespace

Expected<Resources> read_resources(const toml::node& node, const std::string& name) {
  const auto at = [&](unsigned line) { return fmt::format("{}:{}", name, line); };
  const auto* table = node.as_table();
  if (table == nullptr)
    return platform::unexpected(at(line_of(node)), describe(node), "a table: [resources]");
  Resources resources;
  for (const auto& [key, value] : *table) {
    const auto* rule = std::ranges::find(resource_keys, key.str(), &ResourceKey::key);
    if (rule == resource_keys.end()) {
      std::vector<std::string_view> known;
      std::ranges::transform(resource_keys, std::back_inserter(known), &ResourceKey::key);
      return platform::unexpected(at(line_of(key)), fmt::format("unknown key '{}' of [resources]", key.str()),
                                  suggestion(key.str(), known));
    }
    if (!rule->read(value, resources))
      return platform::unexpected(at(line_of(value)), fmt::format("{} = {}", rule->key, shown(value)),
                                  std::string(rule->expected));
  }
  constexpr auto most = std::uint64_t(std::numeric_limits<std::int32_t>::max());
  const auto cores_of_a_node = std::uint64_t{resources.ranks_per_node} * resources.cores_per_rank;
  if (cores_of_a_node > most || cores_of_a_node * resources.nodes > most)
    return platform::unexpected(
        at(line_of(node)), "more cores in all than can be counted",
        fmt::format("nodes times ranks_per_node times cores_per_rank up to {}", most));
  return resources;
}

}  // namespace upout::harness
