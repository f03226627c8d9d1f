#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace upout {

/// What a manual page says on top of the program's own command line.
struct ManualFacts {
  std::string version;   ///< of the suite
  std::string see_also;  ///< other pages, such as "mpirun(1)"
};

/// The program's manual page, in the macros of man(7), out of what its command line says of itself: each
/// subcommand, option, default and example, so that none is missing and none is made up. Without a date, so
/// that the same program makes the same page.
std::string manual_page(const CLI::App& app, const ManualFacts& facts);

/// Adds the flag `--man`, which prints the page and ends the program as `--version` does. `app` must outlive
/// what it parses.
void add_manual_flag(CLI::App& app, const ManualFacts& facts);

}  // namespace upout
