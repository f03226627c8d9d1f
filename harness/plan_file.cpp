#include "harness/plan_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "engines/shared_memory/placement_names.h"
#include "engines/shared_nothing/delayed_transport.h"
#include "harness/copy_checks.h"
#include "harness/fault.h"
#include "harness/offered_load.h"
#include "harness/plan_resources.h"
#include "harness/precision.h"
#include "harness/suggestion.h"
#include "harness/toml_text.h"
#include "platform/duration.h"
#include "platform/regions.h"
#include "platform/worker_map.h"
#include "workloads/properties.h"
#include "workloads/registry.h"

namespace upout::harness {

namespace {

using platform::Expected;

enum class Kind {
  engine,
  size,
  count,
  count_or_none,
  seed,
  duration,
  pause,
  flag,
  text,
  binding,
  placement,
  index,
  partitioning,
  concurrency_control,
  durability,
  acknowledge,
  read_from,
  timeout,
  faults,
  transport,
  read_path,
  rebalance,
  link_delay,
  regions,
  rate,
  arrivals,
  percent,
  precision,
  touched
};

struct KeyRule {
  std::string_view name;
  Kind kind;
  std::string_view expected;
};

/// The keys of a point, besides the table `properties`.
constexpr std::array key_rules = {
    KeyRule{"engine", Kind::engine, ""},
    KeyRule{"threads", Kind::size, "a number from 1, a list of them, \"scale\" or \"cores\""},
    KeyRule{"ranks", Kind::size, "a number from 1, a list of them, \"scale\" or \"cores\""},
    KeyRule{"threads_per_rank", Kind::count, "a whole number from 1"},
    KeyRule{"clients", Kind::count_or_none, "a whole number from 0"},
    KeyRule{"workload", Kind::text, "the name of a workload, such as \"ycsb-c\""},
    KeyRule{"records_per_worker", Kind::count, "a whole number from 1"},
    KeyRule{"bind", Kind::binding, platform::Binding::expected},
    KeyRule{"placement", Kind::placement,
            "the name of a placement, such as \"islands\"; see `upout list placements`"},
    KeyRule{"islands", Kind::size, "a number from 1, a list of them, \"scale\" or \"cores\""},
    KeyRule{"index", Kind::index, "\"hash\" or \"ordered\""},
    KeyRule{"partitioning", Kind::partitioning, "\"hash\" or \"range\""},
    KeyRule{"concurrency_control", Kind::concurrency_control, "\"occ\" or \"serial\""},
    KeyRule{"durability", Kind::durability, "\"none\", \"async\" or \"sync\""},
    KeyRule{"log_folder", Kind::text, "the path of a folder on the disk that is to be measured"},
    KeyRule{"replicas", Kind::count, "a whole number from 1"},
    KeyRule{"acknowledge", Kind::acknowledge, "\"none\", \"one\", \"quorum\" or \"all\""},
    KeyRule{"read_from", Kind::read_from, "\"primary\", \"any\" or \"nearest\""},
    KeyRule{"heartbeat", Kind::timeout, "a duration such as \"10ms\", from \"1ms\" to \"1s\""},
    KeyRule{"failure_timeout", Kind::timeout, "a duration such as \"60ms\", from \"1ms\" to \"1s\""},
    KeyRule{"fault", Kind::faults,
            "faults such as \"kill=2@1s\" or \"stop=2@1s+500ms\", or [[fault]] tables"},
    KeyRule{"cross_partition", Kind::percent, "a number from 0 to 100"},
    KeyRule{"partitions_touched", Kind::touched, "a whole number from 2"},
    KeyRule{"partitions", Kind::count, "a whole number from 1"},
    KeyRule{"rebalance", Kind::rebalance, "\"none\" or \"cycle\""},
    KeyRule{"transport", Kind::transport, "\"mpi\" or \"ring\""},
    KeyRule{"read_path", Kind::read_path, "\"request\" or \"rma\""},
    KeyRule{"batch_bytes", Kind::count, "a whole number from 1"},
    KeyRule{"batch_turns", Kind::count, "a whole number from 1"},
    KeyRule{"link_delay", Kind::link_delay, "a duration such as \"100us\" or \"1.5ms\", at most \"1s\""},
    KeyRule{"regions", Kind::regions, platform::Regions::expected},
    KeyRule{"home", Kind::text, "the name of one of the regions"},
    KeyRule{"depth", Kind::count, "a whole number from 1"},
    KeyRule{"rate", Kind::rate,
            "operations a second such as 300000 or \"2M/s\", from \"0.001/s\" to \"1G/s\""},
    KeyRule{"arrivals", Kind::arrivals, "\"poisson\" or \"uniform\""},
    KeyRule{"seconds", Kind::duration, "a number of seconds above 0"},
    KeyRule{"warmup", Kind::pause, "a number of seconds from 0"},
    KeyRule{"repetitions", Kind::count, "a whole number from 1"},
    KeyRule{"precision", Kind::precision, "a percentage such as \"5%\""},
    KeyRule{"max_repetitions", Kind::count, "a whole number from 1"},
    KeyRule{"budget", Kind::duration, "a number of seconds above 0"},
    KeyRule{"seed", Kind::seed, "a whole number from 0"},
    KeyRule{"oversubscribe", Kind::flag, "true or false"},
    KeyRule{"properties_file", Kind::text, "the path of a YCSB property file, from the plan's folder"},
};

/// What a key of a point sets: some are properties by another name.
std::string setting_of(std::string_view key) {
  std::string option(key);
  std::ranges::replace(option, '_', '-');
  const auto options = workloads::crossing_options();
  const auto found = std::ranges::find(options, option, &workloads::CrossingOption::name);
  return found == options.end() ? std::string(key) : property_prefix + std::string(found->property);
}

std::optional<std::string> whole_number(const toml::node& node, std::int64_t least) {
  const auto* number = node.as_integer();
  if (number == nullptr || number->get() < least) return std::nullopt;
  return fmt::format("{}", number->get());
}

std::optional<std::string> seconds(const toml::node& node, bool zero_allowed) {
  if (!node.is_number()) return std::nullopt;
  const double value = *node.value<double>();
  if (!std::isfinite(value) || value < 0 || (value == 0 && !zero_allowed)) return std::nullopt;
  return fmt::format("{}", value);
}

std::optional<std::string> text(const toml::node& node) {
  const auto* string = node.as_string();
  if (string == nullptr || string->get().empty()) return std::nullopt;
  return string->get();
}

std::optional<std::string> binding(const toml::node& node) {
  const auto* string = node.as_string();
  const auto parsed = platform::Binding::parse(string == nullptr ? "" : string->get());
  return parsed ? std::optional(parsed->to_string()) : std::nullopt;
}

std::optional<std::string> one_of(const toml::node& node, std::span<const std::string_view> names) {
  const auto string = text(node);
  return string && std::ranges::find(names, *string) != names.end() ? string : std::nullopt;
}

std::optional<std::string> one_of(const toml::node& node, std::initializer_list<std::string_view> names) {
  return one_of(node, std::span(names));
}

std::optional<std::string> placement(const toml::node& node) {
  return one_of(node, engines::shared_memory::placement_names);
}

std::optional<std::string> link_delay(const toml::node& node) {
  const auto string = text(node);
  const bool is_one =
      string && platform::parse_duration(*string, engines::shared_nothing::longest_link_delay).has_value();
  return is_one ? string : std::nullopt;
}

/// However it is laid out in the plan.
std::optional<std::string> regions(const toml::node& node) {
  const auto parsed = platform::Regions::parse(text(node).value_or(""));
  return parsed ? std::optional(parsed->to_string()) : std::nullopt;
}

/// Whether the two go together is for the run to say.
std::optional<std::string> timeout(const toml::node& node) {
  const auto string = text(node);
  const auto parsed = platform::parse_duration(string.value_or(""), longest_failure_timeout);
  return parsed && *parsed >= shortest_heartbeat ? string : std::nullopt;
}

std::optional<std::string> faults(const toml::node& node) {
  const auto string = text(node);
  const auto parsed = parse_faults(string.value_or(""));
  return string && parsed ? std::optional(to_string(*parsed)) : std::nullopt;
}

std::optional<std::string> rate(const toml::node& node) {
  auto written = node.is_string()   ? text(node)
                 : node.is_number() ? std::optional(describe(node))
                                    : std::nullopt;
  return written && parse_rate(*written) ? written : std::nullopt;
}

std::optional<std::string> percent(const toml::node& node) {
  const auto value = node.is_number() ? node.value<double>() : std::nullopt;
  return value && *value >= 0 && *value <= 100 ? std::optional(describe(node)) : std::nullopt;
}

std::optional<std::string> precision(const toml::node& node) {
  const auto string = text(node);
  return string && parse_precision(*string) ? string : std::nullopt;
}

/// It must fit the `unsigned` that it becomes.
std::optional<std::string> count(const toml::node& node, std::int64_t least) {
  const auto number = whole_number(node, least);
  return number && node.as_integer()->get() <= std::numeric_limits<std::int32_t>::max() ? number
                                                                                        : std::nullopt;
}

std::optional<std::string> checked_value(Kind kind, const toml::node& node) {
  switch (kind) {
    case Kind::engine:
    case Kind::text:
      return text(node);
    case Kind::size:
    case Kind::count:
      return count(node, 1);
    case Kind::count_or_none:
      return count(node, 0);
    case Kind::seed:
      return whole_number(node, 0);
    case Kind::duration:
      return seconds(node, false);
    case Kind::pause:
      return seconds(node, true);
    case Kind::binding:
      return binding(node);
    case Kind::placement:
      return placement(node);
    case Kind::index:
      return one_of(node, {"hash", "ordered"});
    case Kind::partitioning:
      return one_of(node, {"hash", "range"});
    case Kind::concurrency_control:
      return one_of(node, {"occ", "serial"});
    case Kind::durability:
      return one_of(node, {"none", "async", "sync"});
    case Kind::acknowledge:
      return one_of(node, {"none", "one", "quorum", "all"});
    case Kind::read_from:
      return one_of(node, {"primary", "any", "nearest"});
    case Kind::timeout:
      return timeout(node);
    case Kind::faults:
      return faults(node);
    case Kind::transport:
      return one_of(node, {"mpi", "ring"});
    case Kind::read_path:
      return one_of(node, {"request", "rma"});
    case Kind::rebalance:
      return one_of(node, {"none", "cycle"});
    case Kind::link_delay:
      return link_delay(node);
    case Kind::regions:
      return regions(node);
    case Kind::rate:
      return rate(node);
    case Kind::arrivals:
      return one_of(node, {"poisson", "uniform"});
    case Kind::percent:
      return percent(node);
    case Kind::precision:
      return precision(node);
    case Kind::touched:
      return count(node, 2);
    case Kind::flag:
      return node.is_boolean() ? std::optional(describe(node)) : std::nullopt;
  }
  return std::nullopt;
}

class PlanParser {
 public:
  explicit PlanParser(const std::string& name) : name_(name) {}

