#include "workloads/ycsb_settings.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/registry.h"
#include "workloads/ycsb.h"

namespace upout::workloads {
namespace {

struct Made {
  YcsbSettings settings;
  std::string error;
  std::vector<std::string> warnings;
};

Made made(std::string_view name, std::initializer_list<std::string_view> assignments) {
  Properties properties;
  for (const std::string_view assignment : assignments) EXPECT_TRUE(properties.assign(assignment));
  Made result;
  const auto workload = make_workload(name, properties, result.warnings);
  if (workload) {
    result.settings = dynamic_cast<const Ycsb&>(**workload).settings();
  } else {
    result.error = workload.error().to_string();
  }
  return result;
}

std::string error_of(std::initializer_list<std::string_view> assignments) {
  return made("ycsb-a", assignments).error;
}

TEST(YcsbSettings, AreThoseOfYcsbsPresets) {
  const YcsbSettings a = made("ycsb-a", {}).settings;
  EXPECT_EQ(a.field_count, 10U);
  EXPECT_EQ(a.field_length, 100U);
  EXPECT_EQ(a.longest_value_bytes(), 1000U);
  EXPECT_EQ(a.mean_value_bytes(), 1000U);
  EXPECT_TRUE(a.read_all_fields);
  EXPECT_FALSE(a.write_all_fields);
  EXPECT_TRUE(a.hashed_order);
  EXPECT_EQ(a.mix.updates, 0.5);
  EXPECT_EQ(made("ycsb-d", {}).settings.mix.distribution, RequestDistribution::latest);
  EXPECT_EQ(made("ycsb", {}).settings.mix.distribution, RequestDistribution::uniform);
}

TEST(YcsbSettings, TakePropertiesOverThePreset) {
  const Made result =
      made("ycsb-c", {"recordcount=5", "fieldcount=1", "fieldlength=8", "readallfields=false",
                      "writeallfields=true", "requestdistribution=uniform", "insertorder=ordered",
                      "readproportion=0.5", "insertproportion=0.5", "scanproportion=0", "minscanlength=2",
                      "maxscanlength=7", "scanlengthdistribution=zipfian",
                      "workload=site.ycsb.workloads.CoreWorkload", "fieldlengthdistribution=constant"});
  EXPECT_EQ(result.error, "");
  EXPECT_TRUE(result.warnings.empty());
  EXPECT_EQ(to_json(result.settings), nlohmann::json::parse(R"({
    "recordcount": 5, "fieldcount": 1, "fieldlength": 8, "fieldlengthdistribution": "constant",
    "readallfields": false, "writeallfields": true, "readproportion": 0.5, "updateproportion": 0.0,
    "insertproportion": 0.5, "readmodifywriteproportion": 0.0, "scanproportion": 0.0,
    "minscanlength": 2, "maxscanlength": 7, "scanlengthdistribution": "zipfian",
    "requestdistribution": "uniform", "insertorder": "ordered"})"));
}

/// Documents from before a property was one do not name it, and are to be compared with those of today.
TEST(YcsbSettings, NameAPropertyThatCameLaterWhereItHasAnEffect) {
  const auto json = [](std::initializer_list<std::string_view> assignments) {
    return to_json(made("ycsb-a", assignments).settings);
  };
  EXPECT_EQ(json({}), json({"zipfianconstant=0.99", "insertstart=0", "hotspotdatafraction=0.5",
                            "minfieldlength=7", "exponential.frac=0.5"}));
  EXPECT_EQ(json({"zipfianconstant=0.5"})["zipfianconstant"], 0.5);
  EXPECT_EQ(json({"insertstart=10"})["insertstart"], 10U);
  EXPECT_EQ(json({"fieldlengthdistribution=uniform"})["minfieldlength"], 1U);
  const nlohmann::json hotspot = json({"requestdistribution=hotspot"});
  EXPECT_EQ(hotspot["hotspotdatafraction"], 0.2);
  EXPECT_EQ(hotspot["hotspotopnfraction"], 0.8);
  EXPECT_FALSE(hotspot.contains("zipfianconstant"));
  const nlohmann::json exponential = json({"requestdistribution=exponential"});
  EXPECT_EQ(exponential["exponential.percentile"], 95.0);
  EXPECT_EQ(exponential["exponential.frac"], 0.8571428571);
}

TEST(YcsbSettings, GiveEachRecordAKeyOfItsOwn) {
  const YcsbSettings hashed = made("ycsb-c", {}).settings;
  const YcsbSettings ordered = made("ycsb-c", {"insertorder=ordered"}).settings;
  EXPECT_EQ(ordered.key_of(17), 17U);
  EXPECT_EQ(hashed.key_of(17), mix64(17));
}

TEST(YcsbSettings, WarnOfWhatYcsbHasAndHasNoEffectHere) {
  const Made result = made("ycsb-a", {"threadcount=4", "table=usertable", "dataintegrity=true",
                                      "hdrhistogram.percentiles=95,99", "htrace.sampler.classes=X"});
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.warnings,
            (std::vector<std::string>{
                "-p threadcount: has no effect: use --threads, or ranks",
                "-p table: has no effect: records and fields have no names, keys are 64-bit numbers",
                "-p dataintegrity: has no effect: every value is self-checking, and every run is verified",
                "-p hdrhistogram.percentiles: has no effect: latencies are always kept as histograms; use "
                "--json for them",
                "-p htrace.sampler.classes: has no effect: it is for YCSB's own client"}));
}

TEST(YcsbSettings, SayWhenARunIsOver) {
  EXPECT_EQ(made("ycsb-a", {}).settings.limits.operations, 0U);
  EXPECT_EQ(made("ycsb-a", {}).settings.limits.seconds, 0U);
  const Made both = made("ycsb-a", {"operationcount=1000", "maxexecutiontime=60"});
  EXPECT_EQ(both.settings.limits.operations, 1000U);
  EXPECT_EQ(both.settings.limits.seconds, 60U);
  EXPECT_TRUE(both.warnings.empty());
  EXPECT_EQ(to_json(both.settings), to_json(made("ycsb-a", {}).settings)) << "the same operations";
  EXPECT_EQ(made("ycsb-a", {"operationcount=2147483647"}).error, "") << "as many as YCSB can count";
  EXPECT_EQ(error_of({"operationcount=-1"}),
            "-p operationcount: found '-1', expected a whole number from 0 to 1152921504606846976");
  EXPECT_EQ(error_of({"maxexecutiontime=1.5"}),
            "-p maxexecutiontime: found '1.5', expected a whole number from 0 to 1000000");
}

TEST(YcsbSettings, RefuseAPropertyThatNobodyKnows) {
  EXPECT_EQ(error_of({"recordcnt=5"}), "-p: found unknown property 'recordcnt', expected recordcount");
  EXPECT_EQ(error_of({"opertioncount=5"}),
            "-p: found unknown property 'opertioncount', expected operationcount");
  EXPECT_EQ(error_of({"colour=red"}), "-p: found unknown property 'colour', expected a property of ycsb-a");
}

TEST(YcsbSettings, RefuseBadValues) {
  EXPECT_EQ(error_of({"recordcount=0"}),
            "-p recordcount: found '0', expected a whole number from 1 to 1099511627776");
  EXPECT_EQ(error_of({"recordcount=many"}),
            "-p recordcount: found 'many', expected a whole number from 1 to 1099511627776");
  EXPECT_EQ(error_of({"recordcount=-1"}),
            "-p recordcount: found '-1', expected a whole number from 1 to 1099511627776");
  EXPECT_EQ(error_of({"fieldcount=0"}),
            "-p fieldcount: found '0', expected a whole number from 1 to 1048576");
  EXPECT_EQ(error_of({"readproportion=1.5"}),
            "-p readproportion: found '1.5', expected a number from 0 to 1");
  EXPECT_EQ(error_of({"readproportion=-0.5"}),
            "-p readproportion: found '-0.5', expected a number from 0 to 1");
  EXPECT_EQ(error_of({"readallfields=1"}), "-p readallfields: found '1', expected true or false");
  EXPECT_EQ(
      error_of({"requestdistribution=zipfain"}),
      "-p requestdistribution: found 'zipfain', expected uniform, zipfian, latest, hotspot, exponential or "
      "sequential; did you mean zipfian?");
  EXPECT_EQ(
      error_of({"requestdistribution=sequental"}),
      "-p requestdistribution: found 'sequental', expected uniform, zipfian, latest, hotspot, exponential or "
      "sequential; did you mean sequential?");
  EXPECT_EQ(error_of({"insertorder=random"}), "-p insertorder: found 'random', expected hashed or ordered");
  EXPECT_EQ(
      error_of({"fieldlengthdistribution=histogramm"}),
      "-p fieldlengthdistribution: found 'histogramm', expected constant, uniform, zipfian or histogram; "
      "did you mean histogram?");
  EXPECT_EQ(
      error_of({"fieldlengthdistribution=uniform", "minfieldlength=101"}),
      "-p minfieldlength: found fields of 101 to 100 bytes, expected minfieldlength of at most fieldlength");
  EXPECT_EQ(error_of({"fieldlengthdistribution=zipfian", "fieldlength=0"}),
            "-p fieldlength: found fields of 1 to 0 bytes, expected minfieldlength of at most fieldlength");
  EXPECT_EQ(error_of({"minfieldlength=101"}), "");
  EXPECT_EQ(
      error_of({"minscanlength=8", "maxscanlength=7"}),
      "-p minscanlength: found scans of 8 to 7 records, expected minscanlength of at most maxscanlength");
  EXPECT_EQ(
      error_of({"scanproportion=0.95", "maxscanlength=2000"}),
      "-p maxscanlength: found 2000 records of 1000 bytes, expected scans of at most 1048576 bytes, keys "
      "and sizes among them");
  EXPECT_EQ(
      error_of({"workload=site.ycsb.workloads.RestWorkload"}),
      "-p workload: found 'site.ycsb.workloads.RestWorkload', expected site.ycsb.workloads.CoreWorkload");
}

TEST(YcsbSettings, RefuseBadShapesOfDistributions) {
  EXPECT_EQ(error_of({"zipfianconstant=-0.1"}),
            "-p zipfianconstant: found '-0.1', expected a number from 0 to 10");
  EXPECT_EQ(error_of({"zipfianconstant=nan"}),
            "-p zipfianconstant: found 'nan', expected a number from 0 to 10");
  EXPECT_EQ(error_of({"hotspotdatafraction=20"}),
            "-p hotspotdatafraction: found '20', expected a number from 0 to 1");
  EXPECT_EQ(error_of({"hotspotopnfraction=80%"}),
            "-p hotspotopnfraction: found '80%', expected a number from 0 to 1");
  EXPECT_EQ(error_of({"exponential.percentile=100"}),
            "-p exponential.percentile: found '100', expected a number from 0.001 to 99.999");
  EXPECT_EQ(error_of({"exponential.frac=0"}),
            "-p exponential.frac: found '0', expected a number from 0.001 to 1");
  EXPECT_EQ(error_of({"exponential.percentil=95"}),
            "-p: found unknown property 'exponential.percentil', expected exponential.percentile");
}

TEST(YcsbSettings, TakeAPartOfTheRecords) {
  const YcsbSettings rest = made("ycsb-c", {"recordcount=100", "insertstart=30"}).settings;
  EXPECT_EQ(rest.record_count, 70U);
  EXPECT_EQ(to_json(rest).at("insertstart"), 30);
  EXPECT_FALSE(to_json(rest).contains("insertcount"));
  const YcsbSettings part =
      made("ycsb-c", {"recordcount=100", "insertstart=30", "insertcount=70", "insertorder=ordered"}).settings;
  EXPECT_EQ(part.record_count, 70U);
  EXPECT_EQ(part.key_of(0), 30U);
  EXPECT_EQ(part.key_of(69), 99U);
  const Made few = made("ycsb-c", {"recordcount=100", "insertstart=30", "insertcount=5"});
  EXPECT_EQ(few.settings.record_count, 5U);
  EXPECT_EQ(to_json(few.settings).at("recordcount"), 100);
  EXPECT_EQ(to_json(few.settings).at("insertcount"), 5);
  EXPECT_EQ(few.settings.key_of(4), mix64(34));
  EXPECT_TRUE(few.warnings.empty());
}

TEST(YcsbSettings, RefuseAPartBeyondTheRecords) {
  EXPECT_EQ(error_of({"recordcount=100", "insertstart=100"}),
            "-p insertstart: found '100', expected some of the 100 records of recordcount");
  EXPECT_EQ(error_of({"recordcount=100", "insertstart=30", "insertcount=71"}),
            "-p insertcount: found 71 records from 30 on, expected some of the 100 records of recordcount");
  EXPECT_EQ(error_of({"insertcount=0"}),
            "-p insertcount: found '0', expected a whole number from 1 to 1099511627776");
}

TEST(YcsbSettings, TakeShapesOfDistributions) {
  const Made hotspot =
      made("ycsb-a", {"requestdistribution=hotspot", "hotspotdatafraction=0.01", "hotspotopnfraction=0.99"});
  EXPECT_EQ(hotspot.settings.mix.distribution, RequestDistribution::hotspot);
  EXPECT_EQ(hotspot.settings.hot_data, 0.01);
  EXPECT_EQ(hotspot.settings.hot_operations, 0.99);
  const Made exponential = made(
      "ycsb-a", {"requestdistribution=exponential", "exponential.percentile=90", "exponential.frac=0.1"});
  EXPECT_EQ(exponential.settings.exponential_percentile, 90);
  EXPECT_EQ(exponential.settings.exponential_fraction, 0.1);
  const Made latest = made("ycsb-d", {"zipfianconstant=1.2"});
  EXPECT_EQ(latest.settings.zipfian_constant, 1.2);
  for (const Made& each : {hotspot, exponential, latest}) EXPECT_TRUE(each.warnings.empty());
}

TEST(YcsbSettings, WarnOfTheShapeOfAnotherDistribution) {
  const Made result = made("ycsb", {"zipfianconstant=0.5", "requestdistribution=hotspot",
                                    "hotspotdatafraction=0.1", "exponential.frac=0.5"});
  EXPECT_EQ(result.warnings,
            (std::vector<std::string>{"-p zipfianconstant: has no effect: requestdistribution is hotspot",
                                      "-p exponential.frac: has no effect: requestdistribution is hotspot"}));
}

TEST(YcsbSettings, WarnOfAShortestLengthWhereAllHaveOne) {
  EXPECT_EQ(
      made("ycsb", {"minfieldlength=5"}).warnings,
      (std::vector<std::string>{"-p minfieldlength: has no effect: fieldlengthdistribution is constant"}));
  EXPECT_TRUE(made("ycsb", {"minfieldlength=5", "fieldlengthdistribution=uniform"}).warnings.empty());
}

TEST(YcsbSettings, LimitTheSizeOfARecord) {
  EXPECT_EQ(error_of({"fieldlength=200000"}),
            "-p fieldlength: found 10 fields of 200000 bytes, expected a record of at most 1048576 bytes");
  EXPECT_EQ(error_of({"fieldcount=20000"}),
            "-p fieldcount: found 20000 fields of 100 bytes, expected a record of at most 1048576 bytes");
  EXPECT_EQ(made("ycsb-a", {"fieldcount=1", "fieldlength=1048576"}).settings.longest_value_bytes(), 1048576U);
  EXPECT_EQ(made("ycsb-a", {"fieldlength=0"}).settings.longest_value_bytes(), 0U);
}

TEST(YcsbSettings, ScaleSharesThatDoNotAddUpAndSaySo) {
  const Made result = made("ycsb-a", {"readproportion=1"});
  EXPECT_DOUBLE_EQ(result.settings.mix.reads, 2.0 / 3);
  EXPECT_DOUBLE_EQ(result.settings.mix.updates, 1.0 / 3);
  EXPECT_EQ(
      result.warnings,
      (std::vector<std::string>{
          "readproportion, updateproportion, insertproportion, readmodifywriteproportion, scanproportion: "
          "add up to 1.5, not 1; scaled to 0.666667, 0.333333, 0, 0, 0"}));
}

TEST(YcsbSettings, RefuseAMixOfNothing) {
  EXPECT_EQ(error_of({"readproportion=0", "updateproportion=0"}),
            "readproportion, updateproportion, insertproportion, readmodifywriteproportion, scanproportion: "
            "found 0 for all "
            "of them, "
            "expected one that is greater than 0");
}

}  // namespace
}  // namespace upout::workloads
