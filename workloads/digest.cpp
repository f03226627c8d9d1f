#include "workloads/digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace upout::workloads {

std::uint64_t digest_of(kernel::Key key, std::span<const std::byte> value) noexcept {
  return XXH3_64bits_withSeed(value.data(), value.size(), key);
}

}  // namespace upout::workloads