  Expected<PlanFile> read(const toml::table& document) const;

 private:
  tl::unexpected<platform::Error> error(unsigned line, std::string found, std::string expected) const {
    return platform::unexpected(fmt::format("{}:{}", name_, line), std::move(found), std::move(expected));
  }
  tl::unexpected<platform::Error> unknown_key(const toml::key& key,
                                              std::span<const std::string_view> known) const {
    return error(line_of(key), fmt::format("unknown key '{}'", key.str()), suggestion(key.str(), known));
  }

  Expected<Choice> read_faults(const toml::node& node) const;
  Expected<std::string> read_fault(const toml::table& table) const;
  Expected<std::string> read_text(const toml::key& key, const toml::node& node) const;
  Expected<std::vector<PointBlock>> read_blocks(const toml::node& node) const;
  Expected<Settings> read_settings(const toml::node& node, std::string_view what) const;
  Expected<void> read_properties(const toml::node& node, Settings& settings) const;
  Expected<void> keep(const std::string& setting, const toml::key& key, std::vector<Choice> choices,
                      Settings& settings) const;
  Expected<Choice> read_property(const toml::key& key, const toml::node& node) const;
  Expected<Choice> read_value(const KeyRule& rule, const toml::node& node) const;

  /// A list's elements, or the one value that stands in place of a list, each read by `read_one`.
  template <class ReadOne>
  Expected<std::vector<Choice>> read_choices(const toml::key& key, const toml::node& node,
                                             ReadOne read_one) const;

