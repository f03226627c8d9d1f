#include "harness/fault_reports.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace upout::harness {
namespace {

using namespace std::chrono_literals;
using engines::shared_nothing::Members;
using engines::shared_nothing::View;

constexpr std::size_t ranks = 4;
constexpr unsigned copies = 2;
/// By the transport's clock.
constexpr platform::Timestamp begin = 100s;

/// A view without those ranks, of a partition with so many copies.
Members::Entered entered(platform::Timestamp after_begin, const std::set<std::size_t>& gone,
                         unsigned copies_there) {
  Members::Entered entered{.when = begin + after_begin, .view = {}};
  for (std::size_t rank = 0; rank < ranks; ++rank) entered.view.alive.push_back(!gone.contains(rank));
  entered.view.copies.push_back({.members = std::vector<int>(copies_there)});
  return entered;
}

std::vector<FaultReport> read(const std::string& faults, const std::vector<Members::Entered>& history) {
  return read_faults(*parse_faults(faults), begin, history, copies);
}

/// -1: never.
void expect(const FaultReport& report, double detected, double restored) {
  EXPECT_NEAR(report.detected_seconds.value_or(-1), detected, 1e-9) << to_string({report.fault});
  EXPECT_NEAR(report.restored_seconds.value_or(-1), restored, 1e-9) << to_string({report.fault});
}

TEST(FaultReports, SayWhenItWasNoticedAndWhenAllCopiesWereThereAgain) {
  const auto reports =
      read("kill=2@1s", {entered(-3s, {}, 2), entered(1060ms, {2}, 1), entered(1100ms, {2}, 2)});
  expect(reports.at(0), 0.06, 0.1);
}

TEST(FaultReports, SayNothingOfWhatNobodyNoticed) {
  expect(read("slow=2@1s+1s:5ms", {}).at(0), -1, -1);
  expect(read("kill=2@1s", {entered(1060ms, {2}, 1)}).at(0), 0.06, -1);
}

/// Rank 3 was slow and nobody took it for dead, before it was killed.
TEST(FaultReports, PutARanksEndDownToTheLastFaultBeforeIt) {
  const auto reports = read("kill=3@2s,slow=3@1s+100ms:5ms,stop=1@1500ms+1s",
                            {entered(2060ms, {3}, 1), entered(2100ms, {3}, 2)});
  expect(reports.at(0), 0.06, 0.1);
  expect(reports.at(1), -1, -1);
  expect(reports.at(2), -1, -1);
}

/// What was lost with rank 1 may or may not have been there again before rank 2 was lost.
TEST(FaultReports, PutAWholeViewDownToTheLastFaultThatWasNoticed) {
  const auto reports = read("kill=1@1s,kill=2@2s", {entered(1060ms, {1}, 1), entered(2070ms, {1, 2}, 1),
                                                    entered(2100ms, {1, 2}, 2)});
  expect(reports.at(0), 0.06, -1);
  expect(reports.at(1), 0.07, 0.1);
}

TEST(FaultReports, PutAWholeViewDownToAllThatWereNoticedAtOnce) {
  const auto reports = read("kill=1@1s,kill=2@1s", {entered(1060ms, {1, 2}, 1), entered(1100ms, {1, 2}, 2)});
  expect(reports.at(0), 0.06, 0.1);
  expect(reports.at(1), 0.06, 0.1);
}

/// The rank was taken for dead twice: for a moment, and after it was stopped again.
TEST(FaultReports, HoldARankThatIsAwayAlreadyAgainstNoLaterFault) {
  const auto reports = read(
      "cut=1@1s+1s,slow=2@1500ms+1s:5ms,stop=1@3s+1s",
      {entered(1060ms, {1}, 1), entered(1700ms, {1}, 1), entered(2100ms, {}, 2), entered(3080ms, {1}, 1)});
  expect(reports.at(0), 0.06, 1.1);
  expect(reports.at(1), -1, -1);
  expect(reports.at(2), 0.08, -1);
}

/// Who was stopped or cut off hears of it when it is back.
TEST(FaultReports, TakeWhatOtherRanksHaveSeenFirst) {
  const std::string faults = "stop=0@1s+500ms,kill=2@2s";
  const std::vector<Members::Entered> late{entered(1510ms, {0}, 1), entered(1520ms, {}, 2),
                                           entered(2070ms, {2}, 1)};
  const std::vector<Members::Entered> early{entered(1060ms, {0}, 1), entered(1100ms, {0}, 2),
                                            entered(1550ms, {}, 2), entered(2090ms, {2}, 1)};
  auto reports = reports_of(*parse_faults(faults));
  take_earliest(reports, read(faults, late), 0);
  expect(reports.at(0), -1, -1);
  expect(reports.at(1), 0.07, -1);
  take_earliest(reports, read(faults, early), 1);
  expect(reports.at(0), 0.06, 0.1);
  expect(reports.at(1), 0.07, -1);
}

/// A process among others.
struct Others {
  std::vector<std::uint64_t> numbers;
  void max(std::span<std::uint64_t> own) {
    for (std::size_t i = 0; i < own.size(); ++i) own[i] = std::max(own[i], numbers[i]);
  }
};

TEST(FaultReports, TakeTheEarliestOfAllProcesses) {
  struct Asked {
    std::vector<std::uint64_t> numbers;
    void max(std::span<std::uint64_t> own) { numbers.assign(own.begin(), own.end()); }
  };
  Asked other;
  auto of_other = read("kill=2@1s,kill=3@2s", {entered(1050ms, {2}, 1)});
  gather_earliest(other, of_other);
  Others others{other.numbers};
  auto own = read("kill=2@1s,kill=3@2s", {entered(1060ms, {2}, 1), entered(1090ms, {2}, 2)});
  gather_earliest(others, own);
  expect(own.at(0), 0.05, 0.09);
  expect(own.at(1), -1, -1);
}

}  // namespace
}  // namespace upout::harness
