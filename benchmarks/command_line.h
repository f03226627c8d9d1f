#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/error.h"
#include "workloads/properties.h"

/// What the command lines of the suite's programs have in common.
namespace upout {

/// A check for CLI11: the option's value is a whole number from `least` to `most`.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);
/// The same for a number of seconds, from `least` to `most`.
CLI::Validator seconds_between(double least, double most);

/// CLI11's complaint in one line, with what a misspelt option or subcommand may have been meant for.
/// `first_argument`: of the command line; null if there is none.
std::string complaint(const CLI::App& app, const CLI::ParseError& error, const char* first_argument);

/// YCSB's property files (-P), and what assignments (-p) say over them.
platform::Expected<workloads::Properties> read_properties(const std::vector<std::string>& files,
                                                          const std::vector<std::string>& assignments);

/// Whether what an option asks for can be written there; of an empty path, it can. Better refused now than
/// after minutes of measuring.
platform::Expected<void> check_output(const std::string& option, const std::string& path);

}  // namespace upout
