#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "harness/embedded.h"
#include "harness/table.h"
#include "tests/harness/sample_documents.h"

/// Holds docs/result-format.md to the schema and to the table that is printed.
namespace upout::harness {
namespace {

using Schema = nlohmann::ordered_json;

std::vector<std::string> page_lines() {
  std::ifstream file(UPOUT_SOURCE_DIR "/docs/result-format.md");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  EXPECT_FALSE(lines.empty());
  return lines;
}

/// The rows of the page's tables of fields, without their units, by the heading above them.
using Sections = std::map<std::string, std::vector<std::string>>;

/// "| a | b | c | d |" without the third cell, which must hold something.
std::string without_unit(const std::string& row) {
  static const std::regex form(R"((\| `[^`]+` \| .* \|) [^| ]+ \|( .* \|))");
  std::smatch cells;
  EXPECT_TRUE(std::regex_match(row, cells, form)) << row;
  return cells[1].str() + cells[2].str();
}

Sections sections_of_page() {
  Sections sections;
  std::string heading;
  bool is_of_fields = false;
  for (const std::string& line : page_lines()) {
    if (line.starts_with("#")) {
      heading = line.starts_with("### ") ? line.substr(4) : "";
      is_of_fields = false;
    } else if (line == "| field | type | unit | meaning |") {
      is_of_fields = true;
      sections[heading];
    } else if (is_of_fields && line.starts_with("| `")) {
      sections[heading].push_back(without_unit(line));
    }
  }
  return sections;
}

std::string name_of_reference(const Schema& field) {
  const auto pointer = field.at("$ref").get<std::string>();
  return pointer.substr(pointer.rfind('/') + 1);
}

std::string joined(const std::vector<std::string>& words, const std::string& by) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : by) + word;
  return text;
}

/// "integer or null", "array of `worker`", "one of `a`, `b`" …
std::string type_of(const Schema& root, const Schema& field) {
  const auto code = [](const Schema& value) {
    return "`" + (value.is_string() ? value.get<std::string>() : value.dump()) + "`";
  };
  const auto each = [&](const Schema& items) {
    const std::string type = type_of(root, items);
    return " of " + (type.find(" or ") == std::string::npos ? type : "(" + type + ")");
  };
  if (field.contains("$ref")) {
    const Schema& definition = root.at("definitions").at(name_of_reference(field));
    return definition.contains("properties") ? "`" + name_of_reference(field) + "`"
                                             : type_of(root, definition);
  }
  if (field.contains("const")) return code(field.at("const"));
  std::vector<std::string> names;
  if (field.contains("enum")) {
    for (const Schema& value : field.at("enum")) names.push_back(code(value));
    return "one of " + joined(names, ", ");
  }
  const Schema types = field.at("type").is_array() ? field.at("type") : Schema::array({field.at("type")});
  for (const Schema& type : types) {
    const bool is_map = type == "object" && field.contains("additionalProperties") &&
                        field.at("additionalProperties").is_object();
    names.push_back(type.get<std::string>());
    if (type == "array") names.back() += each(field.at("items"));
    if (is_map) names.back() += each(field.at("additionalProperties"));
  }
  return joined(names, " or ");
}

/// The row of each field of an object, and of those within it that have no section of their own.
void add_rows(const Schema& root, const Schema& object, const std::string& within,
              std::vector<std::string>& rows) {
  if (!object.contains("properties")) return;
  const auto required = object.value("required", std::vector<std::string>());
  for (const auto& [name, field] : object.at("properties").items()) {
    const bool is_required = std::ranges::find(required, name) != required.end();
    const Schema& described =
        field.contains("description") ? field : root.at("definitions").at(name_of_reference(field));
    rows.push_back("| `" + within + name + "` | " + type_of(root, field) + (is_required ? "" : ", optional") +
                   " | " + described.at("description").get<std::string>() + " |");
    if (field.contains("$ref")) continue;
    add_rows(root, field, within + name + ".", rows);
    if (field.contains("items")) add_rows(root, field.at("items"), within + name + "[].", rows);
  }
}

