#include "workloads/field_length_histogram.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/workloads/chi_square.h"
#include "tests/workloads/deployment.h"
#include "tests/workloads/temporary_file.h"
#include "workloads/field_lengths.h"
#include "workloads/ycsb.h"

namespace upout::workloads {
namespace {

FieldLengthHistogram parsed(std::string_view text) {
  auto histogram = FieldLengthHistogram::parse(text, "dir/hist.txt");
  EXPECT_TRUE(histogram) << histogram.error().to_string();
  return *std::move(histogram);
}

std::string text_of(const std::vector<std::int64_t>& counts, std::size_t block) {
  std::string text = "BlockSize\t" + std::to_string(block) + "\n";
  for (std::size_t i = 0; i < counts.size(); ++i)
    text += std::to_string(i) + "\t" + std::to_string(counts[i]) + "\n";
  return text;
}

/// How YCSB takes a length from a number between 0 and the sum of all counts: counts are taken off until
/// nothing is left. The share of each length, from all numbers.
std::map<std::size_t, double> ycsbs_shares(const std::vector<std::int64_t>& counts, std::size_t block) {
  std::int64_t all = 0;
  for (const std::int64_t count : counts) all += count;
  std::map<std::size_t, double> shares;
  for (std::int64_t number = 0; number < all; ++number) {
    std::int64_t left = number;
    std::size_t length = (counts.size() - 1) * block;
    for (std::size_t i = 0; i + 1 < counts.size(); ++i) {
      left -= counts[i];
      if (left > 0) continue;
      length = (i + 1) * block;
      break;
    }
    shares[length] += 1.0 / static_cast<double>(all);
  }
  return shares;
}

TEST(FieldLengthHistogram, DrawsWhatYcsbDraws) {
  // Few counts, so that one too many shows; empty buckets at either end and in the middle.
  for (const std::vector<std::int64_t>& counts : {std::vector<std::int64_t>{3, 2, 4},
                                                  {0, 0, 5, 0, 7, 3},
                                                  {6, 1, 0, 2, 0},
                                                  {0, 0, 1, 4, 4},
                                                  {2, 2, 2, 2, 9, 1}}) {
    constexpr std::size_t block = 8;
    const std::string text = text_of(counts, block);
    const FieldLengths lengths(std::make_shared<const FieldLengthHistogram>(parsed(text)));
    const auto shares = ycsbs_shares(counts, block);
    std::map<std::size_t, std::uint64_t> drawn;
    for (kernel::Key key = 0; key < 20'000; ++key) {
      for (std::size_t field = 0; field < 5; ++field) ++drawn[lengths.of(mix64(key), field)];
    }
    std::vector<double> probabilities;
    std::vector<std::uint64_t> found;
    double mean = 0;
    for (const auto& [length, share] : shares) {
      probabilities.push_back(share);
      found.push_back(drawn[length]);
      mean += share * static_cast<double>(length);
    }
    EXPECT_EQ(drawn.size(), shares.size()) << text << "a length that YCSB does not draw";
    EXPECT_LT(chi_square_excess(found, probabilities), 4) << text;
    EXPECT_NEAR(lengths.mean(), mean, 1e-9) << text;
    EXPECT_EQ(lengths.greatest(), shares.rbegin()->first) << text;
  }
}

TEST(FieldLengthHistogram, MakesTheLastBucketAsLongAsTheOneBefore) {
  EXPECT_EQ(parsed("BlockSize\t10\n0\t1\n1\t1\n2\t5\n").greatest(), 20U);
  EXPECT_EQ(parsed("BlockSize\t10\n0\t1\n1\t1\n2\t5\n3\t0\n").greatest(), 30U);
}

TEST(FieldLengthHistogram, OfTwoBucketsHasOneLength) {
  const FieldLengths lengths(
      std::make_shared<const FieldLengthHistogram>(parsed("BlockSize\t10\r\n0\t3\r\n1\t4\tcomment")));
  EXPECT_TRUE(lengths.are_constant());
  EXPECT_EQ(lengths.of(5, 1), 10U);
}

TEST(FieldLengthHistogram, SaysWhichItIs) {
  const FieldLengthHistogram one = parsed("BlockSize\t10\n0\t1\n1\t1\n");
  EXPECT_EQ(one.file_name(), "hist.txt");
  EXPECT_EQ(one.content_hash(), "c706b1e175b5721b");
  EXPECT_NE(parsed("BlockSize\t10\n0\t1\n1\t2\n").content_hash(), one.content_hash());
}

TEST(FieldLengthHistogram, RefusesWhatYcsbCannotReadEither) {
  const auto error = [](std::string_view text) {
    const auto histogram = FieldLengthHistogram::parse(text, "h");
    return histogram ? "" : histogram.error().to_string();
  };
  const std::string block = ", expected 'BlockSize', a tab and a whole number from 1 to 1048576";
  EXPECT_EQ(error(""), "h:1: found ''" + block);
  EXPECT_EQ(error("0\t5\n"), "h:1: found '0\\x095'" + block);
  EXPECT_EQ(error("BlockSize\t0\n0\t5\n"), "h:1: found 'BlockSize\\x090'" + block);
  EXPECT_EQ(error("BlockSize 10\n0\t5\n"), "h:1: found 'BlockSize 10'" + block);
  const auto bucket = [](int number) {
    return ", expected the bucket's number, " + std::to_string(number) +
           ", a tab and a count from 0 to 2147483647";
  };
  EXPECT_EQ(error("BlockSize\t1\n0\t5\n1\t-5\n"), "h:3: found '1\\x09-5'" + bucket(1));
  EXPECT_EQ(error("BlockSize\t1\n0\t5\n2\t5\n"), "h:3: found '2\\x095'" + bucket(1));
  EXPECT_EQ(error("BlockSize\t1\n0\t5\n\n"), "h:3: found ''" + bucket(1));
  EXPECT_EQ(error("BlockSize\t1\n0\tmany\n"), "h:2: found '0\\x09many'" + bucket(0));
  EXPECT_EQ(error("BlockSize\t1\n0\t2147483648\n"), "h:2: found '0\\x092147483648'" + bucket(0));
  EXPECT_EQ(error("BlockSize\t1\n" + std::string(100, 'x')),
            "h:2: found '" + std::string(60, 'x') + "...'" + bucket(0));
  const std::string counts = "h: found no counts at all, expected a bucket with a count above 0";
  EXPECT_EQ(error("BlockSize\t1\n"), counts);
  EXPECT_EQ(error("BlockSize\t1\n0\t0\n1\t0\n"), counts);
  EXPECT_EQ(error("BlockSize\t1\n0\t5\n"),
            "h: found one bucket, of which YCSB makes fields of 0 bytes, expected two buckets or more, or "
            "fieldlengthdistribution=constant");
}

/// What a run makes of these properties: an error, or else its warnings.
std::string said_of(const std::vector<std::string>& assignments) {
  Properties properties;
  for (const std::string& assignment : assignments) EXPECT_TRUE(properties.assign(assignment));
  std::vector<std::string> warnings;
  const auto workload = make_workload("ycsb-a", properties, warnings);
  std::string said = workload ? "" : workload.error().to_string();
  for (const std::string& warning : warnings) said += warning;
  return said;
}

const std::string histogram = "fieldlengthdistribution=histogram";

TEST(YcsbFieldLengthHistogram, IsReadOnceAndRefusedWhereItEnters) {
  const TemporaryFile good("good.txt", "BlockSize\t1000\n0\t5\n1\t5\n2\t5\n");
  const TemporaryFile bad("bad.txt", "BlockSize\t1000\n0\t5\n1\tx\n");
  const std::string file = "fieldlengthhistogram=";
  EXPECT_EQ(said_of({histogram, file + good.path()}), "");
  EXPECT_EQ(said_of({histogram, file + bad.path()}).substr(0, bad.path().size() + 18),
            bad.path() + ":3: found '1\\x09x'");
  const std::string wanted =
      ": found No such file or directory, expected a file with the lengths of "
      "fields: 'BlockSize', a tab, bytes; then lines of bucket, tab, count";
  EXPECT_EQ(said_of({histogram, file + "none.txt"}), "-p fieldlengthhistogram none.txt" + wanted);
  EXPECT_EQ(said_of({histogram}), "fieldlengthhistogram hist.txt" + wanted) << "YCSB's default";
  EXPECT_EQ(said_of({histogram, file + good.path(), "fieldcount=600"}),
            "-p fieldlengthhistogram: found 600 fields of 2000 bytes, expected a record of at most 1048576 "
            "bytes");
}

TEST(YcsbFieldLengthHistogram, WarnsOfLengthsThatHaveNoEffect) {
  const TemporaryFile file("lengths.txt", "BlockSize\t10\n0\t5\n1\t5\n2\t5\n");
  const std::string path = "fieldlengthhistogram=" + file.path();
  EXPECT_EQ(said_of({path}), "-p fieldlengthhistogram: has no effect: fieldlengthdistribution is constant");
  EXPECT_EQ(said_of({histogram, path, "fieldlength=7"}),
            "-p fieldlength: has no effect: fieldlengthdistribution is histogram");
  EXPECT_EQ(said_of({histogram, path, "minfieldlength=200"}),
            "-p minfieldlength: has no effect: fieldlengthdistribution is histogram");
}

TEST(YcsbFieldLengthHistogram, IsNamedAndPinnedInTheDocument) {
  const TemporaryFile file("named.txt", "BlockSize\t10\n0\t1\n1\t1\n");
  const std::string path = "fieldlengthhistogram=" + file.path();
  const nlohmann::json properties = made("ycsb-a", {histogram, path})->properties();
  EXPECT_EQ(properties["fieldlengthdistribution"], "histogram");
  EXPECT_EQ(properties["fieldlengthhistogram"], "named.txt");
  EXPECT_EQ(properties["fieldlengthhistogram_xxh3"], "c706b1e175b5721b");
  EXPECT_EQ(properties["fieldlength"], 10U) << "of the longest field";
  EXPECT_FALSE(properties.contains("minfieldlength"));
  EXPECT_FALSE(made("ycsb-a", {})->properties().contains("fieldlengthhistogram"));
}

TEST(YcsbFieldLengthHistogram, IsLoadedRunAndAudited) {
  const TemporaryFile file("run.txt", "BlockSize\t7\n0\t5\n1\t0\n2\t9\n3\t2\n4\t8\n5\t0\n");
  const std::string path = "fieldlengthhistogram=" + file.path();
  for (const std::string_view all : {"true", "false"}) {
    const auto workload =
        made("ycsb", {"recordcount=500", histogram, path, "fieldcount=5", "readallfields=" + std::string(all),
                      "writeallfields=" + std::string(all), "readproportion=0.3", "updateproportion=0.3",
                      "insertproportion=0.2", "readmodifywriteproportion=0.1", "scanproportion=0.1",
                      "maxscanlength=5"});
    EXPECT_EQ(workload->output_bytes(), 5 * kernel::scan_entry_bytes(5 * 35));
    Deployment deployment{*workload, 2};
    deployment.load();
    double bytes = 0;
    std::set<std::size_t> sizes;
    for (const auto& [key, value] : deployment.store.records) {
      sizes.insert(value.size());
      bytes += static_cast<double>(value.size());
    }
    EXPECT_GT(sizes.size(), 10U);
    EXPECT_NEAR(static_cast<double>(workload->value_bytes()), bytes / 500, 0.05 * bytes / 500);
    deployment.run(10'000);
    EXPECT_EQ(deployment.failed, 0U);
    AuditResult result = deployment.audit();
    EXPECT_EQ(result.missing + result.damaged, 0U) << result.first_fault;
    EXPECT_EQ(result.checked, deployment.store.records.size());
    deployment.store.records.begin()->second.pop_back();
    EXPECT_EQ(deployment.audit().damaged, 1U) << "a field that is a byte too short";
  }
}

}  // namespace
}  // namespace upout::workloads
