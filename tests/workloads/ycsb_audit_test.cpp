#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "tests/workloads/deployment.h"
#include "workloads/ycsb_value.h"

namespace upout::workloads {
namespace {

TEST(YcsbAudit, FindsAllAfterLoadAndRunInEachWorkload) {
  for (const WorkloadEntry& entry : workloads()) {
    if (!entry.name.starts_with("ycsb") || made(entry.name, {})->has_transactions()) continue;
    for (const std::string_view length :
         {"fieldlength=0", "fieldlength=5", "fieldlength=8", "fieldlength=100"}) {
      for (const std::uint32_t workers : {1U, 3U}) {
        const auto workload = made(entry.name, {"recordcount=500", length});
        Deployment deployment{*workload, workers};
        deployment.load();
        deployment.run(1000);
        const AuditResult result = deployment.audit();
        EXPECT_EQ(result.missing + result.damaged, 0U)
            << entry.name << " " << length << ": " << result.first_fault;
        EXPECT_EQ(result.checked, workload->expected_records(deployment.writers));
        EXPECT_EQ(deployment.store.records.size(), result.checked);
        EXPECT_EQ(deployment.failed, 0U);
      }
    }
  }
}

TEST(YcsbAudit, FindsTheSameDigestWithAnyNumberOfWorkers) {
  const auto workload = made("ycsb-d", {"recordcount=1000"});
  Deployment one{*workload, 1};
  one.load();
  const std::uint64_t digest = one.audit().digest;
  for (const std::uint32_t workers : {2U, 3U, 16U}) {
    Deployment many{*workload, workers};
    many.load();
    EXPECT_EQ(many.audit().digest, digest) << workers;
  }
  one.run(1000);
  const std::uint64_t after_run = one.audit().digest;
  EXPECT_NE(after_run, digest);
  EXPECT_EQ(one.audit(5).digest, after_run) << "more auditors than writers";
}

TEST(YcsbAudit, ReadsEachRecordOnceWithAnyNumberOfAuditors) {
  const auto workload = made("ycsb-d", {"recordcount=1000"});
  Deployment deployment{*workload, 7};
  deployment.load();
  deployment.run(1000);
  const std::uint64_t digest = deployment.audit().digest;
  for (const std::uint32_t auditors : {1U, 2U, 3U, 8U}) {
    const AuditResult result = deployment.audit(auditors);
    EXPECT_EQ(result.checked, deployment.store.records.size()) << auditors;
    EXPECT_EQ(result.digest, digest) << auditors;
  }
}

TEST(YcsbAudit, HasADigestThatDependsOnTheProperties) {
  const auto digest = [](std::initializer_list<std::string_view> assignments) {
    const auto workload = made("ycsb-c", assignments);
    Deployment deployment{*workload};
    deployment.load();
    return deployment.audit().digest;
  };
  EXPECT_NE(digest({"recordcount=100"}), digest({"recordcount=101"}));
  EXPECT_NE(digest({"recordcount=100"}), digest({"recordcount=100", "insertorder=ordered"}));
  EXPECT_NE(digest({"recordcount=100"}), digest({"recordcount=100", "fieldlength=99"}));
}

class AuditOfDamage : public ::testing::Test {
 protected:
  AuditOfDamage() {
    deployment_.load();
    deployment_.run(2000);
  }
  ModelStore::Value& value_of(std::uint64_t record) { return deployment_.store.records.at(record); }

  std::unique_ptr<Workload> workload_ =
      made("ycsb", {"recordcount=100", "insertorder=ordered", "insertproportion=0.1", "readproportion=0.4",
                    "updateproportion=0.5", "fieldcount=4", "fieldlength=25"});
  Deployment deployment_{*workload_, 2};
};

TEST_F(AuditOfDamage, SeesAFlippedBit) {
  value_of(17)[30] ^= std::byte{0x10};
  const AuditResult result = deployment_.audit();
  EXPECT_EQ(result.damaged, 1U);
  EXPECT_EQ(result.missing, 0U);
  EXPECT_EQ(result.first_fault,
            "record 17 (key 0x0000000000000011) holds bytes that no write has made in field 1");
}

TEST_F(AuditOfDamage, SeesAMissingLoadedRecord) {
  deployment_.store.records.erase(99);
  const AuditResult result = deployment_.audit();
  EXPECT_EQ(result.missing, 1U);
  EXPECT_EQ(result.first_fault, "record 99 (key 0x0000000000000063) is not there");
}

TEST_F(AuditOfDamage, SeesAMissingInsert) {
  ASSERT_GE(deployment_.writers[1].inserts, 3U);
  ASSERT_EQ(deployment_.store.records.erase(100 + 2 * 2 + 1), 1U);  // the third insert of worker 1
  EXPECT_EQ(deployment_.audit().missing, 1U);
}

TEST_F(AuditOfDamage, SeesTwoValuesSwapped) {
  std::swap(value_of(3), value_of(4));
  EXPECT_EQ(deployment_.audit().damaged, 2U);
}

TEST_F(AuditOfDamage, SeesATruncatedValue) {
  value_of(5).pop_back();
  const AuditResult result = deployment_.audit();
  EXPECT_EQ(result.damaged, 1U);
  EXPECT_EQ(result.first_fault, "record 5 (key 0x0000000000000005) has 99 bytes instead of 100");
}

TEST_F(AuditOfDamage, SeesAWriteThatWasNeverHandedOut) {
  const ValueFormat format(4, 25);
  format.write_field(std::span(value_of(8)).first(25), 8, 0, {1, deployment_.writers[1].writes + 1});
  const AuditResult result = deployment_.audit();
  EXPECT_EQ(result.damaged, 1U);
  EXPECT_EQ(
      result.first_fault,
      "record 8 (key 0x0000000000000008) holds a version that its worker has not handed out in field 0");
}

TEST_F(AuditOfDamage, SeesALoadedValueInAnInsertedRecord) {
  const ValueFormat format(4, 25);
  format.write_value(value_of(100), 100, {});
  EXPECT_EQ(deployment_.audit().damaged, 1U);
}

TEST_F(AuditOfDamage, LeavesRecordsTooManyToTheCount) {
  deployment_.store.records[1'000'000] = {};
  EXPECT_EQ(deployment_.audit().damaged, 0U);
  EXPECT_EQ(deployment_.store.records.size(), workload_->expected_records(deployment_.writers) + 1);
}

}  // namespace
}  // namespace upout::workloads
