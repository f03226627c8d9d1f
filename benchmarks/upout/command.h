#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "benchmarks/command_line.h"
#include "engines/shared_nothing/mpi_process.h"
#include "platform/clock.h"
#include "platform/error.h"

namespace upout {

/// Exit statuses: 0 only if what was asked for was done.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed =
    1;  ///< it was tried, and something is not as it should be: see what was printed
inline constexpr int exit_usage = 2;     ///< what the user asked for makes no sense; nothing was done
inline constexpr int exit_going_on = 3;  ///< of what was asked about: it is not done yet, and may be
/// A run that a signal ended exits with 128 + its number, as shells have it.
inline constexpr int exit_signalled = 128;

/// What the commands share: this process's place among ranks, and the exit status.
struct Program {
  std::string path;  ///< of this program
  std::unique_ptr<engines::shared_nothing::MpiProcess> mpi;
  int status = exit_done;
  /// Ranks are gone, and MPI's collective calls with them; this one stands in for the root, or does not.
  bool others_are_gone = false;
  bool stands_in = false;

  bool is_root() const { return others_are_gone ? stands_in : mpi == nullptr || mpi->rank() == 0; }
  /// Prints "upout: ERROR" on stderr, once for all ranks, and sets the status.
  void fail(const std::string& error, int exit_status);
};

/// Each adds one subcommand, which sets `program.status` when it is done.
void add_run_command(CLI::App& app, Program& program);
void add_sweep_command(CLI::App& app, Program& program);
void add_submit_command(CLI::App& app, Program& program);
void add_status_command(CLI::App& app, Program& program);
void add_collect_command(CLI::App& app, Program& program);
void add_cancel_command(CLI::App& app, Program& program);
void add_report_command(CLI::App& app, Program& program);
void add_compare_command(CLI::App& app, Program& program);
void add_analyze_command(CLI::App& app, Program& program);
void add_cost_command(CLI::App& app, Program& program);
void add_list_command(CLI::App& app, Program& program);
void add_doctor_command(CLI::App& app, Program& program);
void add_export_command(CLI::App& app, Program& program);
void add_validate_command(CLI::App& app, Program& program);

/// A check for CLI11: the option's value is a duration such as 100us, of at most `longest`.
CLI::Validator duration_up_to(platform::Timestamp longest);
/// As harness::parse_rate takes it.
CLI::Validator operation_rate();
/// As harness::parse_profile and harness::parse_goal take them.
CLI::Validator load_profile();
CLI::Validator latency_goal();
/// As harness::parse_faults takes it.
CLI::Validator faults();
/// As platform::Regions::parse takes them.
CLI::Validator regions();
/// As harness::parse_precision takes it.
CLI::Validator precision();
/// The same for `--bind`.
CLI::Validator worker_binding();
/// The same for `--placement`.
CLI::Validator placement_name();

}  // namespace upout
