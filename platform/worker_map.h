#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/error.h"
#include "platform/topology.h"

namespace upout::platform {

/// How workers are laid out over the processing units of a host, as a user says it (`--bind`). A value.
struct Binding {
  enum class Order {
    cores,    ///< one worker a core, node after node; siblings stay idle
    compact,  ///< fill a NUMA node before the next: its cores first, then their siblings
    scatter,  ///< round robin over the NUMA nodes: all cores first, then their siblings
    smt,      ///< the siblings of a core together, before the next core
    list,     ///< the CPUs that the user lists, in that order
  };

  Order order = Order::cores;
  std::vector<unsigned> cpus;  ///< OS numbers, each once; for `list` alone

  /// What `parse` takes.
  static constexpr std::string_view expected =
      "cores, compact, scatter, smt, or a list of CPUs such as 0,2-5";

  /// The name of an order, or a list such as "0,2-5".
  static Expected<Binding> parse(std::string_view text);

  /// What `parse` takes for it; the same for equal bindings.
  std::string to_string() const;
};

/// Where a worker is to be.
struct WorkerPlace {
  unsigned cpu = 0;              ///< OS number of the processing unit
  std::optional<unsigned> node;  ///< OS number of its NUMA node; nothing if that may not be used

  bool operator==(const WorkerPlace&) const = default;
};

/// From the number of a worker among those of its host to its processing unit. Immutable, not empty, and
/// without the same processing unit twice. A value.
class WorkerMap {
 public:
  /// Fails if a listed CPU is not one that this process may use.
  static Expected<WorkerMap> create(const Topology& topology, const Binding& binding = {});

  std::span<const WorkerPlace> places() const { return places_; }
  unsigned size() const { return static_cast<unsigned>(places_.size()); }

  /// More workers than places go round.
  const WorkerPlace& operator[](unsigned worker) const { return places_[worker % places_.size()]; }

  /// An error if there are more workers than places. `option` names what the user set their number by.
  Expected<void> check_room(std::string option, unsigned workers) const;

  const Binding& binding() const { return binding_; }

 private:
  WorkerMap(Binding binding, std::vector<WorkerPlace> places)
      : binding_(std::move(binding)), places_(std::move(places)) {}

  Binding binding_;
  std::vector<WorkerPlace> places_;
};

/// What a worker of this host is to ask for: `place` is its number in the map, `worker` that in the
/// deployment.
WorkerBinding planned_binding(const WorkerMap& map, unsigned place, unsigned worker);

}  // namespace upout::platform
