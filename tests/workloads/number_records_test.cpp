#include "workloads/number_records.h"

#include <gtest/gtest.h>

#include "tests/workloads/deployment.h"

namespace upout::workloads {
namespace {

/// The audit of a store into which three workers have loaded records and which `change` has then changed.
template <class Change>
AuditResult audit_after(Change&& change) {
  const auto workload = made("ycsb-multi", {"recordcount=500", "fieldlength=21"});
  Deployment deployment{*workload, 3};
  deployment.load();
  EXPECT_EQ(deployment.failed, 0U);
  change(deployment.store.records);
  return deployment.audit(2);
}

TEST(NumberRecords, AreAllThereAfterTheLoad) {
  const AuditResult result = audit_after([](auto&) {});
  EXPECT_EQ(result.checked, 500U);
  EXPECT_EQ(result.missing + result.damaged, 0U) << result.first_fault;
  EXPECT_EQ(result.sum, 0U);
}

TEST(NumberRecords, AreAddedUp) {
  const AuditResult result = audit_after([](auto& records) {
    records.at(0)[0] = std::byte{5};
    records.at(499)[1] = std::byte{1};
  });
  EXPECT_EQ(result.missing + result.damaged, 0U) << result.first_fault;
  EXPECT_EQ(result.sum, 5U + 256U);
}

TEST(NumberRecords, ShowWhatIsMissing) {
  const AuditResult result = audit_after([](auto& records) { records.erase(17); });
  EXPECT_EQ(result.missing, 1U);
  EXPECT_EQ(result.first_fault, "record 17 is not there");
}

TEST(NumberRecords, ShowWhatIsDamaged) {
  for (std::size_t at = 8; at < 21; ++at) {
    const AuditResult result = audit_after([at](auto& records) { records.at(17)[at] ^= std::byte{1}; });
    EXPECT_EQ(result.damaged, 1U) << at;
    EXPECT_NE(result.first_fault.find("record 17 holds"), std::string::npos) << result.first_fault;
  }
  EXPECT_EQ(audit_after([](auto& records) { std::swap(records.at(3), records.at(4)); }).damaged, 2U);
  EXPECT_EQ(audit_after([](auto& records) { records.at(3).push_back({}); }).damaged, 1U) << "too long";
  EXPECT_EQ(audit_after([](auto& records) { records.at(3).resize(5); }).damaged, 1U) << "too short";
}

TEST(NumberRecords, OfABankComeToWhatTheyWereLoadedWith) {
  const auto workload = made("smallbank", {"customers=500"});
  Deployment deployment{*workload, 3};
  deployment.load();
  const AuditResult result = deployment.audit(2);
  EXPECT_EQ(result.checked, 1000U);
  EXPECT_EQ(result.sum, workload->expected_sum({}));
  EXPECT_GE(result.sum, 1000U * 10'000U);
  EXPECT_LE(result.sum, 1000U * 50'000U);
  const std::vector<WriterProgress> writers{{.sum = 100}, {.sum = std::uint64_t{0} - 30}};
  EXPECT_EQ(workload->expected_sum(writers), result.sum + 70);
}

}  // namespace
}  // namespace upout::workloads
