#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/upout/command.h"
#include "harness/build_info.h"
#include "harness/doctor.h"
#include "harness/record.h"
#include "platform/bindings_picture.h"
#include "platform/environment.h"
#include "platform/node_arenas.h"
#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout {

namespace {

using platform::Topology;

struct DoctorCommand {
  bool bindings = false;
  bool json = false;
  unsigned threads = 0;  ///< 0: as many as the map has places
  platform::Binding bind;
};

constexpr const char* examples = R"(
Examples:
  upout doctor
  upout doctor --bindings --threads 8 --bind scatter

Exit status: 0 if nothing stands against publishing what is measured here, 1 if something does, 2 if the options make no
sense. --bindings only draws.)";

void draw_bindings(const DoctorCommand& command, Program& program) {
  const auto topology = Topology::discover();
  if (!topology) return program.fail(topology.error().to_string(), exit_usage);
  const auto map = platform::WorkerMap::create(*topology, command.bind);
  if (!map) return program.fail(map.error().to_string(), exit_usage);
  const unsigned workers = command.threads == 0 ? map->size() : command.threads;
  std::vector<platform::WorkerPlace> places;
  for (unsigned worker = 0; worker < workers; ++worker) places.push_back((*map)[worker]);
  fmt::print("{}", platform::draw_bindings(*topology, places));
}

/// Of the nodes on which workers can have their places; one alone needs no telling apart.
std::optional<harness::NodeCounts> count_nodes(const Topology& of_this_process) {
  const auto seen = platform::nodes_seen_by_tbb(of_this_process);
  if (!seen) return std::nullopt;
  harness::NodeCounts counts{.tbb = 0, .hwloc = of_this_process.numa_nodes()};
  for (const platform::NumaNode& node : of_this_process.node_list()) {
    if (!node.is_memory_only() && std::ranges::find(*seen, node.index) != seen->end()) ++counts.tbb;
  }
  if (counts.hwloc == 1) counts.tbb = 1;
  return counts;
}

void execute(const DoctorCommand& command, Program& program) {
  if (command.bindings) return draw_bindings(command, program);
  const auto host = Topology::discover(Topology::Scope::host);
  if (!host) return program.fail(host.error().to_string(), exit_usage);
  const auto own = Topology::discover();
  if (!own) return program.fail(own.error().to_string(), exit_usage);
  const harness::Patient patient{.environment = platform::describe_environment(*host),
                                 .suite = harness::to_json(harness::build_info()),
                                 .nodes = count_nodes(*own)};
  const auto findings = harness::examine(patient);
  if (command.json) {
    fmt::print("{}\n", harness::findings_document(patient, findings).dump(2));
  } else {
    fmt::print("{}", harness::render_findings(patient, findings));
  }
  if (!harness::may_publish(findings)) program.status = exit_failed;
}

}  // namespace

void add_doctor_command(CLI::App& app, Program& program) {
  auto command = std::make_shared<DoctorCommand>();
  CLI::App* doctor = app.add_subcommand("doctor", "Say what stands against measuring on this machine");
  doctor->footer(examples);
  CLI::Option* json = doctor->add_flag("--json", command->json, "write what was found as JSON");
  CLI::Option* bindings =
      doctor->add_flag("--bindings", command->bindings, "draw who sits where")->excludes(json);
  doctor
      ->add_option("--threads", command->threads,
                   "workers to draw; default: as many as there are places for them")
      ->check(whole_number(1, 65536))
      ->needs(bindings);
  doctor
      ->add_option_function<std::string>(
          "--bind", [command](const std::string& text) { command->bind = *platform::Binding::parse(text); },
          "where they go: cores, compact, scatter, smt, or a list of CPUs such as 0,2-5")
      ->check(worker_binding())
      ->default_str("cores")
      ->needs(bindings);
  doctor->callback([command, &program] { execute(*command, program); });
}

}  // namespace upout
