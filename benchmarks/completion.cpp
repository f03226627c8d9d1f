#include "benchmarks/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string_view>

namespace upout {

namespace {

/// A command line, word by word: where the next word stands.
class Reader {
 public:
  explicit Reader(const CLI::App& app) : app_(&app) {}

  void take(const std::string& word) {
    if (word == "=") return;
    if (open_ != nullptr) {
      open_ = nullptr;
    } else if (word.starts_with('-')) {
      const CLI::Option* option = app_->get_option_no_throw(word.substr(0, word.find('=')));
      const bool takes_value = option != nullptr && option->get_items_expected_max() > 0;
      if (takes_value && word.find('=') == std::string::npos) open_ = option;
    } else if (const CLI::App* command = command_named(word); command != nullptr) {
      app_ = command;
      arguments_ = 0;
    } else {
      ++arguments_;
    }
  }

  std::vector<std::string> next(const std::string& word, const ValuesOf& values_of) const {
    if (open_ != nullptr) return values(*open_, values_of);
    if (const auto equals = word.find('='); word.starts_with("--") && equals != std::string::npos) {
      const CLI::Option* option = app_->get_option_no_throw(word.substr(0, equals));
      std::vector<std::string> found =
          option == nullptr ? std::vector<std::string>() : values(*option, values_of);
      for (std::string& value : found) value.insert(0, word.substr(0, equals + 1));
      return found;
    }
    return word.starts_with('-') ? options() : arguments(values_of);
  }

 private:
  const CLI::App* command_named(const std::string& name) const {
    for (const CLI::App* command : app_->get_subcommands({})) {
      if (command->get_name() == name) return command;
    }
    return nullptr;
  }

  static std::vector<std::string> values(const CLI::Option& option, const ValuesOf& values_of) {
    std::vector<std::string> listed = listed_values(option);
    return listed.empty() ? values_of(option.get_name(!option.nonpositional())) : listed;
  }

  std::vector<std::string> options() const {
    std::vector<std::string> names;
    for (const CLI::Option* option : app_->get_options()) {
      if (option->get_group().empty()) continue;
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
    return names;
  }

  std::vector<std::string> arguments(const ValuesOf& values_of) const {
    std::vector<std::string> words;
    for (const CLI::App* command : app_->get_subcommands({})) words.push_back(command->get_name());
    std::size_t place = 0;
    for (const CLI::Option* option : app_->get_options()) {
      if (option->nonpositional()) continue;
      const bool is_its_turn = place++ == arguments_ || option->get_items_expected_max() > 1;
      if (is_its_turn) std::ranges::copy(values(*option, values_of), std::back_inserter(words));
    }
    return words;
  }

  const CLI::App* app_;
  const CLI::Option* open_ = nullptr;  ///< whose value comes next
  std::size_t arguments_ = 0;          ///< of the command, so far
};

}  // namespace

// "TEXT:{hash,ordered}", or "TEXT:value in {poisson->0,uniform->1} OR ...".
std::vector<std::string> listed_values(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto begin = type.find('{');
  const auto end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  std::istringstream list(type.substr(begin + 1, end - begin - 1));
  std::vector<std::string> values;
  for (std::string value; std::getline(list, value, ',');)
    values.push_back(value.substr(0, value.find("->")));
  return values;
}

std::vector<std::string> completions(const CLI::App& app, const std::vector<std::string>& words,
                                     const ValuesOf& values_of) {
  if (words.empty()) return {};
  Reader reader(app);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) reader.take(words[i]);
  // bash gives the sign that ends an option's name as a word of its own.
  const std::string typed = words.back() == "=" ? "" : words.back();
  std::vector<std::string> found = reader.next(typed, values_of);
  std::erase_if(found, [&](const std::string& word) { return !word.starts_with(typed); });
  return found;
}

bool answered_completion(const CLI::App& app, int argc, const char* const* argv, const ValuesOf& values_of) {
  if (argc < 2 || std::string_view(argv[1]) != "--complete") return false;
  for (const std::string& word : completions(app, {argv + 2, argv + argc}, values_of))
    fmt::print("{}\n", word);
  return true;
}

}  // namespace upout
