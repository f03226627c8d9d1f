#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/upout/command.h"
#include "benchmarks/upout/results.h"
#include "harness/formats/format.h"
#include "harness/wording.h"
#include "workloads/nearest.h"

namespace upout {

namespace {

struct ExportCommand {
  std::vector<std::string> sources;
  std::string format;
  std::string output;  ///< empty: stdout
};

constexpr const char* examples = R"(
Examples:
  upout export quick-results --format csv -o points.csv
  upout export out-1.json out-2.json --format markdown
  upout export out.json --format google-benchmark -o out.gbench.json

`upout list formats` says what there is, docs/result-format.md what is in them.)";

const harness::Format* format_named(std::string_view name) {
  const auto formats = harness::formats();
  const auto found = std::ranges::find(formats, name, &harness::Format::name);
  return found == formats.end() ? nullptr : &*found;
}

/// As CLI11 takes it: what is wrong with a name; empty if nothing is.
std::string check_format(const std::string& name) {
  if (format_named(name) != nullptr) return {};
  std::vector<std::string_view> candidates;
  std::vector<std::string> names;
  for (const harness::Format& format : harness::formats()) {
    candidates.push_back(format.name);
    names.emplace_back(format.name);
  }
  const auto nearest = workloads::nearest(name, candidates);
  return fmt::format("found '{}', expected one of {}{}", name, harness::enumeration(names),
                     nearest ? fmt::format("; did you mean {}?", *nearest) : "");
}

void execute(const ExportCommand& command, Program& program) {
  const auto documents = read_results(command.sources);
  if (!documents) return program.fail(documents.error().to_string(), exit_usage);
  const auto made = format_named(command.format)->render(*documents);
  if (!made) return program.fail(made.error().to_string(), exit_usage);
  for (const std::string& what : made->left_out) fmt::print(stderr, "upout: warning: {}\n", what);
  if (command.output.empty()) {
    fmt::print("{}", made->text);
    return;
  }
  if (const auto written = write_output("-o", command.output, made->text); !written) {
    return program.fail(written.error().to_string(), exit_usage);
  }
  fmt::print("{}\n", command.output);
}

}  // namespace

void add_export_command(CLI::App& app, Program& program) {
  auto command = std::make_shared<ExportCommand>();
  CLI::App* exporting = app.add_subcommand("export", "Turn results into a format that other tools read");
  exporting->footer(examples);
  exporting->add_option("results", command->sources, "folders of sweeps, or result documents")->required();
  exporting->add_option("--format", command->format, "see `upout list formats`")
      ->type_name("NAME")
      ->check(CLI::Validator(check_format, ""))
      ->required();
  exporting->add_option("-o,--output", command->output, "write it here; without it, to stdout")
      ->type_name("FILE");
  exporting->callback([command, &program] { execute(*command, program); });
}

}  // namespace upout
