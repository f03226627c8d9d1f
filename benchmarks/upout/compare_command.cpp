#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "benchmarks/upout/command.h"
#include "benchmarks/upout/published_comparison.h"
#include "benchmarks/upout/results.h"
#include "harness/comparison_table.h"
#include "harness/result_comparison.h"

namespace upout {

namespace {

using platform::Expected;

/// What CI tells apart from a comparison that could not be made.
constexpr int exit_below = 3;

struct CompareCommand {
  std::string a;
  std::string b;
  std::optional<double> fail_below;
  bool json = false;
  bool published = false;
  bool absolute = false;
};

constexpr const char* examples = R"(
Examples:
  upout compare before.json after.json
  upout compare results-of-main results-of-branch --fail-below 0.95
  upout compare main branch                            # folders of several sweeps each: runs are compared, not repetitions
  upout compare --published quick-results              # beside what others measured, by shape

Points match if deployment, workload, properties and offered load are the same. B is called faster or slower where the 95 %
interval of the ratio B/A (bootstrap over repetitions, or over runs if both sides have four) excludes 1 and a rank test, corrected for the number of points, is
below 0.05.
Exit status: 0 if it was compared, and with --fail-below nothing is below it; 3 if a point of B is slower and its whole interval
lies below the bound; 1 if none is, but B lacks a valid result of a point that A has, or a point has too few samples for
anything to show, and --fail-below was given; 2 if the
options make no sense or there is nothing to compare.)";

std::optional<double> parse_bound(const std::string& text) {
  double bound = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, bound);
  if (error != std::errc() || rest != end || !(bound > 0) || bound > 1) return std::nullopt;
  return bound;
}

CLI::Validator bound() {
  return {[](const std::string& text) {
            if (parse_bound(text)) return std::string();
            return fmt::format("found '{}', expected a ratio above 0 and up to 1, such as 0.95", text);
          },
          "RATIO"};
}

void judge(const harness::ResultComparison& comparison, double bound, Program& program) {
  const auto below = std::ranges::count_if(
      comparison.points, [&](const auto& point) { return harness::is_below(point, bound); });
  if (below > 0) {
    return program.fail(fmt::format("--fail-below {:g}: found {} point{} of B below it, expected none", bound,
                                    below, below == 1 ? "" : "s"),
                        exit_below);
  }
  const auto too_few = std::ranges::find(comparison.points, true, &harness::PointComparison::has_too_few);
  if (too_few != comparison.points.end()) {
    return program.fail(
        fmt::format(
            "--fail-below {:g}: found {} {} of {} in A and {} in B, expected enough for a difference to show",
            bound, too_few->samples_a, harness::to_string(too_few->sampled), too_few->id, too_few->samples_b),
        exit_failed);
  }
  const auto lost = std::ranges::find(comparison.left_out, true, &harness::LeftOut::is_lost);
  if (lost == comparison.left_out.end()) return;
  program.fail(
      fmt::format("--fail-below {:g}: found no valid result in B of {}, expected one of each point of A",
                  bound, lost->id),
      exit_failed);
}

/// `--published` takes one set of results, the other comparisons two.
Expected<void> check(const CompareCommand& command) {
  if (command.published && (!command.b.empty() || command.json || command.fail_below)) {
    return platform::unexpected("--published", "B, --json or --fail-below beside it",
                                "one set of results: figures of others stand on the other side");
  }
  if (!command.published && command.absolute)
    return platform::unexpected("--absolute", "no --published", "--published RESULTS --absolute");
  if (!command.published && command.b.empty())
    return platform::unexpected("compare", "one set of results", "two, A and B, or --published and one");
  return {};
}

void set_beside_published(const CompareCommand& command, Program& program) {
  const auto text = beside_published(std::span(&command.a, 1), command.absolute);
  if (!text) return program.fail(text.error().to_string(), exit_usage);
  fmt::print("{}", *text);
}

void execute(const CompareCommand& command, Program& program) {
  if (const auto possible = check(command); !possible)
    return program.fail(possible.error().to_string(), exit_usage);
  if (command.published) return set_beside_published(command, program);
  const auto a = read_results(std::span(&command.a, 1));
  if (!a) return program.fail(a.error().to_string(), exit_usage);
  const auto b = read_results(std::span(&command.b, 1));
  if (!b) return program.fail(b.error().to_string(), exit_usage);
  const auto comparison = harness::compare_results(*a, *b);
  if (!comparison) return program.fail(comparison.error().to_string(), exit_usage);
  const harness::ComparisonOptions options{command.a, command.b, command.fail_below};
  if (command.json) {
    fmt::print("{}\n", harness::comparison_document(*comparison, options)
                           .dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}", harness::render_comparison(*comparison, options));
  }
  if (command.fail_below) judge(*comparison, *command.fail_below, program);
}

}  // namespace

void add_compare_command(CLI::App& app, Program& program) {
  auto command = std::make_shared<CompareCommand>();
  CLI::App* compare = app.add_subcommand("compare", "Say in what two sets of results differ");
  compare->footer(examples);
  compare->add_option("A", command->a, "a folder of a sweep or of several, or a result document")->required();
  compare->add_option("B", command->b, "the one that is held against it");
  compare->add_flag("--published", command->published,
                    "set A beside the figures of others (upout list published): speed-ups and crossovers");
  compare->add_flag("--absolute", command->absolute,
                    "with --published: absolute figures, too, with the hardware of both");
  compare
      ->add_option_function<std::string>(
          "--fail-below", [command](const std::string& text) { command->fail_below = parse_bound(text); },
          "for CI: fail if a point's ratio B/A is significantly below this, such as 0.95")
      ->check(bound());
  compare->add_flag("--json", command->json, "write the comparison as JSON");
  compare->callback([command, &program] { execute(*command, program); });
}

}  // namespace upout
