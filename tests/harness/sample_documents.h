#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "harness/integrity.h"
#include "harness/record.h"
#include "harness/run_rules.h"

/// Runs and machines to test with: two cores, and all that a publishable run needs.
namespace upout::harness::samples {

/// A machine whose workers are all bound as they asked, the n-th to CPU n.
inline nlohmann::json environment(unsigned workers) {
  nlohmann::json bindings = nlohmann::json::array();
  for (unsigned n = 0; n < workers; ++n) {
    bindings.push_back({{"worker", n},
                        {"host", "node-a"},
                        {"asked_cpu", n},
                        {"node", 0},
                        {"allowed_cpus", {n}},
                        {"achieved", true}});
  }
  return {{"host_name", "node-a"},
          {"architecture", "x86_64"},
          {"kernel", "6.1.0-18-amd64"},
          {"os", "Debian GNU/Linux 12 (bookworm)"},
          {"hypervisor", "none"},
          {"kernel_clock_source", "tsc"},
          {"clock_source", "tsc"},
          {"cores", 2},
          {"processing_units", 2},
          {"core_kinds", 1},
          {"numa_nodes", 1},
          {"last_level_cache_bytes", 33554432},
          {"topology", "Package:1 L3:1 Core:2 PU:1"},
          {"topology_xml", "<?xml version=\"1.0\"?>\n<topology/>\n"},
          {"topology_is_this_machine", true},
          {"cpu_model", "AMD EPYC 9355"},
          {"memory_bytes", 16777216000},
          {"scaling_governor", "performance"},
          {"turbo_enabled", nullptr},
          {"transparent_huge_pages", "madvise"},
          {"numa_balancing", false},
          {"address_space_randomization", true},
          {"memory_limit_bytes", nullptr},
          {"swap_enabled", false},
          {"load_average_1min", 0.12},
          {"processes", {{{"host", "node-a"}, {"given_cpus", "0-" + std::to_string(workers)}}}},
          {"workers", bindings},
          {"data",
           {{"stores",
             {{{"asked", "first touch"},
               {"sampled_pages", 8192},
               {"pages_in_place", 8192},
               {"pages_by_node", {{"0", 8192}}}}}},
            {"placement_score", 1.0},
            {"placement_score_after_load", 1.0},
            {"unverified_because", nullptr},
            {"pages_asked", "transparent"},
            {"pages_obtained",
             {{"small_bytes", 0},
              {"transparent_huge_bytes", 10485760000},
              {"huge_2_mib_bytes", 0},
              {"huge_1_gib_bytes", 0}}}}},
          {"mpi", {{"library", "Open MPI"}, {"version", "4.1.4"}}}};
}

/// A program that was built as it must be for publishing, whatever this test was built as.
inline nlohmann::json suite() {
  return {{"version", "0.1.0"},      {"commit", "0123456789abcdef0123456789abcdef01234567"},
          {"dirty", false},          {"compiler", "GNU 12.2.0"},
          {"flags", "-O3 -DNDEBUG"}, {"build_type", "Release"},
          {"native_tuning", false},  {"sanitizer", ""}};
}

/// `throughputs`: operations/s of one-second repetitions.
inline RunRecord run(const std::string& engine, unsigned cores, const std::string& workload,
                     std::span<const double> throughputs) {
  RunRecord record;
  const bool ranks = engine == "shared-nothing";
  record.id = engine + "-" + std::to_string(cores) + "-" + workload;
  record.deployment.engine = engine;
  record.deployment.ranks = ranks ? cores : 1;
  record.deployment.threads_per_rank = ranks ? 1 : cores;
  record.deployment.partitions = ranks ? cores : 1;
  record.deployment.transport = ranks ? "mpi" : "none";
  record.workload = workload;
  record.properties = {{"recordcount", 10000000}, {"requestdistribution", "zipfian"}};
  record.seed = 42;
  record.working_set_bytes = 10000000ull * (1000 + 16);
  record.warmup_seconds = 1;
  for (const double throughput : throughputs) {
    record.repetitions.push_back({.operations = std::uint64_t(std::llround(throughput)),
                                  .seconds = 1,
                                  .aborts = 0,
                                  .failed = 0,
                                  .complete = true});
  }
  for (std::uint64_t ns = 300; ns < 1300; ++ns) record.latency["read"].record(ns * cores, 1000);
  record.latency["read"].record(2'500'000);
  record.verification = {
      .checks = {{"records", true, "10000000 of 10000000 found"}, {"values", true, "none damaged"}},
      .digest = "00c0ffee00c0ffee",
      .records = 10000000};
  return record;
}

/// Six repetitions within 2 % of `median`, which is their median; in no particular order, as of a steady run.
inline RunRecord run(const std::string& engine, unsigned cores, const std::string& workload, double median) {
  const std::vector<double> throughputs{1.001 * median, 0.99 * median,  1.01 * median,
                                        0.985 * median, 0.999 * median, 1.02 * median};
  return run(engine, cores, workload, throughputs);
}

/// In an open loop, of which `achieved` operations a second were done.
inline RunRecord open_run(double offered, double achieved) {
  RunRecord record = run("shared-memory", 2, "ycsb-c", achieved);
  record.id += "-open";
  record.load = {.per_second = offered, .arrivals = ArrivalKind::poisson};
  for (Repetition& repetition : record.repetitions)
    repetition.offered = std::uint64_t(std::llround(offered * repetition.seconds));
  return record;
}

/// A document of one run, as the program would write it if it had been built for publishing.
inline nlohmann::json document(const RunRecord& record) {
  nlohmann::json made =
      make_document({record}, environment(record.deployment.ranks * record.deployment.threads_per_rank));
  made["suite"] = suite();
  nlohmann::json& only = made["runs"][0];
  only["verdict"] = judge({.run = only, .environment = made["environment"], .suite = made["suite"]});
  seal(made);
  return made;
}

/// Of users in two regions, of which those of the second wait a millisecond longer, for one read and one
/// update each.
inline RunRecord in_regions(unsigned copies, const std::string& home, std::uint64_t read_ns,
                            std::uint64_t update_ns) {
  RunRecord record = run("shared-nothing", 4, "ycsb-b", 1e6);
  record.deployment.copies = copies;
  record.deployment.replication = copies == 1 ? "none" : "quorum";
  record.deployment.read_from = copies == 1 ? "primary" : "nearest";
  record.deployment.regions = "east 1ms; west 80ms 1ms";
  record.deployment.home = home;
  record.regions = {{.name = "east", .ranks = {0, 1}, .latency = {}},
                    {.name = "west", .ranks = {2, 3}, .latency = {}}};
  for (std::uint64_t farther = 0; farther < 2; ++farther) {
    record.regions[farther].latency["read"].record(read_ns + 1'000'000 * farther);
    record.regions[farther].latency["update"].record(update_ns + 1'000'000 * farther);
  }
  return record;
}

}  // namespace upout::harness::samples
