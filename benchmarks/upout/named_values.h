#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <ranges>
#include <string>

namespace upout {

/// A check for CLI11: the option's value is one of the names, which becomes what it stands for. (CLI11's own
/// transformers print the bytes of an enumeration's values in --help.) `values` must outlive it.
template <class Value>
CLI::Validator one_of(const std::map<std::string, Value>& values) {
  const std::string names = fmt::format("{}", fmt::join(std::views::keys(values), ","));
  return CLI::Validator(
      [&values, names](std::string& text) {
        const auto found = values.find(text);
        if (found == values.end()) return fmt::format("found '{}', expected one of {}", text, names);
        text = std::to_string(static_cast<int>(found->second));
        return std::string();
      },
      "{" + names + "}");
}

}  // namespace upout
