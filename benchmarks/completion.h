#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace upout {

/// What an option's value, or an argument, may be, by its name ("--workload", "plan"); nothing: anything.
using ValuesOf = std::function<std::vector<std::string>(const std::string& name)>;

/// The values that an option's own check lists; nothing: it lists none.
std::vector<std::string> listed_values(const CLI::Option& option);

/// What may stand in place of the last word of a command line that is being typed: subcommands, options, and
/// values as far as they are known. `words`: those after the program's name, the last one as far as it has
/// been typed, perhaps empty. Words may be divided at '=', as bash does.
std::vector<std::string> completions(const CLI::App& app, const std::vector<std::string>& words,
                                     const ValuesOf& values_of);

/// `PROGRAM --complete WORD...` prints them, a line each: so that shells ask the program itself, and know
/// what this very program knows. True: that was it, and the program is done.
bool answered_completion(const CLI::App& app, int argc, const char* const* argv, const ValuesOf& values_of);

}  // namespace upout
