#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/error.h"

struct hwloc_topology;

namespace upout::platform {

/// What one worker thread asked for and what the kernel says that it got.
struct WorkerBinding {
  std::string host;
  unsigned worker = 0;  ///< the worker's number in the whole deployment
  int asked_cpu = -1;   ///< OS number of the processing unit asked for; -1: none was asked for
  /// OS numbers of the processing units that the thread might have run on, ascending, as read back from the
  /// kernel when it began and when it ended.
  std::vector<unsigned> allowed_cpus;
  std::optional<unsigned> node = {};  ///< OS number of the NUMA node of the processing unit asked for

  /// Adds what has been read back now.
  void add_allowed(const std::vector<unsigned>& cpus);
  bool achieved() const {
    return asked_cpu >= 0 && allowed_cpus.size() == 1 && allowed_cpus[0] == unsigned(asked_cpu);
  }
};

/// A physical core, or a processing unit of a machine that does not name its cores.
struct Core {
  std::vector<unsigned> cpus;    ///< OS numbers of its processing units that this process may use; not empty
  std::optional<unsigned> node;  ///< OS number of its NUMA node; nothing if that may not be used
};

/// A piece of memory with an OS number of its own.
struct NumaNode {
  unsigned index = 0;            ///< OS number
  std::size_t memory_bytes = 0;  ///< 0 if unknown
  std::vector<unsigned> cpus;    ///< OS numbers of the usable processing units that are nearest to it

  /// Memory without processors (CXL, an accelerator's), a second kind of memory of processors that have
  /// nearer one (HBM beside DRAM), or a node none of whose processors this process may use. No worker is at
  /// home there.
  bool is_memory_only() const { return cpus.empty(); }
};

/// The machine as hwloc sees it, restricted to what this process may use (cgroup, cpuset, taskset, mpirun, a
/// batch system): a rank that was started bound to one core sees one core. Processing units are named by
/// their OS numbers, not by hwloc's logical ones. Immutable after `discover`; may be shared by threads.
class Topology {
 public:
  /// Which processors count.
  enum class Scope {
    process,  ///< those that this process may run on now, its binding (by mpirun, taskset) included
    host,     ///< all that the system lets its processes have here: the machine to be described
  };

  /// Reads the machine, or what HWLOC_SYNTHETIC or HWLOC_XMLFILE describe in its place. Call it before
  /// threads are bound: what counts is where the process may run at that moment.
  static Expected<Topology> discover(Scope scope = Scope::process);

  unsigned cores() const;             ///< physical cores that this process may use
  unsigned processing_units() const;  ///< hardware threads that this process may use
  unsigned core_kinds() const;        ///< 1: all cores are alike; more: e.g. fast ones and frugal ones
  unsigned numa_nodes() const;        ///< NUMA nodes with processing units, see `NumaNode::is_memory_only`
  std::size_t last_level_cache_bytes() const;  ///< the sum over all last-level caches; 0 if unknown
  bool is_this_machine() const;                ///< false for HWLOC_SYNTHETIC and HWLOC_XMLFILE: binds nothing
  std::string summary() const;  ///< one line, hwloc's synthetic form, e.g. "Package:1 L3:1 Core:2 PU:1"

  /// OS numbers of all processing units that this process may use.
  std::vector<unsigned> cpus() const;

  /// All usable cores, in hwloc's order: neighbours share caches and nodes.
  std::vector<Core> core_list() const;

  /// All usable memory, in hwloc's order, memory without processors included.
  std::vector<NumaNode> node_list() const;

  /// OS number of the NUMA node that a processing unit (by OS number) is nearest to; nothing if either may
  /// not be used.
  std::optional<unsigned> node_of_cpu(unsigned cpu) const;

  /// The machine in hwloc's XML (`HWLOC_XMLFILE` reads it), for the record: without devices, and without what
  /// names the machine or its owner (host, serial numbers, cgroup). Some 600 bytes a processing unit. Empty
  /// if hwloc cannot write it.
  std::string to_xml() const;

  /// Binds the calling thread to one processing unit, strictly (hwloc's singlified set). Fails if `cpu` is
  /// not one that this process may use, if the kernel refuses, and always where `is_this_machine()` is false.
  Expected<void> bind_this_thread(unsigned cpu) const;

  /// OS numbers of the processing units that the calling thread may run on now, read back from the kernel.
  /// Empty where `is_this_machine()` is false: this machine's numbers mean nothing there.
  std::vector<unsigned> this_thread_cpus() const;

  /// hwloc's own handle, owned by this object: for the other files of this room.
  hwloc_topology* native() const { return topology_.get(); }

 private:
  struct Destroy {
    void operator()(hwloc_topology* topology) const;
  };
  using Handle = std::unique_ptr<hwloc_topology, Destroy>;

  explicit Topology(Handle topology) : topology_(std::move(topology)) {}

  Handle topology_;
};

}  // namespace upout::platform
