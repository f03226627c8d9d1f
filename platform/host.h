#pragma once

#include <unistd.h>

#include <array>
#include <string>

namespace upout::platform {

/// The name of this host, as `hostname` prints it.
inline std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("unknown");
}

}  // namespace upout::platform
