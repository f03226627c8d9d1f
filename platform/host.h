#pragma once

#include <unistd.h>

#include <array>
#include <fstream>
#include <string>

namespace upout::platform {

/// The name of this host, as `hostname` prints it.
inline std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("unknown");
}

/// What tells the machine that this host runs on from others, where several hosts (containers, network
/// namespaces) share one: the kernel's boot, or the host's name if that is not told.
inline std::string machine_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id.empty() ? host_name() : id;
}

}  // namespace upout::platform
