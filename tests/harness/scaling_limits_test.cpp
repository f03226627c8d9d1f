#include "harness/scaling_limits.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/analysis.h"
#include "harness/models/usl.h"
#include "tests/harness/sample_documents.h"

namespace upout::harness {
namespace {

/// Shared memory as the law says, on so many cores each.
std::vector<nlohmann::json> by_law(const models::Coefficients& truth, const std::vector<unsigned>& sizes) {
  std::vector<nlohmann::json> documents;
  for (const unsigned cores : sizes) {
    const double throughput = models::usl.throughput(truth, cores);
    documents.push_back(samples::document(samples::run("shared-memory", cores, "ycsb-a", throughput)));
  }
  return documents;
}

std::vector<std::string> limits(const std::vector<nlohmann::json>& documents) {
  return sentences(limit_claims(analyze(compare(documents))));
}

const std::vector<unsigned> five_sizes{1, 2, 4, 8, 16};
const std::string opening = "By the Universal Scalability Law, shared-memory is held back by ";

TEST(ScalingLimits, AreContentionAndCoherenceWhereBothAreThere) {
  const auto told = limits(by_law({2e6, 0.05, 0.004}, five_sizes));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].starts_with(opening + "contention and coherence on ycsb-a with sigma 0.05 (0.0"))
      << told[0];
  EXPECT_NE(told[0].find(" and kappa 0.004 (0.003"), std::string::npos) << told[0];
}

TEST(ScalingLimits, NameTheOneThatIsThere) {
  const auto contended = limits(by_law({2e6, 0.2, 0}, five_sizes));
  ASSERT_EQ(contended.size(), 1U);
  EXPECT_TRUE(contended[0].starts_with(opening + "contention on ycsb-a")) << contended[0];
  const auto coherent = limits(by_law({2e6, 0, 0.01}, five_sizes));
  ASSERT_EQ(coherent.size(), 1U);
  EXPECT_TRUE(coherent[0].starts_with(opening + "coherence on ycsb-a")) << coherent[0];
}

TEST(ScalingLimits, AreNotThereWhereThroughputGrowsWithCores) {
  const auto told = limits(by_law({2e6, 0, 0}, five_sizes));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].starts_with(opening + "nothing that the intervals can tell on ycsb-a")) << told[0];
}

TEST(ScalingLimits, AreOfTheStrongestConfiguration) {
  std::vector<nlohmann::json> documents = by_law({2e6, 0, 0.01}, five_sizes);
  for (const unsigned cores : five_sizes) {
    RunRecord weak = samples::run("shared-memory", cores, "ycsb-a", 1e5);
    weak.id += "-weak";
    weak.deployment.depth = 1;
    documents.push_back(samples::document(weak));
  }
  const auto told = limits(documents);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("shared-memory, depth 16 is held back by coherence on"), std::string::npos)
      << told[0];
  EXPECT_EQ(told[0].find("depth 1 "), std::string::npos) << told[0];
}

TEST(ScalingLimits, AreNotToldOfTooFewSizes) {
  EXPECT_TRUE(limits(by_law({2e6, 0.05, 0.004}, {1, 2})).empty()) << "no law is fitted";
  EXPECT_TRUE(limits(by_law({2e6, 0.05, 0.004}, {1, 2, 4})).empty()) << "it has no interval";
}

}  // namespace
}  // namespace upout::harness
