#include "tests/workloads/lookups.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "tests/workloads/deployment.h"

/// The example of docs/adding-a-workload.md: it does what the page says, and is what stands there.
namespace upout::workloads {
namespace {

std::unique_ptr<Workload> few_rows() {
  Properties properties;
  EXPECT_TRUE(properties.assign("rows=500"));
  std::vector<std::string> warnings;
  return Lookups::make("lookups", properties, warnings).value();
}

TEST(Lookups, FindWhatWasLoaded) {
  const auto workload = few_rows();
  Deployment deployment{*workload, 3};
  deployment.load();
  deployment.run(3000);
  EXPECT_EQ(deployment.failed, 0U);
  const AuditResult result = deployment.audit(2);
  EXPECT_EQ(result.checked, 500U);
  EXPECT_EQ(result.missing + result.damaged, 0U) << result.first_fault;
}

TEST(Lookups, ShowADamagedRowAndALostOne) {
  const auto workload = few_rows();
  Deployment deployment{*workload, 1};
  deployment.load();
  deployment.store.records.at(7)[50] ^= std::byte{1};
  deployment.store.records.erase(8);
  deployment.run(10'000);
  EXPECT_GT(deployment.failed, 0U);
  const AuditResult result = deployment.audit(1);
  EXPECT_EQ(result.damaged, 1U);
  EXPECT_EQ(result.missing, 1U);
}

std::string content_of(const std::string& path) {
  const std::ifstream file(std::string(UPOUT_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file) << path;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

TEST(Lookups, AreTheExampleOfTheDocumentation) {
  const std::string code = content_of("tests/workloads/lookups.h");
  EXPECT_NE(content_of("docs/adding-a-workload.md").find("```cpp\n" + code + "```\n"), std::string::npos)
      << "docs/adding-a-workload.md shows other code than tests/workloads/lookups.h";
}

}  // namespace
}  // namespace upout::workloads
