#include "harness/schedulers/packing.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace upout::harness::schedulers {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;

constexpr seconds notice = 2min;

PointNeed need(const std::string& id, unsigned nodes, seconds time) {
  return {.id = id, .where = "plan.toml:7", .nodes = nodes, .time = time};
}

Resources resources(unsigned nodes, std::chrono::minutes time) {
  Resources made;
  made.nodes = nodes;
  made.time = time;
  return made;
}

TEST(Packing, PutsWhatFitsIntoOneJobInThePlansOrder) {
  const std::vector<PointNeed> points = {need("a", 1, 10min), need("b", 1, 30min), need("c", 1, 18min)};
  const auto packs = pack(points, resources(1, 60min), notice).value();
  ASSERT_EQ(packs.size(), 1U);
  EXPECT_EQ(packs[0].points, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(packs[0].time, 58min) << "to the last second before the notice";
}

TEST(Packing, KeepsNumbersOfNodesApartTheFewestFirst) {
  const std::vector<PointNeed> points = {need("a", 4, 1min), need("b", 1, 1min), need("c", 4, 1min)};
  const auto packs = pack(points, resources(4, 60min), notice).value();
  ASSERT_EQ(packs.size(), 2U);
  EXPECT_EQ(packs[0].nodes, 1U);
  EXPECT_EQ(packs[0].points, (std::vector<std::size_t>{1}));
  EXPECT_EQ(packs[1].nodes, 4U);
  EXPECT_EQ(packs[1].points, (std::vector<std::size_t>{0, 2}));
}

TEST(Packing, APointThatIsTooLongIsAnErrorWithBothTimes) {
  const std::vector<PointNeed> points = {need("a", 1, 58min), need("b", 1, 58min + 1s)};
  EXPECT_EQ(
      pack(points, resources(1, 60min), notice).error().to_string(),
      "plan.toml:7: found point b, which may take 58min 1s with loading and verifying, expected at most "
      "58min: time of [resources] is 1h, of which 2min are left for the job's end");
}

TEST(Packing, APointOfTooManyNodesIsAnErrorWithBothNumbers) {
  const std::vector<PointNeed> points = {need("a", 3, 1min)};
  EXPECT_EQ(pack(points, resources(2, 60min), notice).error().to_string(),
            "plan.toml:7: found point a, which takes 3 nodes, expected at most nodes = 2 of [resources]");
}

TEST(Packing, ATimeThatTheNoticeUsesUpHasRoomForNothing) {
  EXPECT_FALSE(pack(std::vector{need("a", 1, 1s)}, resources(1, 1min), notice));
  EXPECT_TRUE(pack({}, resources(1, 1min), notice).value().empty());
}

TEST(Packing, OfAnyPointsHasEachOnceNoJobTooLongAndFewJobs) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    const Resources asked = resources(4, std::chrono::minutes(10 + random() % 200));
    const seconds room = asked.time - notice;
    std::vector<PointNeed> points;
    for (std::size_t n = random() % 200; n > 0; --n)
      points.push_back(need(std::to_string(n), 1 + unsigned(random() % 4),
                            seconds(1 + random() % std::uint64_t(room.count()))));
    const auto packs = pack(points, asked, notice);
    ASSERT_TRUE(packs) << packs.error().to_string();

    std::multiset<std::size_t> seen;
    std::map<unsigned, std::size_t> jobs;
    std::map<unsigned, std::size_t> half_empty;
    std::map<unsigned, seconds> work;
    for (const Pack& pack : *packs) {
      seconds time{0};
      for (const std::size_t point : pack.points) {
        seen.insert(point);
        time += points.at(point).time;
        EXPECT_EQ(points.at(point).nodes, pack.nodes);
      }
      EXPECT_FALSE(pack.points.empty());
      EXPECT_EQ(time, pack.time);
      EXPECT_LE(time, room);
      work[pack.nodes] += time;
      ++jobs[pack.nodes];
      if (2 * time <= room) ++half_empty[pack.nodes];
    }
    ASSERT_EQ(seen.size(), points.size());
    ASSERT_EQ(std::set(seen.begin(), seen.end()).size(), points.size());
    for (const auto& [nodes, count] : jobs) {
      EXPECT_LE(half_empty[nodes], 1U) << "two of them would have been one job";
      const auto least = std::size_t((work[nodes] + room - 1s) / room);
      EXPECT_LE(count, 2 * least);
    }
  }
}

}  // namespace
}  // namespace upout::harness::schedulers
