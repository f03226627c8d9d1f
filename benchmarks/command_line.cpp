#include "benchmarks/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>

#include "harness/wording.h"
#include "workloads/nearest.h"

namespace upout {

namespace {

template <class Number>
bool parses_whole(const std::string& text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end;
}

const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.front());
}

/// The argument that CLI11 could not place; empty if that is not what it complains of.
std::string unplaced_argument(const CLI::App& app, const CLI::ParseError& error, const char* first_argument) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::vector<std::string> extras = app.remaining(true);
    return extras.empty() ? "" : extras.front();
  }
  // Of a misspelt subcommand it says only that there is none.
  const bool no_command =
      dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && app.get_subcommands().empty();
  return no_command && first_argument != nullptr ? first_argument : "";
}

}  // namespace

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const auto check = [least, most](const std::string& text) {
    std::uint64_t number = 0;
    if (parses_whole(text, number) && number >= least && number <= most) return std::string();
    return fmt::format("found '{}', expected a whole number from {} to {}", text, least, most);
  };
  return {check, "N"};
}

CLI::Validator seconds_between(double least, double most) {
  const auto check = [least, most](const std::string& text) {
    double number = 0;
    if (parses_whole(text, number) && number >= least && number <= most) return std::string();
    return fmt::format("found '{}', expected seconds from {} to {}", text, least, most);
  };
  return {check, "S"};
}

std::string complaint(const CLI::App& app, const CLI::ParseError& error, const char* first_argument) {
  const std::string unplaced = unplaced_argument(app, error, first_argument);
  if (unplaced.empty()) {
    std::string text = error.what();
    std::ranges::replace(text, '\n', ' ');
    return text;
  }
  std::vector<std::string> commands;
  for (const CLI::App* command : innermost(app).get_subcommands({})) commands.push_back(command->get_name());
  std::vector<std::string> names = commands;
  for (const CLI::Option* option : innermost(app).get_options()) names.push_back(option->get_name());
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const auto nearest = workloads::nearest(unplaced, candidates);
  if (!nearest && !commands.empty() && app.get_subcommands().empty()) {
    return fmt::format("{}: found where a command is expected: {}", unplaced, harness::enumeration(commands));
  }
  return fmt::format("{}: found where no such option or argument is expected{}", unplaced,
                     nearest ? fmt::format("; did you mean {}?", *nearest) : "; see --help");
}

platform::Expected<workloads::Properties> read_properties(const std::vector<std::string>& files,
                                                          const std::vector<std::string>& assignments) {
  workloads::Properties properties;
  for (const std::string& file : files) {
    if (auto read = properties.read_file(file); !read) return tl::unexpected(read.error());
  }
  for (const std::string& assignment : assignments) {
    if (auto assigned = properties.assign(assignment); !assigned) return tl::unexpected(assigned.error());
  }
  return properties;
}

platform::Expected<void> check_output(const std::string& option, const std::string& path) {
  if (path.empty()) return {};
  const std::string where = option + " " + path;
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  if (!std::filesystem::is_directory(folder)) {
    return platform::unexpected(where, "no folder " + folder.string(), "a file in an existing folder");
  }
  if (std::filesystem::is_directory(path)) return platform::unexpected(where, "a folder", "a file");
  if (access(folder.c_str(), W_OK) != 0) {
    return platform::unexpected(where, "a folder that may not be written", "one that may");
  }
  return {};
}

}  // namespace upout
