#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

namespace upout::testing {

/// A command line with an option of each kind.
struct SampleProgram {
  SampleProgram() : app("knead makes dough of flour and water: slowly.\nSee a baker.", "knead") {
    app.footer("\nTo begin with: knead bread rye");
    CLI::App* bread = app.add_subcommand("bread", "Make a loaf");
    bread->add_option("flour", flour, "what of; several are mixed")->required();
    bread->add_option("--oven", text, "which one");
    bread->add_option("-c,--crust", text, "how it is to be")
        ->check(CLI::IsMember({"thin", "thick"}))
        ->default_str("thin");
    bread->add_option("--shape", text, "round or long")
        ->transform(CLI::CheckedTransformer(std::map<std::string, int>{{"long", 1}, {"round", 0}}));
    CLI::Option* quick = bread->add_flag("--quick", flag, "with baker's yeast");
    bread->add_flag("--slow", flag, "with leaven")->excludes(quick);
    bread->add_flag("--secret", flag, "nobody's business")->group("");
    bread->footer(
        "\nExamples:\n  knead bread rye --crust thick\n  .hidden 'quoted' \\back\n\nExit status: 0.\n.5 is "
        "none.");
    CLI::App* cake = app.add_subcommand("cake", "Make something sweet");
    cake->add_option("form", text, "tin");
    cake->add_option("icing", text, "on top");
  }

  CLI::App app;
  std::vector<std::string> flour;
  std::string text;
  bool flag = false;
};

}  // namespace upout::testing
