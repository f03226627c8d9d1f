#include "harness/preview.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "harness/columns.h"

namespace upout::harness {

std::string render_preview(const RunPreview& preview) {
  std::vector<Row> deployment;
  const nlohmann::json members = to_json(preview.deployment);
  for (const auto& [name, value] : members.items())
    deployment.push_back({name, value.is_string() ? value.get<std::string>() : value.dump()});
  std::vector<Row> workers{{"worker", "host", "CPU", "NUMA node"}};
  for (const platform::WorkerBinding& worker : preview.workers)
    workers.push_back({fmt::format("{}", worker.worker), worker.host, fmt::format("{}", worker.asked_cpu),
                       worker.node ? fmt::format("{}", *worker.node) : "-"});
  const char* reservation =
      preview.topology_is_this_machine
          ? ""
          : "  another machine, described to hwloc: it can be planned on, not measured\n";
  return fmt::format("machine\n  {}\n{}deployment\n{}workers\n{}", preview.topology, reservation,
                     aligned(deployment, "  "), aligned(workers, "  "));
}

}  // namespace upout::harness
