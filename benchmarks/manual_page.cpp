#include "benchmarks/manual_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

#include "benchmarks/completion.h"

namespace upout {

namespace {

/// As roff takes it for nothing but text: no escapes, '-' as it is typed, no request at the beginning of a
/// line.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool begins_line = result.empty() || result.back() == '\n';
    if (begins_line && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result;
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string italic(std::string_view text) {
  return "\\fI" + escaped(text) + "\\fR";
}

/// What an option's value is called: N of "UINT:N", or the values that there are.
std::string value_name(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return {};
  const std::vector<std::string> values = listed_values(option);
  if (!values.empty()) return fmt::format("{{{}}}", fmt::join(values, ","));
  const std::string type = option.get_type_name();
  return type.substr(type.find(':') + 1);
}

std::string joined_names(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options) names.push_back(option->get_name());
  std::ranges::sort(names);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string tag_of(const CLI::Option& option) {
  std::string tag;
  const auto add = [&](const std::string& name) { tag += (tag.empty() ? "" : ", ") + bold(name); };
  for (const std::string& name : option.get_snames()) add("-" + name);
  for (const std::string& name : option.get_lnames()) add("--" + name);
  if (const std::string value = value_name(option); !value.empty()) tag += " " + italic(value);
  return tag;
}

std::string meaning_of(const CLI::Option& option) {
  std::string text = option.get_description();
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : "; ") + what; };
  if (option.get_required()) add("required");
  if (const std::string value = option.get_default_str(); !value.empty()) add("default: " + value);
  if (!option.get_excludes().empty()) add("not with " + joined_names(option.get_excludes()));
  if (!option.get_needs().empty()) add("only with " + joined_names(option.get_needs()));
  return escaped(text) + (text.ends_with('.') ? "" : ".");
}

bool is_hidden(const CLI::Option& option) {
  return option.get_group().empty();
}

/// Of one command: its arguments first, as they are given first.
std::string options_of(const CLI::App& app) {
  std::string arguments;
  std::string options;
  for (const CLI::Option* option : app.get_options()) {
    if (is_hidden(*option)) continue;
    if (option->nonpositional()) {
      options += ".TP\n" + tag_of(*option) + "\n" + meaning_of(*option) + "\n";
    } else {
      arguments += ".TP\n" + italic(option->get_name(true)) + "\n" + meaning_of(*option) + "\n";
    }
  }
  return arguments + options;
}

std::string synopsis_of(const CLI::App& app, const std::string& called) {
  std::string line = bold(called);
  if (!app.get_subcommands({}).empty())
    return line + " " + italic("COMMAND") + " [" + italic("OPTIONS") + "]";
  for (const CLI::Option* option : app.get_options()) {
    if (is_hidden(*option) || option->nonpositional()) continue;
    const std::string name =
        italic(option->get_name(true)) + (option->get_items_expected_max() > 1 ? "..." : "");
    line += option->get_required() ? " " + name : " [" + name + "]";
  }
  return line + " [" + italic("OPTIONS") + "]";
}

/// A footer: what is indented stands as it is typed, the rest is text.
std::string footer_of(const CLI::App& app) {
  std::istringstream lines(app.get_footer());
  std::string result;
  bool is_verbatim = false;
  for (std::string line; std::getline(lines, line);) {
    const bool indented = line.starts_with("  ");
    if (indented != is_verbatim) result += indented ? ".PP\n.EX\n" : ".EE\n.PP\n";
    is_verbatim = indented;
    if (!line.empty()) {
      result += escaped(line) + "\n";
    } else if (!result.empty() && !result.ends_with(".PP\n")) {
      result += ".PP\n";
    }
  }
  return (result.empty() ? "" : ".PP\n") + result + (is_verbatim ? ".EE\n" : "");
}

std::string commands_of(const CLI::App& app) {
  std::string text;
  for (const CLI::App* command : app.get_subcommands({})) {
    const std::string called = app.get_name() + " " + command->get_name();
    text += ".SS " + escaped(called) + "\n" + synopsis_of(*command, called) + "\n.PP\n" +
            escaped(command->get_description()) + ".\n" + options_of(*command) + footer_of(*command);
  }
  return text.empty() ? "" : ".SH COMMANDS\n" + text;
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

/// What a description that begins with the program's name says of it, in one line: what whatis(1) shows.
std::string summary_of(const CLI::App& app) {
  std::string text = app.get_description();
  std::ranges::replace(text, '\n', ' ');
  if (text.starts_with(app.get_name() + " ")) text.erase(0, app.get_name().size() + 1);
  return text.substr(0, text.find_first_of(":."));
}

}  // namespace

std::string manual_page(const CLI::App& app, const ManualFacts& facts) {
  const std::string name = app.get_name();
  return fmt::format(".TH {} 1 \"\" \"upout {}\" \"upout\"\n", upper(name), escaped(facts.version)) +
         ".SH NAME\n" + escaped(name) + " \\- " + escaped(summary_of(app)) + "\n.SH SYNOPSIS\n" +
         synopsis_of(app, name) + "\n.SH DESCRIPTION\n" + escaped(app.get_description()) + "\n" +
         ".SH OPTIONS\n" + options_of(app) + footer_of(app) + commands_of(app) + ".SH SEE ALSO\n" +
         escaped(facts.see_also) + "\n";
}

void add_manual_flag(CLI::App& app, const ManualFacts& facts) {
  app.add_flag_callback(
      "--man", [&app, facts] { throw CLI::CallForVersion(manual_page(app, facts), 0); },
      "Print the manual page, for man -l -");
}

}  // namespace upout
