#include <fmt/format.h>
#include <mpi.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/mpi/measurements.h"
#include "benchmarks/mpi/transactions.h"
#include "engines/shared_nothing/mpi_process.h"
#include "harness/statistics/median_interval.h"

/// What the shared-nothing engine makes of MPI: each of its steps beside what raw MPI does with messages of
/// the same size, between the same two bound ranks, in turn within one run.
namespace upout::mpi_micro {

namespace {

/// One line of the result: a measurement over another one.
struct Ratio {
  const char* what;
  const char* measured;
  const char* over;
};

constexpr Ratio ratios[] = {
    {"remote read at depth 1, time over a ping-pong's", "remote_read/depth_1", "raw/ping_pong"},
    {"all reads remote over all local, depth 64", "reads/remote", "reads/local"},
    {"messages of one request over a bare MPI_Isend/MPI_Irecv loop's", "messages/engine", "messages/raw"},
    {"two ranks over one, uniform, depth 64", "reads/two_ranks", "reads/one_rank"},
    {"remote read at depth 1, time of rma over request", "remote_read/depth_1/rma",
     "remote_read/depth_1/request"},
    {"all reads remote, rate of rma over request", "reads/remote/rma", "reads/remote/request"},
};

void print(const std::map<std::string, std::vector<double>>& results, const std::vector<Measurement>& all) {
  fmt::print("{:<40}{:>14}{:>14}{:>14}  {}\n", "name", "median", "least", "greatest", "unit");
  for (const Measurement& measurement : all) {
    const std::vector<double>& values = results.at(measurement.name);
    const auto [least, greatest] = std::ranges::minmax(values);
    fmt::print("{:<40}{:>14.4g}{:>14.4g}{:>14.4g}  {}\n", measurement.name,
               harness::median_interval(values).median, least, greatest, measurement.unit);
  }
  if (std::ranges::none_of(ratios, [&](const Ratio& ratio) { return results.contains(ratio.measured); }))
    return;
  fmt::print("\n{:<64}{:>8}  {}\n", "ratio, repetition by repetition", "median", "least to greatest");
  for (const Ratio& ratio : ratios) {
    const auto measured = results.find(ratio.measured);
    const auto over = results.find(ratio.over);
    if (measured == results.end() || over == results.end()) continue;
    std::vector<double> each;
    for (std::size_t i = 0; i < measured->second.size(); ++i)
      each.push_back(measured->second[i] / over->second[i]);
    const auto [least, greatest] = std::ranges::minmax(each);
    fmt::print("{:<64}{:>8.3f}  {:.3f} to {:.3f}\n", ratio.what, harness::median_interval(each).median, least,
               greatest);
  }
}

/// Where it was made, puts it there; else says why not.
template <class B>
std::string keep(platform::Expected<std::unique_ptr<B>>&& made, std::unique_ptr<B>& place) {
  if (!made) return made.error().to_string();
  place = std::move(*made);
  return "";
}

int run(int argc, char** argv) {
  CLI::App app("upout-mpi-micro: what the shared-nothing engine makes of MPI. Start it as two bound ranks.");
  app.footer(
      "\nExample:\n  mpirun -n 2 --bind-to core upout-mpi-micro --repetitions 9\n"
      "  mpirun -n 2 --bind-to core upout-mpi-micro --batching\n"
      "  mpirun -n 2 --bind-to core upout-mpi-micro --read-paths --repetitions 9\n"
      "  mpirun -n 2 --bind-to core upout-mpi-micro --transactions --records 1000000");
  Settings settings;
  unsigned repetitions = 5;
  app.add_option("--repetitions", repetitions, "of everything, in turn")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seconds", settings.seconds, "that each measurement takes")
      ->check(CLI::Range(0.01, 60.0))
      ->capture_default_str();
  app.add_option("--records", settings.records, "of both ranks together")
      ->check(CLI::Range(1000U, 100'000'000U))
      ->capture_default_str();
  app.add_option("--depth", settings.depth, "operations in flight at saturation")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  std::string filter;
  app.add_option("--filter", filter, "only measurements with this in their names");
  bool sweeps_batching = false;
  app.add_flag("--batching", sweeps_batching,
               "instead: remote reads by how full and how old a message is when it goes out");
  bool measures_transactions = false;
  app.add_flag("--transactions", measures_transactions,
               "instead: transactions, with either concurrency control, by the share that crosses partitions")
      ->excludes("--batching");
  app.add_flag("--read-paths", settings.one_sided,
               "instead: remote reads, asked for and out of the other rank's memory (MPI one-sided)")
      ->excludes("--batching")
      ->excludes("--transactions");
  const engines::shared_nothing::MpiProcess mpi;
  const bool is_root = mpi.rank() == 0;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return is_root ? app.exit(error) : 0;  // --help
    if (is_root) fmt::print(stderr, "upout-mpi-micro: {}; see --help\n", error.what());
    return 2;
  }
  if (mpi.size() != 2) {
    if (is_root)
      fmt::print(stderr, "upout-mpi-micro: found {} rank{}, expected 2: mpirun -n 2 --bind-to core …\n",
                 mpi.size(), mpi.size() == 1 ? "" : "s");
    return 2;
  }
  std::unique_ptr<Bench> bench;
  std::unique_ptr<TransactionBench> transactions;
  std::string refused;
  if (measures_transactions) {
    refused = keep(TransactionBench::create(settings), transactions);
  } else {
    refused = keep(Bench::create(settings), bench);
  }
  if (const std::string error = mpi.first_error(refused); !error.empty()) {
    if (is_root) fmt::print(stderr, "upout-mpi-micro: {}\n", error);
    return 2;
  }
  std::vector<Measurement> all = measures_transactions ? transactions->measurements()
                                 : sweeps_batching     ? bench->batching_sweep()
                                 : settings.one_sided  ? bench->read_paths()
                                                       : bench->measurements();
  std::erase_if(all, [&](const Measurement& each) { return each.name.find(filter) == std::string::npos; });
  std::map<std::string, std::vector<double>> results;
  for (unsigned repetition = 0; repetition < repetitions; ++repetition) {
    for (const Measurement& measurement : all) {
      if (is_root && isatty(STDERR_FILENO) != 0)
        fmt::print(stderr, "\r\033[K{}/{} {}", repetition + 1, repetitions, measurement.name);
      results[measurement.name].push_back(measurement.measure());
    }
  }
  if (is_root && isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\033[K");
  const std::uint64_t failures = measures_transactions ? transactions->failed() : bench->failed();
  const std::string failed =
      mpi.first_error(failures == 0 ? "" : "reads or transactions failed: these are no results");
  if (!failed.empty()) {
    if (is_root) fmt::print(stderr, "upout-mpi-micro: {}\n", failed);
    return 1;
  }
  if (is_root) print(results, all);
  return 0;
}

}  // namespace

}  // namespace upout::mpi_micro

int main(int argc, char** argv) {
  return upout::mpi_micro::run(argc, argv);
}