Sections sections_of_schema() {
  const Schema schema = Schema::parse(embedded::result_schema);
  Sections sections;
  add_rows(schema, schema, "", sections["The whole"]);
  for (const auto& [name, definition] : schema.at("definitions").items())
    if (definition.contains("properties")) add_rows(schema, definition, "", sections["`" + name + "`"]);
  return sections;
}

TEST(ResultFormat, IsDocumentedFieldByField) {
  const Sections documented = sections_of_page();
  const Sections defined = sections_of_schema();
  for (const auto& [heading, rows] : defined) {
    ASSERT_TRUE(documented.contains(heading)) << "no section " << heading;
    for (const std::string& row : rows)
      EXPECT_EQ(std::ranges::count(documented.at(heading), row), 1)
          << heading << " lacks, but for its unit: " << row;
    for (const std::string& row : documented.at(heading))
      EXPECT_EQ(std::ranges::count(rows, row), 1) << heading << " has, and the schema has not: " << row;
  }
  for (const auto& [heading, rows] : documented)
    EXPECT_TRUE(defined.contains(heading)) << "the schema has no " << heading;
}

/// What the page says that a regression framework may look for, by name: the lines "NAME: EXPRESSION" of its
/// block of them.
std::map<std::string, std::regex> expressions() {
  std::map<std::string, std::regex> found;
  bool is_in_block = false;
  for (const std::string& line : page_lines()) {
    if (line.starts_with("```")) {
      is_in_block = line == "```regex";
    } else if (is_in_block) {
      const std::size_t colon = line.find(": ");
      found.emplace(line.substr(0, colon), std::regex(line.substr(colon + 2)));
    }
  }
  return found;
}

/// The groups that an expression of the page has found, line by line.
using Found = std::vector<std::vector<std::string>>;

Found find(const std::string& name, const std::string& table) {
  const auto all = expressions();
  EXPECT_TRUE(all.contains(name)) << name;
  Found found;
  std::istringstream text(table);
  for (std::string line; std::getline(text, line);) {
    std::smatch groups;
    if (!all.contains(name) || !std::regex_search(line, groups, all.at(name))) continue;
    found.emplace_back();
    for (std::size_t i = 1; i < groups.size(); ++i) found.back().push_back(groups[i]);
  }
  return found;
}

/// A run of each kind that has columns or lines of its own.
std::vector<RunRecord> all_kinds() {
  RunRecord closed = samples::run("shared-memory", 2, "ycsb-c", 12e6);
  RunRecord ranks = samples::run("shared-nothing", 4, "ycsb-b", 3e6);
  ranks.deployment.clients = 1;
  ranks.deployment.read_path = "rma";
  ranks.deployment.link_delay_ns = 100'000;
  RunRecord open = samples::open_run(2e6, 1e6);
  open.load.profile = *parse_profile("ramp=1M..3M");
  RunRecord crossing = samples::run("shared-memory", 2, "tpcc", 4e5);
  crossing.deployment.concurrency_control = "occ";
  crossing.properties["crosspartition"] = 10;
  for (Repetition& repetition : crossing.repetitions) {
    repetition.committed_by_type = {{"new_order", 2000}};
    repetition.aborts = 400'000;
  }
  RunRecord stopped = samples::run("null", 2, "ycsb-c", 1e6);
  for (Repetition& repetition : stopped.repetitions) repetition.complete = false;
  stopped.latency.clear();
  stopped.verification = {.checks = {}, .digest = "", .records = 0, .applies = false};
  return {closed, ranks, open, crossing, stopped};
}

std::string table_of(const std::vector<RunRecord>& runs) {
  std::vector<nlohmann::json> documents;
  for (const RunRecord& run : runs) documents.push_back(samples::document(run));
  return render_table(documents);
}

