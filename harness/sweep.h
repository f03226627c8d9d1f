#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "harness/interrupt.h"
#include "harness/plan.h"
#include "harness/progress.h"
#include "platform/error.h"

namespace upout::harness {

/// How ranks are started on this machine, one a core, unless the user says otherwise; for points that say
/// `oversubscribe`, the second one (Open MPI's way to have more ranks than cores).
inline constexpr const char* default_launcher = "mpirun -n {ranks} --bind-to core";
/// Where the plan says `bind`, ranks lay themselves out.
inline constexpr const char* binding_launcher = "mpirun -n {ranks} --bind-to none";
inline constexpr const char* oversubscribing_launcher = "mpirun -n {ranks} --oversubscribe --bind-to none";

/// Open MPI's: the others go on when a rank is killed. Its mpirun's status is 0 then, whatever has happened.
inline constexpr const char* surviving_launch = " --enable-recovery";

struct SweepOptions {
  std::string out;       ///< the folder that takes the results; made if it is not there
  std::string program;   ///< `upout` itself: started for each point
  std::string launcher;  ///< what starts ranks, "{ranks}" in place of their number; empty: the default
  std::vector<std::string> points;  ///< ids of those that are to be measured; empty: all
  bool keep_going = true;           ///< whether the other points are measured after one failed
  std::chrono::milliseconds grace = std::chrono::seconds(
      10);  ///< for a child that is interrupted, or whose sweep was killed, to end by itself
};

struct FailedPoint {
  std::string id;
  std::string where;     ///< the point's line in the plan
  std::string reason;    ///< "ended with status 2"
  std::string log_path;  ///< all that it wrote to stdout and stderr
};

/// What became of the points of a plan, or of those that were asked for.
struct SweepSummary {
  std::size_t points = 0;
  std::size_t measured = 0;  ///< by this call
  std::size_t kept = 0;      ///< found finished
  std::vector<FailedPoint> failed;
  int interrupted_by = 0;            ///< the signal that ended the sweep before its end; 0: none
  std::vector<std::string> results;  ///< the files of all finished points, in the plan's order

  /// Whether every point is finished.
  bool complete() const { return measured + kept == points; }
};

/// Measures the points of a plan one after the other, each in its own process, into a SweepFolder, which it
/// holds the lock of. What is finished there is not measured again, and where `options.points` names some the
/// rest of the plan is not looked at.
/// A point that fails is shown with the last lines of its log and counted in the summary; the others go on.
/// An interrupt is passed on to the point that runs, and ends the sweep. An error means that nothing was
/// started.
platform::Expected<SweepSummary> run_sweep(const Plan& plan, const SweepOptions& options,
                                           const Interrupt& interrupt, Progress& progress);

/// The whole command of a point: the program with its arguments, behind the launcher if its workers are
/// ranks. Errors say what is wrong with the launcher's text.
platform::Expected<std::vector<std::string>> point_command(const Point& point, const SweepOptions& options);

}  // namespace upout::harness
