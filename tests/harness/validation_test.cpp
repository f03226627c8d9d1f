#include "harness/validation.h"

#include <gtest/gtest.h>

#include "harness/integrity.h"
#include "platform/sha256.h"
#include "tests/harness/sample_documents.h"
#include "tests/harness/temporary_folder.h"

namespace upout::harness {
namespace {

using nlohmann::json;

/// Files of documents, and what is found in them.
class ValidationOf : public testing::Test {
 protected:
  static json good() {
    RunRecord run = samples::run("shared-memory", 2, "ycsb-c", 4e6);
    run.latency.clear();
    Histogram& read = run.latency["read"];
    for (const Repetition& repetition : run.repetitions) read.record(1000, repetition.operations);
    return samples::document(run);
  }
  /// With NUMA balancing left on.
  static json unofficial() {
    json document = good();
    document["environment"]["numa_balancing"] = true;
    json& run = document["runs"][0];
    run["verdict"] = judge({.run = run, .environment = document["environment"], .suite = document["suite"]});
    seal(document);
    return document;
  }
  Validation of_text(const std::string& text, const ValidationOptions& options = {}) const {
    return validate_file(folder_.write("out.json", text), options);
  }
  Validation of(const json& document, const ValidationOptions& options = {}) const {
    return of_text(document.dump(), options);
  }
  std::string path() const { return folder_ / "out.json"; }

