#include "harness/integrity.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "platform/sha256.h"
#include "tests/harness/sample_documents.h"
#include "tests/harness/temporary_folder.h"

namespace upout::harness {
namespace {

using nlohmann::json;

json sample() {
  return samples::document(samples::run("shared-memory", 2, "ycsb-c", 4e7));
}

TEST(Hash, IsOfTheCanonicalForm) {
  const json document = {{"b", 1.5}, {"a", {true, nullptr}}, {"sha256", "whatever"}, {"ä", " \n"}};
  EXPECT_EQ(hash_of(document), platform::sha256("{\"a\":[true,null],\"b\":1.5,\"ä\":\" \\n\"}"));
}

TEST(Hash, IsInEachDocumentThatIsMade) {
  const json document = make_document({}, samples::environment(1));
  EXPECT_EQ(document.at("sha256"), hash_of(document));
  EXPECT_TRUE(validate_document(document));
}

TEST(Hash, StaysWhenADocumentIsWrittenAndRead) {
  const TemporaryFolder folder;
  json document = sample();
  document["environment"]["cpu_model"] = "caf\xe9 \xff";  // no UTF-8
  document["environment"]["load_average_1min"] = 0.1 + 0.2;
  seal(document);
  ASSERT_TRUE(write_document(document, folder / "out.json"));
  const auto read = read_document(folder / "out.json");
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->at("sha256"), hash_of(*read));
}

/// Every place of a value that is no object and no array.
void collect_leaves(const json& value, const json::json_pointer& here, std::vector<json::json_pointer>& all) {
  if (value.is_structured() && !value.empty()) {
    const json items = value.is_array() ? json(value) : json();
    for (std::size_t i = 0; i < items.size(); ++i) collect_leaves(value[i], here / i, all);
    if (value.is_object()) {
      for (const auto& [name, member] : value.items()) collect_leaves(member, here / name, all);
    }
  } else {
    all.push_back(here);
  }
}

TEST(Hash, FindsEveryEditOfAFigure) {
  const json good = sample();
  std::vector<json::json_pointer> leaves;
  collect_leaves(good, json::json_pointer(), leaves);
  EXPECT_GT(leaves.size(), 100U);
  for (const json::json_pointer& place : leaves) {
    json edited = good;
    json& value = edited[place];
    value = value.is_number() ? json(value.get<double>() + 1) : json("edited");
    EXPECT_NE(edited.at("sha256"), hash_of(edited)) << place;
  }
}

TEST(Hash, OfAPlanGoesIntoThatOfTheDocument) {
  json document = sample();
  const std::string before = document.at("sha256");
  seal_for_plan(document, platform::sha256("title = 'x'"));
  EXPECT_TRUE(validate_document(document));
  EXPECT_NE(document.at("sha256"), before);
  EXPECT_EQ(document.at("sha256"), hash_of(document));
}

TEST(Hash, OfAFileIsOfItsBytes) {
  const TemporaryFolder folder;
  folder.write("plan.toml", "abc");
  EXPECT_EQ(hash_of_file(folder / "plan.toml").value(), platform::sha256("abc"));
  folder.write("empty.toml", "");
  EXPECT_EQ(hash_of_file(folder / "empty.toml").value(), platform::sha256(""));
}

TEST(Hash, OfAFileThatCannotBeReadIsRefused) {
  const TemporaryFolder folder;
  EXPECT_EQ(hash_of_file(folder / "none").error().where, folder / "none");
  EXPECT_EQ(hash_of_file(folder / "none").error().found, "No such file or directory");
  EXPECT_EQ(hash_of_file(folder / ".").error().found, "Is a directory");
}

/// The lines of Python that the documentation gives to its readers.
std::string documented_script() {
  const std::string page = text_of(UPOUT_SOURCE_DIR "/docs/validation.md");
  const std::string fence = "```python\n";
  const std::size_t begin = page.find(fence) + fence.size();
  return page.substr(begin, page.find("```", begin) - begin);
}

TEST(Hash, IsRecomputedByTheLinesOfTheDocumentation) {
  if (std::system("python3 -c '' >/dev/null 2>&1") != 0) GTEST_SKIP() << "no python3";
  const TemporaryFolder folder;
  folder.write("check.py", documented_script());
  const auto status = [&](const std::string& name) {
    return std::system(
        ("python3 " + (folder / "check.py").string() + " " + (folder / name).string()).c_str());
  };
  json document = sample();
  document["environment"]["cpu_model"] = "a  \"quoted\" \\ name,\tin café";
  document["environment"]["load_average_1min"] = 3e15 / 7;
  seal(document);
  ASSERT_TRUE(write_document(document, folder / "good.json"));
  EXPECT_EQ(status("good.json"), 0);
  document["runs"][0]["seed"] = 43;
  ASSERT_TRUE(write_document(document, folder / "edited.json"));
  EXPECT_NE(status("edited.json"), 0);
}

}  // namespace
}  // namespace upout::harness
