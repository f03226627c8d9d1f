#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/upout/command.h"
#include "benchmarks/upout/results.h"
#include "harness/integrity.h"
#include "harness/validation.h"

namespace upout {

namespace {

namespace fs = std::filesystem;
using platform::Expected;

struct ValidateCommand {
  std::vector<std::string> sources;
  std::string required;  ///< empty: nothing
  bool json = false;
};

harness::Requirement requirement_named(const std::string& name) {
  if (name.empty()) return harness::Requirement::nothing;
  return name == "publishable" ? harness::Requirement::publishable : harness::Requirement::unofficial;
}

constexpr const char* examples = R"(
Examples:
  upout validate out.json
  upout validate results-dir --require publishable

Checks documents against their schema and against themselves (hash, sums, rates, medians, intervals), and has the run rules
decide each verdict again; nothing but the documents is looked at. A line for each finding, and a summary.
Exit status: 0 if there is no finding, 1 if there is one, 2 if the options make no sense.)";

/// A sweep's folder has the plan of its points.
Expected<harness::ValidationOptions> options_for(const std::string& source, const ValidateCommand& command) {
  harness::ValidationOptions options{.required = requirement_named(command.required)};
  const fs::path plan = fs::path(source) / "plan.toml";
  if (!fs::exists(plan)) return options;
  return harness::hash_of_file(plan.string()).map([&](std::string hash) {
    options.plan_sha256 = std::move(hash);
    return options;
  });
}

Expected<std::vector<harness::Validation>> validate(const ValidateCommand& command) {
  std::vector<harness::Validation> all;
  for (const std::string& source : command.sources) {
    const auto files = files_of(source);
    if (!files) return tl::unexpected(files.error());
    const auto options = options_for(source, command);
    if (!options) return tl::unexpected(options.error());
    for (const fs::path& file : *files) all.push_back(harness::validate_file(file.string(), *options));
  }
  return all;
}

void execute(const ValidateCommand& command, Program& program) {
  const auto validations = validate(command);
  if (!validations) return program.fail(validations.error().to_string(), exit_usage);
  if (command.json) {
    // A file's name may be no UTF-8.
    fmt::print("{}\n", harness::validations_document(*validations)
                           .dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}", harness::render_validations(*validations));
  }
  if (!std::ranges::all_of(*validations, &harness::Validation::passed)) program.status = exit_failed;
}

}  // namespace

void add_validate_command(CLI::App& app, Program& program) {
  auto command = std::make_shared<ValidateCommand>();
  CLI::App* validate = app.add_subcommand("validate", "Check results against themselves and the run rules");
  validate->footer(examples);
  validate->add_option("results", command->sources, "folders of sweeps, or documents")->required();
  validate
      ->add_option("--require", command->required,
                   "what each run has to be at least, publishable or unofficial, in a document with a hash")
      ->check(CLI::IsMember({"publishable", "unofficial"}));
  validate->add_flag("--json", command->json, "write what was found as JSON");
  validate->callback([command, &program] { execute(*command, program); });
}

}  // namespace upout
