#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/completion.h"
#include "benchmarks/manual_page.h"
#include "benchmarks/upout/argument_values.h"
#include "benchmarks/upout/command.h"
#include "harness/build_info.h"
#include "platform/data_folder.h"

namespace {

using upout::Program;
using upout::engines::shared_nothing::MpiProcess;

/// This program's own file, for starting it again.
std::string own_path(const char* called_as) {
  const std::filesystem::path path = upout::platform::own_program();
  return path.empty() ? std::string(called_as) : path.string();
}

/// A launcher of another MPI starts ranks that do not know of each other; each would measure alone.
std::string launch_error(const MpiProcess& mpi) {
  const int launched = MpiProcess::launched_size();
  if (launched <= 1 || mpi.size() == launched) return {};
  return fmt::format(
      "the launcher: found {} processes of which each sees {} rank, expected the launcher of {} {}", launched,
      mpi.size(), MpiProcess::library(), MpiProcess::library_version());
}

int run_program(int argc, char** argv) {
  Program program{.path = own_path(argv[0]), .mpi = nullptr, .status = upout::exit_done};
  // Before anything can fail, so that what fails on all ranks is said once.
  if (argc > 1 && std::string_view(argv[1]) == "run" && MpiProcess::was_launched()) {
    program.mpi = std::make_unique<MpiProcess>();
    if (const std::string error = launch_error(*program.mpi); !error.empty()) {
      program.fail(error, upout::exit_usage);
      return program.status;
    }
  }
  CLI::App app(
      "upout measures whether a storage workload is better scaled up (one shared-memory machine) or out\n"
      "(shared-nothing ranks): one storage kernel, run both ways.",
      "upout");
  app.set_version_flag("--version", "upout " + upout::harness::build_info().version + " (" +
                                        upout::harness::build_info().commit + ")");
  upout::add_manual_flag(
      app, {.version = upout::harness::build_info().version, .see_also = "upout-baseline(1), mpirun(1)"});
  app.require_subcommand(1);
  app.footer("\nTo begin with: upout sweep quick --out quick-results && upout report quick-results");
  add_run_command(app, program);
  add_sweep_command(app, program);
  add_submit_command(app, program);
  add_status_command(app, program);
  add_collect_command(app, program);
  add_cancel_command(app, program);
  add_report_command(app, program);
  add_compare_command(app, program);
  add_export_command(app, program);
  add_analyze_command(app, program);
  add_cost_command(app, program);
  add_list_command(app, program);
  add_doctor_command(app, program);
  add_validate_command(app, program);
  if (upout::answered_completion(app, argc, argv, upout::argument_values)) return program.status;
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    if (program.is_root()) app.exit(help);
  } catch (const CLI::ParseError& error) {
    program.fail(upout::complaint(app, error, argc > 1 ? argv[1] : nullptr), upout::exit_usage);
  }
  if (program.others_are_gone) MpiProcess::leave(program.status);
  return program.status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_program(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "upout: {}\n", error.what());
    return upout::exit_failed;
  }
}