  TemporaryFolder folder_;
};

std::string rendered(const Validation& seen) {
  return render_validations({&seen, 1});
}

TEST_F(ValidationOf, AGoodDocumentFindsNothing) {
  const Validation seen = of(good());
  EXPECT_TRUE(seen.passed()) << rendered(seen);
  EXPECT_TRUE(seen.has_hash);
  EXPECT_EQ(seen.schema, "upout-result/1");
  EXPECT_EQ(seen.classes, std::vector<std::string>{"publishable"});
  EXPECT_EQ(rendered(seen), "1 document: 0 findings; runs: 1 publishable, 0 unofficial, 0 invalid\n");
}

/// An error quotes what it has read; for programs, it has to be UTF-8 all the same.
TEST_F(ValidationOf, ATextThatIsNoUtf8IsSaidInUtf8) {
  const Validation seen = of_text("{\"title\": \"syst\xF8m\"}");
  ASSERT_EQ(seen.findings.size(), 1U);
  EXPECT_NE(seen.findings[0].found.find("ill-formed UTF-8 byte"), std::string::npos)
      << seen.findings[0].found;
  EXPECT_NO_THROW(validations_document({&seen, 1}).dump());
}

TEST_F(ValidationOf, AnEditedFigureSaysWhereAndWhatItShouldBe) {
  json document = good();
  document["runs"][0]["summary"]["throughput"]["median"] = 9e6;
  const Validation seen = of(document);
  EXPECT_FALSE(seen.passed());
  const std::string text = rendered(seen);
  EXPECT_NE(text.find(path() + ": /sha256: found "), std::string::npos) << text;
  EXPECT_NE(
      text.find(path() + ": /runs/0/summary/throughput/median: found 9000000.0, expected 4000000.0 (the "
                         "median of the complete repetitions)\n"),
      std::string::npos)
      << text;
}

TEST_F(ValidationOf, ADocumentWithoutAHashIsTold) {
  json document = good();
  document.erase("sha256");
  const Validation seen = of(document);
  EXPECT_TRUE(seen.passed()) << rendered(seen);
  EXPECT_EQ(rendered(seen), path() +
                                ": found no hash\n1 document: 0 findings; runs: 1 publishable, 0 unofficial, "
                                "0 invalid\n");
  EXPECT_FALSE(of(document, {.required = Requirement::unofficial, .plan_sha256 = {}}).passed());
}

TEST_F(ValidationOf, WhatIsNoDocumentSaysWhy) {
  const Validation broken = of_text("{\n  \"schema\": ]}");
  ASSERT_EQ(broken.findings.size(), 1U);
  EXPECT_NE(broken.findings[0].found.find("unexpected ']'"), std::string::npos) << broken.findings[0].found;
  EXPECT_NE(broken.findings[0].found.find("at 2:13"), std::string::npos) << broken.findings[0].found;
  EXPECT_EQ(of_text("[1]").findings.at(0).place, "/schema");
  EXPECT_EQ(of_text("{\"schema\": \"upout-result/9\"}").findings.at(0).found, "\"upout-result/9\"");
  EXPECT_EQ(of_text("{\"schema\": \"upout-result/1\"}").findings.at(0).place, "/");
  EXPECT_FALSE(validate_file(folder_ / "none.json", {}).passed());
}

TEST_F(ValidationOf, NumbersAreFinite) {
  std::string text = good().dump();
  const std::string number = "\"warmup_seconds\":1.0";
  text.replace(text.find(number), number.size(), "\"warmup_seconds\":1e999");
  EXPECT_FALSE(of_text(text).passed());
}

TEST_F(ValidationOf, WhatIsRequiredIsAskedOfTheRulesAndNotOfTheDocument) {
  EXPECT_TRUE(of(good(), {.required = Requirement::publishable, .plan_sha256 = {}}).passed());
  const Validation unfit = of(unofficial(), {.required = Requirement::publishable, .plan_sha256 = {}});
  ASSERT_EQ(unfit.findings.size(), 1U) << rendered(unfit);
  EXPECT_EQ(unfit.findings[0].place, "/runs/0/verdict/class");
  EXPECT_EQ(unfit.findings[0].found, "unofficial");
  EXPECT_TRUE(of(unofficial(), {.required = Requirement::unofficial, .plan_sha256 = {}}).passed());
  json boasting = unofficial();
  boasting["runs"][0]["verdict"] = {{"class", "publishable"}, {"reasons", json::array()}};
  seal(boasting);
  EXPECT_EQ(of(boasting).classes, std::vector<std::string>{"unofficial"});
  EXPECT_FALSE(of(boasting).passed());
}

TEST_F(ValidationOf, RunsThatRulesCannotJudgeAreInvalid) {
  json document = samples::document(samples::open_run(1e6, 1e6));
  for (json& repetition : document["runs"][0]["repetitions"]) repetition.erase("offered_operations");
  const Validation seen = of(document);
  EXPECT_EQ(seen.classes, std::vector<std::string>{"invalid"});
  EXPECT_FALSE(seen.passed());
}

TEST_F(ValidationOf, APointOfAnotherPlanIsFound) {
  json document = good();
  seal_for_plan(document, platform::sha256("one plan"));
  EXPECT_TRUE(of(document, {.plan_sha256 = platform::sha256("one plan")}).passed());
  const Validation seen = of(document, {.plan_sha256 = platform::sha256("another plan")});
  ASSERT_EQ(seen.findings.size(), 1U) << rendered(seen);
  EXPECT_EQ(seen.findings[0].place, "/plan_sha256");
}

TEST_F(ValidationOf, ProgramsAreToldTheSame) {
  json document = good();
  document["runs"][0]["repetitions"][0]["throughput"] = 1;
  const Validation seen[] = {of(good()), of(document)};
  const json told = validations_document(seen);
  EXPECT_EQ(told.at("passed"), false);
  EXPECT_EQ(told.at("files")[0].at("findings"), json::array());
  EXPECT_EQ(told.at("files")[0].at("classes"), json::array({"publishable"}));
  EXPECT_EQ(told.at("files")[1].at("findings").size(), seen[1].findings.size());
  EXPECT_EQ(told.at("files")[1].at("findings")[0].at("place"), "/sha256");
  EXPECT_EQ(told.at("files")[1].at("file"), path());
}

}  // namespace
}  // namespace upout::harness
