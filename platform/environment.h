#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "platform/topology.h"

namespace upout::platform {

/// What a reader needs to know of the machine to judge a figure, as the `environment` object of a result
/// document. An allow-list, never the whole environment. Each value is what was found, or null where the
/// system does not say. Takes some 20 ms, because it calibrates a clock.
///
/// | key | value |
/// |---|---|
/// | host_name, architecture | as uname gives them |
/// | os, kernel | the distribution's name; the kernel's release |
/// | cpu_model | the processor's name |
/// | hypervisor | what the machine is a guest of; "none" on bare metal |
/// | cores, processing_units, core_kinds, numa_nodes | what this process may use, see `Topology` |
/// | topology | `Topology::summary` |
/// | topology_xml | `Topology::to_xml` |
/// | numa_distances | `NumaDistances`; null where they are not told, or there is one node |
/// | topology_is_this_machine | false: the rows above describe another machine than the figures |
/// | last_level_cache_bytes | the sum over all last-level caches |
/// | memory_bytes | main memory that the kernel manages |
/// | scaling_governor | frequency governors of the processors, joined by commas if they differ |
/// | turbo_enabled | whether processors may exceed their nominal frequency |
/// | transparent_huge_pages | "always", "madvise" or "never" |
/// | numa_balancing | whether the kernel moves pages after their users |
/// | address_space_randomization | whether the kernel places programs anew each time (ASLR) |
/// | memory_limit_bytes | what this process's cgroups let it use; null without a limit |
/// | swap_enabled | whether there is swap space |
/// | load_average_1min | runnable tasks when this was called |
/// | kernel_clock_source | what the kernel keeps time by |
/// | clock_source | what `Clock` reads |
///
/// `root` is where /proc, /sys and /etc are looked for; another than "/" is a recorded machine.
nlohmann::json describe_environment(const Topology& topology, const std::filesystem::path& root = "/");

}  // namespace upout::platform