  const std::string& name_;
};

Expected<PlanFile> PlanParser::read(const toml::table& document) const {
  static constexpr std::array<std::string_view, 6> known = {"title",    "question", "resources",
                                                            "defaults", "points",   "fault"};
  PlanFile plan;
  for (const auto& [key, node] : document) {
    if (key.str() == "title" || key.str() == "question") {
      auto value = read_text(key, node);
      if (!value) return tl::unexpected(value.error());
      (key.str() == "title" ? plan.title : plan.question) = std::move(*value);
    } else if (key.str() == "resources") {
      auto resources = read_resources(node, name_);
      if (!resources) return tl::unexpected(resources.error());
      plan.resources = std::move(*resources);
    } else if (key.str() == "defaults") {
      auto settings = read_settings(node, "[defaults]");
      if (!settings) return tl::unexpected(settings.error());
      plan.defaults.merge(*settings);
    } else if (key.str() == "points") {
      auto blocks = read_blocks(node);
      if (!blocks) return tl::unexpected(blocks.error());
      plan.blocks = std::move(*blocks);
    } else if (key.str() == "fault") {
      auto faults = read_faults(node);
      if (!faults) return tl::unexpected(faults.error());
      if (auto kept = keep("fault", key, {std::move(*faults)}, plan.defaults); !kept)
        return tl::unexpected(kept.error());
    } else {
      return unknown_key(key, known);
    }
  }
  if (plan.blocks.empty()) return error(1, "a plan without points", "at least one [[points]] table");
  return plan;
}

/// All [[fault]] tables as the one text that the key of a point has.
Expected<Choice> PlanParser::read_faults(const toml::node& node) const {
  const auto* array = node.as_array();
  Choice all{"", line_of(node)};
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    const auto* table = array->get(i)->as_table();
    auto one = table == nullptr ? Expected<std::string>("") : read_fault(*table);
    if (!one) return tl::unexpected(one.error());
    all.value += (all.value.empty() ? "" : ",") + *one;
  }
  if (!all.value.empty()) return all;
  return error(line_of(node), fmt::format("fault as {}", describe(node)), "[[fault]] tables");
}

Expected<std::string> PlanParser::read_fault(const toml::table& table) const {
  constexpr const char* expected =
      "at = \"1s\" and one of kill, stop, cut and slow = \"rank 2\", with for = \"500ms\" of all but kill, "
      "and "
      "by = \"5ms\" of slow";
  std::string what;
  std::string rank;
  std::map<std::string, std::string> times;
  for (const auto& [key, node] : table) {
    const auto* value = node.as_string();
    const bool is_time = key.str() == "at" || key.str() == "for" || key.str() == "by";
    constexpr std::string_view of_rank = "rank ";
    const bool is_of_rank = value != nullptr && value->get().starts_with(of_rank);
    if (value == nullptr || is_time == is_of_rank || (!is_time && !what.empty()))
      return error(line_of(key), fmt::format("{} = {}", key.str(), describe(node)), expected);
    if (is_time) times[std::string(key.str())] = value->get();
    if (!is_time) what = key.str();
    if (!is_time) rank = value->get().substr(of_rank.size());
  }
  std::string text = fmt::format("{}={}@{}", what, rank, times["at"]);
  if (!times["for"].empty()) text += "+" + times["for"];
  if (!times["by"].empty()) text += ":" + times["by"];
  const auto parsed = parse_faults(text);
  if (!parsed) return error(line_of(table), fmt::format("a fault that comes to {}", text), expected);
  return to_string(*parsed);
}

Expected<std::string> PlanParser::read_text(const toml::key& key, const toml::node& node) const {
  if (const auto* string = node.as_string()) return string->get();
  return error(line_of(node), fmt::format("{} = {}", key.str(), describe(node)), "text in quotes");
}

Expected<std::vector<PointBlock>> PlanParser::read_blocks(const toml::node& node) const {
  const auto* array = node.as_array();
  if (array == nullptr)
    return error(line_of(node), fmt::format("points as {}", describe(node)), "[[points]] tables");
  std::vector<PointBlock> blocks;
  for (const toml::node& block : *array) {
    auto settings = read_settings(block, "[[points]]");
    if (!settings) return tl::unexpected(settings.error());
    blocks.push_back({line_of(block), std::move(*settings)});
  }
  return blocks;
}

Expected<Settings> PlanParser::read_settings(const toml::node& node, std::string_view what) const {
  const auto* table = node.as_table();
  if (table == nullptr) return error(line_of(node), describe(node), fmt::format("a table: {}", what));
  Settings settings;
  for (const auto& [key, value] : *table) {
    if (key.str() == "properties") {
      if (auto read = read_properties(value, settings); !read) return tl::unexpected(read.error());
      continue;
    }
    const auto* rule = std::ranges::find(key_rules, key.str(), &KeyRule::name);
    if (rule == key_rules.end()) {
      std::vector<std::string_view> known = {"properties"};
      std::ranges::transform(key_rules, std::back_inserter(known), &KeyRule::name);
      return unknown_key(key, known);
    }
    auto choices = read_choices(key, value, [&](const toml::node& one) { return read_value(*rule, one); });
    if (!choices) return tl::unexpected(choices.error());
    if (auto kept = keep(setting_of(key.str()), key, std::move(*choices), settings); !kept)
      return tl::unexpected(kept.error());
  }
  return settings;
}

Expected<void> PlanParser::read_properties(const toml::node& node, Settings& settings) const {
  const auto* table = node.as_table();
  if (table == nullptr)
    return error(line_of(node), fmt::format("properties = {}", describe(node)), "a table of YCSB properties");
  for (const auto& [key, value] : *table) {
    auto choices = read_choices(
        key, value, [&, &named = key](const toml::node& one) { return read_property(named, one); });
    if (!choices) return tl::unexpected(choices.error());
    if (auto kept = keep(property_prefix + std::string(key.str()), key, std::move(*choices), settings); !kept)
      return kept;
  }
  return {};
}

/// What has two names must not have two values.
Expected<void> PlanParser::keep(const std::string& setting, const toml::key& key, std::vector<Choice> choices,
                                Settings& settings) const {
  const auto [kept, is_first] = settings.try_emplace(setting, choices);
  if (is_first || std::ranges::equal(kept->second, choices, {}, &Choice::value, &Choice::value)) return {};
  return error(line_of(key),
               fmt::format("another value of {} than on line {}", setting, kept->second.front().line),
               "one of them, or the same value twice");
}

Expected<Choice> PlanParser::read_property(const toml::key& key, const toml::node& node) const {
  std::string value = node.is_string() ? node.as_string()->get() : describe(node);
  if (!node.is_string() && !node.is_number() && !node.is_boolean())
    return error(line_of(node), fmt::format("{} = {}", key.str(), value),
                 "a number, text, true or false, or a list of them");
  return Choice{std::move(value), line_of(node)};
}

Expected<Choice> PlanParser::read_value(const KeyRule& rule, const toml::node& node) const {
  auto value = checked_value(rule.kind, node);
  if (!value)
    return error(line_of(node), fmt::format("{} = {}", rule.name, describe(node)),
                 rule.kind == Kind::engine ? "the name of an engine" : std::string(rule.expected));
  if (rule.kind == Kind::engine &&
      std::ranges::find(engine_forms(), *value, &EngineForm::name) == engine_forms().end()) {
    std::vector<std::string_view> known;
    std::ranges::transform(engine_forms(), std::back_inserter(known), &EngineForm::name);
    return error(line_of(node), fmt::format("unknown engine '{}'", *value), suggestion(*value, known));
  }
  return Choice{std::move(*value), line_of(node)};
}

template <class ReadOne>
Expected<std::vector<Choice>> PlanParser::read_choices(const toml::key& key, const toml::node& node,
                                                       ReadOne read_one) const {
  const auto* rule = std::ranges::find(key_rules, key.str(), &KeyRule::name);
  const auto* word = node.as_string();
  if (rule != key_rules.end() && rule->kind == Kind::size && word != nullptr &&
      (word->get() == scale_keyword || word->get() == cores_keyword))
    return std::vector{Choice{word->get(), line_of(node)}};

  std::vector<Choice> choices;
  const auto add = [&](const toml::node& one) -> Expected<void> {
    auto choice = read_one(one);
    if (!choice) return tl::unexpected(choice.error());
    choices.push_back(std::move(*choice));
    return {};
  };
  if (const auto* array = node.as_array()) {
    for (const toml::node& element : *array)
      if (auto added = add(element); !added) return tl::unexpected(added.error());
  } else if (auto added = add(node); !added) {
    return tl::unexpected(added.error());
  }
  if (choices.empty())
    return error(line_of(node), fmt::format("{} = an empty list", key.str()), "at least one value");
  return choices;
}

}  // namespace

Expected<PlanFile> parse_plan_file(const std::string& text, const std::string& name) {
  try {
    return PlanParser(name).read(toml::parse(text, name));
  } catch (const toml::parse_error& failure) {
    return platform::unexpected(fmt::format("{}:{}", name, failure.source().begin.line),
                                std::string(failure.description()), "a TOML file (https://toml.io)");
  }
}

}  // namespace upout::harness
