#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/baseline/measure.h"
#include "benchmarks/command_line.h"
#include "benchmarks/completion.h"
#include "benchmarks/manual_page.h"
#include "harness/build_info.h"
#include "harness/interrupt.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/run_limits.h"
#include "harness/table.h"
#include "workloads/registry.h"

namespace upout {

namespace {

using platform::Expected;

// As those of `upout`.
constexpr int exit_done = 0;
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;
constexpr int exit_signalled = 128;

struct Command {
  harness::RunOptions options;
  std::string workload;
  std::vector<std::string> property_files;
  std::vector<std::string> assignments;
  bool seconds_given = false;
  std::string bind = "cores";
  std::string json;
  bool quiet = false;
};

constexpr const char* examples = R"(
Examples:
  upout-baseline --workload ycsb-c -p recordcount=1000000 --seconds 2 --repetitions 6 --json baseline.json
  upout-baseline --workload smallbank --seconds 5 --json baseline.json
  upout report quick-results baseline.json -o report.html

One thread, a table and nothing that several would need: no locks, no atomics, no messages. The workload, how it
is measured and how its data are checked are those of `upout run`, and so is the document.
Exit status: 0 if it was measured and verified, 1 if not, 2 if the options make no sense, 128 + N after signal N.)";

int fail(const std::string& error, int status) {
  fmt::print(stderr, "upout-baseline: {}\n", error);
  return status;
}

Expected<std::unique_ptr<workloads::Workload>> make_workload(Command& command,
                                                             std::vector<std::string>& warnings) {
  if (auto output = check_output("--json", command.json == "-" ? "" : command.json); !output)
    return tl::unexpected(output.error());
  const auto bind = platform::Binding::parse(command.bind);
  if (!bind) return tl::unexpected(bind.error());
  command.options.bind = *bind;
  const auto properties = read_properties(command.property_files, command.assignments);
  if (!properties) return tl::unexpected(properties.error());
  auto workload = workloads::make_workload(command.workload, *properties, warnings);
  if (!workload) return workload;
  const auto schedule =
      harness::limit(command.options.schedule, {.has_seconds = command.seconds_given}, **workload, warnings);
  if (!schedule) return tl::unexpected(schedule.error());
  command.options.schedule = *schedule;
  return workload;
}

Expected<void> write_results(const Command& command, const nlohmann::json& document) {
  if (command.json == "-") {
    fmt::print("{}\n", document.dump(2));
    return {};
  }
  fmt::print("{}", harness::render_table(std::span(&document, 1)));
  return command.json.empty() ? Expected<void>{} : harness::write_document(document, command.json);
}

int execute(Command& command) {
  std::vector<std::string> warnings;
  const auto workload = make_workload(command, warnings);
  if (!workload) return fail(workload.error().to_string(), exit_usage);
  for (const std::string& warning : warnings) fmt::print(stderr, "upout-baseline: warning: {}\n", warning);

  const harness::Interrupt interrupt;
  harness::Progress progress(harness::progress_mode_for(STDERR_FILENO, command.quiet));
  const auto outcome = baseline::measure(command.options, **workload, interrupt, progress);
  if (!outcome) return fail(outcome.error().to_string(), exit_usage);
  const harness::RunRecord& record = outcome->record;
  if (!record.repetitions.empty()) {
    const nlohmann::json document = harness::make_document({record}, outcome->environment);
    if (const auto written = write_results(command, document); !written)
      return fail(written.error().to_string(), exit_failed);
  }
  if (record.incomplete) {
    return fail("ended by a signal; what had been measured is kept", exit_signalled + interrupt.signal());
  }
  if (record.repetitions.empty())
    return fail("nothing came back within a window: longer ones are needed (--seconds)", exit_failed);
  if (!record.verification.passed())
    return fail("the data did not verify: this is not a result", exit_failed);
  return exit_done;
}

std::vector<std::string> argument_values(const std::string& name) {
  std::vector<std::string> values;
  if (name != "--workload") return values;
  for (const workloads::WorkloadEntry& entry : workloads::workloads()) values.emplace_back(entry.name);
  return values;
}

/// Returns the option `--seconds`.
CLI::Option* add_options(CLI::App& app, Command& command) {
  app.add_option("--workload", command.workload, "what to run; see `upout list`")->required();
  app.add_option("-P", command.property_files, "a property file, as YCSB has them; may be given again")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("-p", command.assignments, "one property, over those of files; may be given again")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--depth", command.options.depth,
                 "operations that are taken as one batch; transactions are done one after the other")
      ->check(whole_number(1, 4096))
      ->capture_default_str();
  app.add_option("--bind", command.bind,
                 "where the thread goes: to the first place of cores, or of a list of CPUs")
      ->capture_default_str();
  CLI::Option* seconds =
      app.add_option("--seconds", command.options.schedule.seconds,
                     "measured in all, shared by the repetitions; without it, YCSB's properties "
                     "operationcount and maxexecutiontime end the run, if they are given")
          ->check(seconds_between(0.001, 1e6))
          ->capture_default_str();
  app.add_option("--repetitions", command.options.schedule.repetitions,
                 "measured windows; fewer than 6 have no 95 % interval")
      ->check(whole_number(1, 10000))
      ->capture_default_str();
  app.add_option("--warmup", command.options.schedule.warmup_seconds,
                 "seconds before each repetition that do not count")
      ->check(seconds_between(0, 1e6))
      ->capture_default_str();
  app.add_option("--seed", command.options.seed, "of all random choices")
      ->check(whole_number(0, UINT64_MAX))
      ->capture_default_str();
  app.add_option("--json", command.json, "write the result document here; - for stdout in place of the table")
      ->type_name("FILE");
  app.add_option("--id", command.options.id, "the run's name in the document");
  app.add_flag("--quiet", command.quiet, "no progress on stderr");
  return seconds;
}

int run_program(int argc, char** argv) {
  Command command;
  command.options.engine = "baseline";
  CLI::App app("upout-baseline measures a workload on one thread, without anything that several would need.",
               "upout-baseline");
  app.set_version_flag("--version", fmt::format("upout-baseline {} ({})", harness::build_info().version,
                                                harness::build_info().commit));
  add_manual_flag(app, {.version = harness::build_info().version, .see_also = "upout(1)"});
  app.footer(examples);
  const CLI::Option* seconds = add_options(app, command);
  if (answered_completion(app, argc, argv, argument_values)) return exit_done;
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return fail(complaint(app, error, argc > 1 ? argv[1] : nullptr), exit_usage);
  }
  command.seconds_given = seconds->count() > 0;
  return execute(command);
}

}  // namespace

}  // namespace upout

int main(int argc, char** argv) {
  try {
    return upout::run_program(argc, argv);
  } catch (const std::exception& error) {
    return upout::fail(error.what(), upout::exit_failed);
  }
}
