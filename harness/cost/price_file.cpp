#include "harness/cost/price_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <sstream>
#include <string_view>
#include <utility>

#include "harness/toml_text.h"
#include "platform/nearest.h"

namespace upout::harness {

namespace {

using platform::Expected;

constexpr std::int64_t most_cores = 1'000'000;

/// Takes values out of one table. Of what is wrong in it, the first is kept, and values are then of no use.
class TableReader {
 public:
  /// `what`: as errors call it. Keeps a reference to the table.
  TableReader(const toml::table& table, std::string_view file, std::string what)
      : table_(&table), file_(file), what_(std::move(what)) {}

  void check_keys(std::span<const std::string_view> known) {
    for (const auto& [key, value] : *table_) {
      if (std::ranges::find(known, key.str()) != known.end()) continue;
      const auto likely = platform::nearest(key.str(), known);
      fail(line_of(key), fmt::format("unknown key '{}'", key.str()),
           likely ? fmt::format("'{}'", *likely) : fmt::format("{}", fmt::join(known, ", ")));
    }
  }
  bool has(std::string_view key) const { return table_->contains(key); }

  /// Not empty.
  std::string text(std::string_view key) {
    const toml::node* node = require(key, "text");
    if (node == nullptr) return {};
    if (const auto* text = node->as_string(); text != nullptr && !text->get().empty()) return text->get();
    return fail_at(key, *node, "text"), "";
  }
  /// A date, or text.
  std::string date(std::string_view key) {
    const toml::node* node = require(key, "a date such as 2026-01-31, or text");
    if (node == nullptr) return {};
    if (const auto* date = node->as_date()) {
      std::ostringstream written;
      written << date->get();
      return written.str();
    }
    return text(key);
  }
  double above_zero(std::string_view key) {
    constexpr const char* expected = "a number above 0";
    const toml::node* node = require(key, expected);
    if (node == nullptr) return 0;
    const double value = node->is_number() ? *node->value<double>() : 0;
    if (!std::isfinite(value) || value <= 0) fail_at(key, *node, expected);
    return value;
  }
  unsigned count(std::string_view key) {
    const std::string expected = fmt::format("a whole number from 1 to {}", most_cores);
    const toml::node* node = require(key, expected);
    if (node == nullptr) return 0;
    const auto* number = node->as_integer();
    if (number != nullptr && number->get() >= 1 && number->get() <= most_cores)
      return static_cast<unsigned>(number->get());
    return fail_at(key, *node, expected), 0;
  }

  void fail(std::string found, std::string expected) {
    fail(line_of(*table_), fmt::format("{} in {}", found, what_), std::move(expected));
  }
  const std::optional<platform::Error>& error() const { return error_; }

 private:
  const toml::node* require(std::string_view key, std::string_view expected) {
    const toml::node* node = table_->get(key);
    if (node == nullptr) fail(fmt::format("no '{}'", key), fmt::format("'{}': {}", key, expected));
    return node;
  }
  void fail_at(std::string_view key, const toml::node& node, std::string expected) {
    fail(line_of(node), fmt::format("{} = {}", key, describe(node)), std::move(expected));
  }
  void fail(unsigned line, std::string found, std::string expected) {
    if (!error_)
      error_ = platform::Error{fmt::format("{}:{}", file_, std::max(line, 1U)), std::move(found),
                               std::move(expected)};
  }

  const toml::table* table_;
  std::string_view file_;
  std::string what_;
  std::optional<platform::Error> error_;
};

/// As the file has them, or from its hardware threads.
unsigned cores_of(TableReader& reader) {
  if (!reader.has("vcpus")) return reader.count("cores");
  if (reader.has("cores")) reader.fail("both 'cores' and 'vcpus'", "one of them");
  const unsigned vcpus = reader.count("vcpus");
  const unsigned threads = reader.count("threads_per_core");
  if (threads != 0 && vcpus % threads != 0)
    reader.fail(fmt::format("{} vcpus with {} threads_per_core", vcpus, threads), "whole cores");
  return threads == 0 ? 0 : vcpus / threads;
}

Expected<Machine> read_machine(const toml::table& table, const std::string& file,
                               const std::string& default_source) {
  constexpr auto keys = std::to_array<std::string_view>(
      {"name", "cores", "vcpus", "threads_per_core", "memory_gib", "price_per_hour", "nics", "source"});
  TableReader reader(table, file, "[[machine]]");
  reader.check_keys(keys);
  Machine machine;
  machine.name = reader.text("name");
  machine.cores = cores_of(reader);
  if (reader.has("memory_gib")) machine.memory_gib = reader.above_zero("memory_gib");
  machine.price_per_hour = reader.above_zero("price_per_hour");
  if (reader.has("nics")) machine.nics = reader.text("nics");
  machine.source = reader.has("source") || default_source.empty() ? reader.text("source") : default_source;
  if (reader.error()) return tl::unexpected(*reader.error());
  return machine;
}

Expected<PriceFile> read(const toml::table& table, const std::string& file) {
  constexpr auto keys = std::to_array<std::string_view>({"currency", "date", "source", "machine"});
  TableReader reader(table, file, "the file");
  reader.check_keys(keys);
  PriceFile prices;
  prices.currency = reader.text("currency");
  prices.date = reader.date("date");
  const std::string source = reader.has("source") ? reader.text("source") : "";
  const auto* machines = table["machine"].as_array();
  if (machines == nullptr || machines->empty() || !machines->is_homogeneous(toml::node_type::table))
    reader.fail("no machines", "[[machine]] tables");
  if (reader.error()) return tl::unexpected(*reader.error());
  for (const toml::node& each : *machines) {
    auto machine = read_machine(*each.as_table(), file, source);
    if (!machine) return tl::unexpected(machine.error());
    if (std::ranges::find(prices.machines, machine->name, &Machine::name) != prices.machines.end()) {
      return platform::unexpected(fmt::format("{}:{}", file, line_of(each)),
                                  fmt::format("a second machine '{}'", machine->name), "a name of its own");
    }
    prices.machines.push_back(std::move(*machine));
  }
  return prices;
}

}  // namespace

Expected<PriceFile> parse_price_file(const std::string& text, const std::string& name) {
  try {
    return read(toml::parse(text, name), name);
  } catch (const toml::parse_error& failure) {
    return platform::unexpected(fmt::format("{}:{}", name, failure.source().begin.line),
                                std::string(failure.description()), "a TOML file (https://toml.io)");
  }
}

Expected<PriceFile> read_price_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return platform::unexpected(path, "a folder", "a price file (TOML)");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad())
    return platform::unexpected(path, std::strerror(errno != 0 ? errno : EIO),
                                "a price file that can be read");
  return parse_price_file(text, path);
}

}  // namespace upout::harness
