#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/build_info.h"
#include "matrix.h"
#include "platform/environment.h"
#include "registry.h"

namespace {

void print_help() {
  std::fputs(
      "upout-micro: what this machine can do, and what the kernel makes of it, on 10 million records.\n"
      "\n"
      "Names are machine/..., limit/..., peer/..., kernel/... and engine/...; but for machine/, each "
      "reports\n"
      "items_per_second, reads a second (a scan is one item), or bytes_per_second. threads:2 is two threads\n"
      "together, by the clock on the wall. machine/ has cells of matrices, by NUMA nodes or CPUs: Time is "
      "that\n"
      "of one read or one way; the matrices follow on stderr.\n"
      "What a benchmark reads is built when the first that needs it runs, and kept until the end. All of "
      "them\n"
      "take about 12 GiB and many minutes: choose by name with a filter, or with a minus before it all "
      "others.\n"
      "\n"
      "Examples:\n"
      "  upout-micro --benchmark_list_tests\n"
      "  upout-micro --benchmark_filter=machine/\n"
      "  upout-micro --benchmark_filter=limit/\n"
      "  upout-micro --benchmark_filter=-peer/\n"
      "  upout-micro --benchmark_filter='limit/two|kernel/hash|peer/absl_flat' --benchmark_repetitions=9 \\\n"
      "              --benchmark_enable_random_interleaving=true --benchmark_report_aggregates_only=true\n"
      "\n"
      "For ratios, take the last: repetitions in random order share the machine's moods evenly.\n"
      "Peers allocate as they do by default; GLIBC_TUNABLES=glibc.malloc.hugetlb=1 gives malloc's users huge "
      "pages.\n"
      "\n",
      stdout);
  benchmark::PrintDefaultHelp();
}

/// Says what was measured on, in the output's own context: the same facts that a result document records.
void add_context(const upout::platform::Topology& topology) {
  const upout::harness::BuildInfo build = upout::harness::build_info();
  benchmark::AddCustomContext("upout_version", build.version + " " + build.commit);
  benchmark::AddCustomContext("compiler", build.compiler);
  benchmark::AddCustomContext("flags", build.flags);
  benchmark::AddCustomContext("build_type", build.build_type);

  const nlohmann::json environment = upout::platform::describe_environment(topology);
  for (const char* key : {"cpu_model", "hypervisor", "topology", "transparent_huge_pages", "scaling_governor",
                          "turbo_enabled", "numa_balancing"}) {
    const nlohmann::json& value = environment.at(key);
    benchmark::AddCustomContext(key, value.is_string() ? value.get<std::string>() : value.dump());
  }
}

/// The reporter that the options ask for, listening for benchmarks that could not run and for cells of
/// matrices. These are shown on stderr: stdout has what the options ask for, and may be JSON.
class ListeningReporter : public benchmark::BenchmarkReporter {
 public:
  explicit ListeningReporter(std::unique_ptr<benchmark::BenchmarkReporter> reporter)
      : reporter_(std::move(reporter)) {}

  bool ReportContext(const Context& context) override {
    reporter_->SetOutputStream(&GetOutputStream());
    reporter_->SetErrorStream(&GetErrorStream());
    return reporter_->ReportContext(context);
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      failed_ = failed_ || run.error_occurred;
      matrices_.add(run);
    }
    reporter_->ReportRuns(runs);
  }
  void Finalize() override {
    reporter_->Finalize();
    GetOutputStream().flush();
    matrices_.print(GetErrorStream());
  }

  bool failed() const { return failed_; }

 private:
  std::unique_ptr<benchmark::BenchmarkReporter> reporter_;
  bool failed_ = false;
  upout::micro::Matrices matrices_;
};

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv, print_help);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;

  auto discovered = upout::platform::Topology::discover();
  if (!discovered) {
    std::fprintf(stderr, "upout-micro: %s\n", discovered.error().to_string().c_str());
    return 2;
  }
  const auto topology = std::make_shared<const upout::platform::Topology>(std::move(*discovered));

  upout::micro::register_machine_memory(topology);
  upout::micro::register_machine_lines(topology);
  upout::micro::register_limits();
  upout::micro::register_hash_peers();
  upout::micro::register_ordered_peers();
#ifdef UPOUT_PEERS
  upout::micro::register_libcds_peers();
  upout::micro::register_rocksdb_peers();
  upout::micro::register_lmdb_peers();
#endif
  upout::micro::register_kernel_growth();
  upout::micro::register_kernel_operations();
  upout::micro::register_kernel_transactions();
  upout::micro::register_engine_loop();
  upout::micro::register_engine_delegation();
  upout::micro::register_engine_query(topology);
  upout::micro::register_engine_simulation();

  add_context(*topology);
  ListeningReporter reporter{
      std::unique_ptr<benchmark::BenchmarkReporter>(benchmark::CreateDefaultDisplayReporter())};
  const std::size_t matched = benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::ClearRegisteredBenchmarks();
  if (matched == 0) return 2;  // the filter names none; Google Benchmark has said so
  return reporter.failed() ? 1 : 0;
}
