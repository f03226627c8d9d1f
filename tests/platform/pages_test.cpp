#include "platform/pages.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "platform/memory.h"

namespace upout::platform {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t page = 4096;

TEST(NodesOfPages, NamesTheNodeOfPagesThatWereWrittenAndNoneForOthers) {
  const auto allowed = allowed_memory_nodes();
  if (!allowed) GTEST_SKIP() << allowed.error().to_string();
  const auto region = Region::map(mebibyte).value();
  std::byte* const begin = region.bytes().data();
  begin[5 * page] = std::byte{1};
  const std::array<const void*, 3> addresses{begin + 5 * page + 17, begin + mebibyte / 2, nullptr};
  const auto nodes = nodes_of_pages(addresses);
  ASSERT_TRUE(nodes) << nodes.error().to_string();
  ASSERT_EQ(nodes->size(), 3U);
  ASSERT_TRUE((*nodes)[0]);
  EXPECT_NE(std::ranges::find(*allowed, *(*nodes)[0]), allowed->end());
  EXPECT_FALSE((*nodes)[1]) << "never written";
  EXPECT_FALSE((*nodes)[2]) << "not mapped";
}

TEST(NodesOfPages, OfNoAddressAreNone) {
  const auto nodes = nodes_of_pages({});
  if (!nodes) GTEST_SKIP() << nodes.error().to_string();
  EXPECT_TRUE(nodes->empty());
}

/// As containers do it: from now on, the system call fails in this process.
void forbid(std::uint32_t system_call) {
  std::array<sock_filter, 4> program{{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, system_call},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  }};
  const sock_fprog filter{program.size(), program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    std::perror("seccomp");
    std::_Exit(1);
  }
}

TEST(NodesOfPages, AreAnErrorWhereTheKernelRefusesToTell) {
  const auto ask = [] {
    forbid(SYS_move_pages);
    const int here = 0;
    const std::array<const void*, 1> addresses{&here};
    const auto nodes = nodes_of_pages(addresses);
    std::fputs(nodes ? "told" : nodes.error().to_string().c_str(), stderr);
    std::_Exit(0);
  };
  EXPECT_EXIT(ask(), ::testing::ExitedWithCode(0), "move_pages: found Operation not permitted");
}

TEST(Region, IsAnErrorWhereTheKernelRefusesItsPlacement) {
  const auto nodes = allowed_memory_nodes();
  if (!nodes) GTEST_SKIP() << nodes.error().to_string();
  const auto ask = [node = nodes->front()] {
    forbid(SYS_mbind);
    const auto region = Region::map(mebibyte, {.placement = BoundTo{node}});
    std::fputs(region ? "mapped" : region.error().to_string().c_str(), stderr);
    std::_Exit(0);
  };
  EXPECT_EXIT(ask(), ::testing::ExitedWithCode(0), "memory bound to node .*: found Operation not permitted");
}

/// The lines that matter, of a process with four mappings of 4 MiB (in hexadecimal, 400000).
constexpr const char* recorded = R"(10000000-10400000 rw-p 00000000 00:00 0
Size:               4096 kB
KernelPageSize:        4 kB
Rss:                3072 kB
Anonymous:          3072 kB
AnonHugePages:      2048 kB
Private_Hugetlb:       0 kB
VmFlags: rd wr mr mw me ac sd hg
10400000-10800000 rw-p 00000000 00:0f 4711                      /anon_hugepage (deleted)
Size:               4096 kB
KernelPageSize:     2048 kB
Rss:                   0 kB
AnonHugePages:         0 kB
Shared_Hugetlb:        0 kB
Private_Hugetlb:    4096 kB
VmFlags: rd wr mr mw me de ht
40000000-80000000 rw-p 00000000 00:0f 4712                      /anon_hugepage (deleted)
KernelPageSize:  1048576 kB
Rss:                   0 kB
AnonHugePages:         0 kB
Private_Hugetlb: 1048576 kB
90000000-90400000 rw-p 00000000 00:00 0                          [heap]
KernelPageSize:        4 kB
Rss:                4096 kB
AnonHugePages:         0 kB
)";

std::span<const std::byte> range(std::uintptr_t begin, std::size_t bytes) {
  return {reinterpret_cast<const std::byte*>(begin), bytes};
}

class RecordedPages : public ::testing::Test {
 protected:
  void SetUp() override { std::ofstream(path_) << recorded; }
  void TearDown() override { std::filesystem::remove(path_); }

  ResidentPages pages_of(std::initializer_list<std::span<const std::byte>> ranges) const {
    return resident_pages(std::span(ranges.begin(), ranges.size()), path_).value();
  }

  const std::string path_ =
      std::filesystem::temp_directory_path() / ("upout-smaps-" + std::to_string(getpid()));
};

TEST_F(RecordedPages, AreCountedByKind) {
  const auto all = pages_of({range(0x10000000, 0x800000), range(0x40000000, 0x40000000)});
  EXPECT_EQ(all.small_bytes, mebibyte);
  EXPECT_EQ(all.transparent_huge_bytes, 2 * mebibyte);
  EXPECT_EQ(all.huge_2_mib_bytes, 4 * mebibyte);
  EXPECT_EQ(all.huge_1_gib_bytes, 1024 * mebibyte);
  EXPECT_EQ(all.bytes(), 1031 * mebibyte);
}

TEST_F(RecordedPages, CountAMappingOnceWhateverLiesInIt) {
  const auto pages = pages_of({range(0x90000000, 4096), range(0x903ff000, 4096)});
  EXPECT_EQ(pages.small_bytes, 4 * mebibyte);
  EXPECT_EQ(pages.bytes(), 4 * mebibyte);
}

TEST_F(RecordedPages, LeaveOutMappingsThatARangeOnlyTouches) {
  EXPECT_EQ(pages_of({range(0x8ffff000, 4096), range(0x90400000, 4096)}).bytes(), 0U);
}

TEST(ResidentPages, OfARegionAreThoseThatWereWritten) {
  const auto region = Region::map(8 * mebibyte).value();
  std::ranges::fill(region.bytes().first(4 * mebibyte), std::byte{1});
  const std::array<std::span<const std::byte>, 1> ranges{region.bytes()};
  const auto pages = resident_pages(ranges);
  ASSERT_TRUE(pages) << pages.error().to_string();
  EXPECT_GE(pages->bytes(), 4 * mebibyte);
}

TEST(ResidentPages, AreAnErrorThatNamesTheFileIfThereIsNone) {
  const auto pages = resident_pages({}, "/no/such/smaps");
  ASSERT_FALSE(pages);
  EXPECT_EQ(pages.error().where, "/no/such/smaps");
}

}  // namespace
}  // namespace upout::platform
