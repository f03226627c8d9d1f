#include "engines/shared_memory/proof.h"

#include <gtest/gtest.h>

#include "engines/shared_memory/engine.h"
#include "tests/engines/session_checks.h"

namespace upout::engines::shared_memory {
namespace {

using ByNode = std::map<unsigned, std::size_t>;

TEST(PagesInPlace, BoundOnesLieOnTheirNode) {
  EXPECT_EQ(pages_in_place(platform::BoundTo{1}, ByNode{{0, 3}, {1, 7}}), 7U);
  EXPECT_EQ(pages_in_place(platform::BoundTo{2}, ByNode{{0, 3}, {1, 7}}), 0U);
}

TEST(PagesInPlace, InterleavedOnesAreShared) {
  EXPECT_EQ(pages_in_place(platform::InterleavedOver{{0, 1}}, ByNode{{0, 50}, {1, 50}}), 100U);
  EXPECT_EQ(pages_in_place(platform::InterleavedOver{{0, 1}}, ByNode{{0, 100}}), 50U);
  EXPECT_EQ(pages_in_place(platform::InterleavedOver{{0, 1}}, ByNode{{0, 40}, {1, 40}, {2, 20}}), 80U);
}

TEST(PagesInPlace, FirstTouchWantsNoneAnywhere) {
  EXPECT_EQ(pages_in_place(platform::FirstTouch{}, ByNode{{0, 3}, {5, 7}}), 10U);
}

TEST(PlacementProof, CountsThePagesThatHoldRecordsAndIndex) {
  const auto topology = platform::Topology::discover().value();
  const auto map = platform::WorkerMap::create(topology).value();
  const auto engine =
      std::move(Engine::create(topology, map,
                               {.threads = 1, .expected_records = 20'000, .placement = "partitioned"}))
          .value();
  engine->run_on_workers(
      [](Engine::Session& session, WorkerId) { testing::exercise(session, 0, 20'000, 1000); });
  const PlacementProof proof = engine->prove_placement();
  if (!proof.untold.empty()) GTEST_SKIP() << proof.untold;
  // 10,000 records of 1 KiB are left, and twice as many have been there.
  EXPECT_GT(proof.sampled_pages(), 2000U);
  ASSERT_TRUE(proof.score());
  EXPECT_GE(*proof.score(), 0.95);
  ASSERT_TRUE(proof.obtained_is_known);
  EXPECT_GT(proof.obtained.bytes(), 10'000U * 1000U);
}

TEST(PlacementProof, PagesInUseOfWhichNoneIsToldAreHidden) {
  platform::ResidentPages resident;
  EXPECT_EQ(why_untold(0, resident), "") << "nothing is in use yet";
  resident.transparent_huge_bytes = 1 << 21;
  EXPECT_EQ(why_untold(1, resident), "");
  EXPECT_NE(why_untold(0, resident).find("numa_balancing=0"), std::string::npos);
}

TEST(PlacementProof, PagesElsewhereLowerTheScore) {
  const StoreProof half{
      .asked = "bound to node 0", .sampled_pages = 10, .pages_in_place = 5, .pages_by_node = {}};
  const StoreProof whole{
      .asked = "bound to node 1", .sampled_pages = 30, .pages_in_place = 30, .pages_by_node = {}};
  PlacementProof proof;
  EXPECT_FALSE(proof.score()) << "there is nothing to verify";
  proof.stores = {half, whole};
  ASSERT_TRUE(proof.score());
  EXPECT_DOUBLE_EQ(*proof.score(), 35.0 / 40.0);
  proof.untold = "move_pages: not permitted";
  EXPECT_FALSE(proof.score());
}

}  // namespace
}  // namespace upout::engines::shared_memory
