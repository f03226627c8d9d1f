#include "platform/filesystem.h"

#include <sys/statfs.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>

namespace upout::platform {

namespace {

/// statfs(2), and for the others their own headers. ext2, ext3 and ext4 have one number.
constexpr std::array<std::pair<std::uint64_t, std::string_view>, 12> known{{
    {0xEF53, "ext4"},
    {0x58465342, "xfs"},
    {0x9123683E, "btrfs"},
    {0x01021994, "tmpfs"},
    {0x858458F6, "ramfs"},
    {0x6969, "nfs"},
    {0x794C7630, "overlay"},
    {0x2FC12FC1, "zfs"},
    {0xF2F52010, "f2fs"},
    {0x0BD00BD0, "lustre"},
    {0x47504653, "gpfs"},
    {0x00C36400, "ceph"},
}};

}  // namespace

std::string filesystem_of(const std::string& path) {
  struct statfs status {};
  if (statfs(path.c_str(), &status) != 0) return "";
  const auto type = static_cast<std::uint64_t>(status.f_type);
  const auto* const found = std::ranges::find(known, type, &decltype(known)::value_type::first);
  if (found != known.end()) return std::string(found->second);
  std::array<char, 20> digits{};
  std::snprintf(digits.data(), digits.size(), "0x%llx", static_cast<unsigned long long>(type));
  return digits.data();
}

}  // namespace upout::platform
