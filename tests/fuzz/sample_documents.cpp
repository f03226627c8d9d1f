#include "sample_documents.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/record.h"

namespace {

using namespace upout::harness;

RunRecord transactions(const std::string& engine, double share, double median) {
  RunRecord record = samples::run(engine, 2, "ycsb-multi", median);
  record.id += "-" + std::to_string(static_cast<int>(share));
  record.properties["crosspartition"] = share;
  record.unit = "transactions/s";
  for (Repetition& repetition : record.repetitions) repetition.aborts_by_cause = {{"conflict", 3}};
  return record;
}

RunRecord moved() {
  RunRecord record = samples::run("shared-nothing", 2, "ycsb-a", 1e6);
  record.deployment.rebalance = "cycle";
  record.repetitions[1].rebalance = Rebalance{};
  return record;
}

/// A document of several runs on one machine.
nlohmann::json document_of(const std::vector<RunRecord>& runs) {
  nlohmann::json made = samples::document(runs.front());
  for (std::size_t n = 1; n < runs.size(); ++n)
    made["runs"].push_back(samples::document(runs[n]).at("runs").at(0));
  return made;
}

}  // namespace

/// Writes documents for libFuzzer to begin with into a folder: of each kind of report one.
int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
    return 2;
  }
  const std::array documents{
      document_of({samples::run("shared-memory", 1, "ycsb-c", 1e6),
                   samples::run("shared-memory", 2, "ycsb-c", 1.9e6),
                   samples::run("shared-nothing", 2, "ycsb-c", 1.5e6)}),
      document_of({transactions("shared-memory", 0, 1e6), transactions("shared-nothing", 0, 2e6),
                   transactions("shared-memory", 20, 1e6), transactions("shared-nothing", 20, 0.5e6)}),
      document_of({moved(), samples::open_run(1e6, 0.9e6)})};
  std::filesystem::create_directories(arguments[1]);
  for (std::size_t n = 0; n < documents.size(); ++n) {
    const auto path = std::filesystem::path(arguments[1]) / (std::to_string(n) + ".json");
    if (const auto written = write_document(documents[n], path.string()); !written) {
      std::fprintf(stderr, "%s\n", written.error().to_string().c_str());
      return 1;
    }
  }
  return 0;
}