TEST(PrintedTable, IsReadByTheExpressionsOfThePage) {
  // In one table with all columns that there are, and each in a table of its own.
  std::vector<std::string> tables{table_of(all_kinds())};
  tables.emplace_back();
  for (const RunRecord& run : all_kinds()) tables.back() += table_of({run});
  for (const std::string& table : tables) {
    SCOPED_TRACE(table);
    EXPECT_EQ(find("deployment", table), (Found{{"shared-memory", "1", "2", "", ""},
                                                {"shared-nothing", "4", "1", ", 1 client", "1"},
                                                {"shared-memory", "1", "2", "", ""},
                                                {"shared-memory", "1", "2", "", ""},
                                                {"null", "1", "2", "", ""}}));
    EXPECT_EQ(find("throughput", table), (Found{{"12.000", "11.820", "12.240"},
                                                {"3.000", "2.955", "3.060"},
                                                {"1.000", "0.985", "1.020"},
                                                {"0.400", "0.394", "0.408"}}));
    const Found verdicts = find("latency and verdict", table);
    ASSERT_EQ(verdicts.size(), 5u);
    EXPECT_EQ(verdicts[0], (std::vector<std::string>{"1.61", "2.59", "yes", "publishable"}));
    EXPECT_EQ(verdicts[4], (std::vector<std::string>{"-", "-", "n/a", "invalid"}));
    EXPECT_EQ(find("offered", table), (Found{{"2.000", "poisson"}}));
    EXPECT_EQ(find("aborts", table), (Found{{"49.98"}}));
  }
}

TEST(PrintedTable, HasNotesThatTheExpressionsOfThePageRead) {
  RunRecord run = samples::run("shared-memory", 2, "ycsb-c", 2e6);
  run.generator_ns = 31.4;
  run.limits = {.operations = 1000, .seconds = {}};
  run.repetitions = {{.operations = 500, .seconds = 2, .ended_by = EndedBy::count}};
  run.repetitions[0].rebalance = Rebalance{.partition = 3,
                                           .from = 1,
                                           .to = 2,
                                           .complete = true,
                                           .dip = {.before = 2e6, .lowest = 1e6, .seconds = 0.025}};
  run.deployment.durability = "sync";
  run.log = LogReport{
      .filesystem = "ext4", .seconds = 2, .bytes = 6'000'000, .flushes = 400, .recovered_changes = 9};
  run.deployment.copies = 3;
  run.deployment.replication = "quorum";
  run.faults = {
      {.fault = {.kind = Fault::Kind::stop, .rank = 1}, .detected_seconds = {}, .restored_seconds = {}}};
  run.longest_unserved_seconds = 0.0694;
  run.ledger = LedgerReport{.acknowledged = 700, .lost = 2};
  run.deployment.read_from = "nearest";
  run.staleness.emplace();
  for (std::uint64_t i = 0; i < 4; ++i) {
    run.staleness->versions.record(i / 3 * 7);
    run.staleness->age.record(i / 3 * 125'000);
  }
  run.staleness->clock_error_ns = 4000;
  const std::string table = table_of({run});
  EXPECT_EQ(find("backups", table),
            (Found{{"3", "nearest", "25.00", "4", "7", "7", "0.000", "0.125", "0.125", "0.004"}}));
  EXPECT_EQ(find("faults", table), (Found{{"3", "quorum", "69", "0", "2", "700"}}));
  run.ledger.reset();
  EXPECT_EQ(find("faults", table_of({run})), (Found{{"3", "quorum", "69", "0", "", ""}})) << "no ledger";
  EXPECT_EQ(find("durability", table), (Found{{"sync", "ycsb-c", "16", "200", "15.0", "3.0", "ext4"}}));
  EXPECT_EQ(find("rebalancing", table), (Found{{"ycsb-c", "3", "1", "2", "2.000", "1.000", "25.0"}}));
  EXPECT_EQ(find("generator", table), (Found{{"31", "0.0"}}));
  EXPECT_EQ(find("counted", table), (Found{{"ycsb-c", "500", "2"}}));
}

TEST(PrintedTable, HasAnExpressionForEachNameThatIsTested) {
  std::vector<std::string> names;
  for (const auto& [name, expression] : expressions()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"aborts", "backups", "counted", "deployment", "durability",
                                             "faults", "generator", "latency and verdict", "offered",
                                             "rebalancing", "throughput"}));
}

}  // namespace
}  // namespace upout::harness
