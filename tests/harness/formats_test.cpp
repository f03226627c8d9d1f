#include "harness/formats/format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/embedded.h"
#include "tests/harness/sample_sweep.h"

namespace upout::harness {
namespace {

using nlohmann::json;
using Cells = std::vector<std::string>;

/// All that some format takes for markup, and text of several bytes a character.
const std::string hostile =
    R"(,;"a" 'b' %c &d; _e_ |f| \g\\ \| $h$ #i ~j ^k {l} [m](n) *o* <b>p</b> `q` ü–漢)";
const std::string broken_lines = "first\nsecond\r\nthird\ttab";

std::string text_of(const Format& format, const std::vector<json>& documents) {
  const auto made = format.render(documents);
  EXPECT_TRUE(made) << (made ? "" : made.error().to_string());
  return made ? made->text : "";
}

json document_named(const std::string& workload) {
  RunRecord run = samples::run("shared-memory", 2, workload, 1e6);
  run.id = workload;
  run.properties["note"] = workload;
  run.latency[workload] = run.latency["read"];
  return samples::document(run);
}

std::vector<std::string> lines_of(const std::string& text, const std::string& end = "\n") {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t to = std::min(text.find(end, begin), text.size());
    lines.push_back(text.substr(begin, to - begin));
    begin = to + end.size();
  }
  return lines;
}

/// A reader of RFC 4180.
std::vector<Cells> rows_of_csv(const std::string& text) {
  std::vector<Cells> rows(1, Cells(1));
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& cell = rows.back().back();
    if (is_quoted) {
      if (text[i] != '"') {
        cell += text[i];
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell += text[++i];
      } else {
        is_quoted = false;
      }
    } else if (text[i] == '"' && cell.empty()) {
      is_quoted = true;
    } else if (text[i] == ',') {
      rows.back().emplace_back();
    } else if (text.compare(i, 2, "\r\n") == 0) {
      ++i;
      rows.emplace_back(1);
    } else {
      EXPECT_NE(text[i], '"') << "a quote within a cell without quotes";
      EXPECT_NE(text[i], '\n') << "a line end within a cell without quotes";
      cell += text[i];
    }
  }
  EXPECT_FALSE(is_quoted);
  EXPECT_EQ(rows.back(), Cells(1)) << "the last line has an end, too";
  rows.pop_back();
  return rows;
}

/// The cells of each run, by their headings.
std::vector<std::map<std::string, std::string>> records_of_csv(const std::string& text) {
  const std::vector<Cells> rows = rows_of_csv(text);
  std::vector<std::map<std::string, std::string>> records;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].size(), rows[0].size());
    records.emplace_back();
    for (std::size_t column = 0; column < std::min(rows[i].size(), rows[0].size()); ++column)
      records.back()[rows[0][column]] = rows[i][column];
    EXPECT_EQ(records.back().size(), rows[0].size()) << "two columns of one name";
  }
  return records;
}

TEST(Csv, HasARowForEachPoint) {
  const auto records = records_of_csv(text_of(csv(), samples::sweep()));
  ASSERT_EQ(records.size(), 8u);
  const auto& wide = records[7];
  EXPECT_EQ(wide.at("id"), "shared-nothing-2-ycsb-a");
  EXPECT_EQ(wide.at("workload"), "ycsb-a");
  EXPECT_EQ(json::parse(wide.at("properties")).at("requestdistribution"), "zipfian");
  EXPECT_EQ(wide.at("repetitions"), "6");
  EXPECT_EQ(wide.at("seconds"), "6.0");
  EXPECT_EQ(wide.at("unit"), "operations/s");
  EXPECT_EQ(std::stod(wide.at("throughput_high")), 17'900'000);
  EXPECT_EQ(wide.at("verified"), "true");
  EXPECT_EQ(wide.at("verdict"), "unofficial");
  EXPECT_EQ(wide.at("reasons").find("narrow-interval: found "), 0u) << wide.at("reasons");
  EXPECT_NE(wide.at("reasons").find(", expected "), std::string::npos);
  EXPECT_EQ(records[0].at("reasons"), "");
  EXPECT_EQ(records[0].at("arrivals"), "") << "a closed loop";
}

TEST(Csv, HasAllThatTheSchemaHasOfADeployment) {
  const std::vector<json> documents = samples::sweep();
  const auto records = records_of_csv(text_of(csv(), documents));
  const json schema = json::parse(embedded::result_schema);
  for (const auto& [name, field] : schema.at("/definitions/deployment/properties"_json_pointer).items()) {
    ASSERT_TRUE(records[3].contains(name)) << name;
    const json& value = documents[3].at("runs")[0].at("deployment").at(name);
    EXPECT_EQ(records[3].at(name), value.is_string() ? value.get<std::string>() : value.dump()) << name;
  }
}

TEST(Csv, LeavesEmptyWhatOlderDocumentsLack) {
  json old = document_named("ycsb-c");
  old["runs"][0]["deployment"].erase("read_path");
  EXPECT_EQ(records_of_csv(text_of(csv(), {old})).at(0).at("read_path"), "");
}

TEST(Csv, HasLatenciesOfTheKindsThatThereAre) {
  const auto records = records_of_csv(text_of(csv(), samples::sweep()));
  const json read = samples::sweep()[7].at("/runs/0/summary/latency_ns/read"_json_pointer);
  for (const char* figure : {"p50", "p90", "p99", "p999", "max"})
    EXPECT_EQ(records[7].at(std::string("latency_read_") + figure + "_ns"), read.at(figure).dump());
  EXPECT_EQ(records[7].at("latency_read_count"), read.at("count").dump());
  EXPECT_NE(records[7].at("latency_update_p99_ns"), "");
  EXPECT_EQ(records[0].at("latency_update_p99_ns"), "");
}

TEST(Csv, HasLatenciesOfTheUsersOfEachRegion) {
  const json far = samples::document(samples::in_regions(1, "east", 80'000'000, 90'000'000));
  const auto records = records_of_csv(text_of(csv(), {far, document_named("ycsb-c")}));
  for (const char* figure : {"p50", "p99", "max"})
    EXPECT_EQ(records[0].at(std::string("latency_west_update_") + figure + "_ns"),
              far.at("/runs/0/regions/1/latency_ns/update"_json_pointer).at(figure).dump());
  EXPECT_EQ(records[0].at("latency_east_read_count"), "1");
  EXPECT_EQ(records[0].at("home"), "east");
  EXPECT_EQ(records[1].at("latency_west_update_p50_ns"), "");
}

TEST(Csv, CountsCompleteRepetitionsAlone) {
  RunRecord run = samples::run("shared-memory", 2, "ycsb-c", 1e6);
  run.repetitions[0].aborts = 7;
  run.repetitions.push_back({.operations = 5, .seconds = 0.1, .aborts = 3, .complete = false});
  const auto record = records_of_csv(text_of(csv(), {samples::document(run)})).at(0);
  EXPECT_EQ(record.at("repetitions"), "6");
  EXPECT_EQ(record.at("aborts"), "7");
}

TEST(Csv, KeepsHostileTextsInTheirCells) {
  for (const std::string& text : {hostile, broken_lines}) {
    const auto records = records_of_csv(text_of(csv(), {document_named(text), document_named("ycsb-c")}));
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0].at("id"), text);
    EXPECT_EQ(records[0].at("workload"), text);
    EXPECT_EQ(json::parse(records[0].at("properties")).at("note"), text);
    EXPECT_NE(records[0].at("latency_" + text + "_p50_ns"), "");
  }
}

/// What a reader of GitHub's Markdown shows of a line of a table.
Cells cells_of_markdown(const std::string& line) {
  Cells cells(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '|') {
      cells.emplace_back();
    } else if (line[i] == '\\' && i + 1 < line.size() &&
               std::ispunct(static_cast<unsigned char>(line[i + 1]))) {
      cells.back() += line[++i];
    } else {
      EXPECT_EQ(std::string("`*_[]<>~$#").find(line[i]), std::string::npos) << "bare " << line[i];
      cells.back() += line[i];
    }
  }
  for (std::string& cell : cells) {
    for (const auto& [entity, character] : {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}}) {
      for (std::size_t at = 0; (at = cell.find(entity, at)) != std::string::npos; ++at)
        cell.replace(at, std::string(entity).size(), character);
    }
  }
  return cells;
}

TEST(Markdown, IsTheTableOfTheRuns) {
  const std::vector<std::string> lines = lines_of(text_of(markdown(), samples::sweep()));
  ASSERT_EQ(lines.size(), 10u);
  EXPECT_EQ(
      lines[0],
      "| engine | ranks x threads | depth | workload | Mops/s | 95 % interval | p50 us | p99 us | verified | "
      "verdict |");
  EXPECT_EQ(lines[1], "| --- | --- | ---: | --- | ---: | --- | ---: | ---: | --- | --- |");
  EXPECT_EQ(lines[2],
            "| shared-memory | 1 x 1 | 16 | ycsb-c | 18.200 | 17.927 to 18.564 | 0.81 | 1.29 | yes | "
            "publishable |");
}

TEST(Markdown, KeepsHostileTextsInTheirCells) {
  const std::vector<std::string> lines = lines_of(text_of(markdown(), {document_named(hostile)}));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(cells_of_markdown(lines[2]).size(), cells_of_markdown(lines[0]).size());
  EXPECT_EQ(cells_of_markdown(lines[2])[4], " " + hostile + " ");
  EXPECT_EQ(lines_of(text_of(markdown(), {document_named(broken_lines)})).size(), 3u);
}

TEST(Markdown, SaysBelowTheTableWhatIsToBeSaidOfARun) {
  RunRecord run = samples::run("shared-memory", 2, "ycsb_c", 2e6);
  run.limits = {.operations = 1000, .seconds = {}};
  run.repetitions = {{.operations = 500, .seconds = 2, .ended_by = EndedBy::count}};
  const std::string text = text_of(markdown(), {samples::document(run)});
  EXPECT_NE(text.find("|\n\nCounted operations (ycsb\\_c): 500 in 2 s"), std::string::npos) << text;
}

/// What LaTeX sets of a row of a table; each `&` that is not escaped parts cells.
Cells cells_of_latex(const std::string& row) {
  static const std::map<std::string, std::string> commands{
      {"textbackslash{}", "\\"}, {"textasciicircum{}", "^"}, {"textasciitilde{}", "~"},
      {"textless{}", "<"},       {"textgreater{}", ">"},     {"textbar{}", "|"}};
  EXPECT_TRUE(row.ends_with(" \\\\")) << row;
  const std::string text = row.substr(0, row.size() - 3);
  Cells cells(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto command = std::ranges::find_if(commands, [&](const auto& each) {
      return text[i] == '\\' && text.compare(i + 1, each.first.size(), each.first) == 0;
    });
    if (command != commands.end()) {
      cells.back() += command->second;
      i += command->first.size();
    } else if (text[i] == '\\') {
      EXPECT_NE(std::string("{}$&#%_").find(text[i + 1]), std::string::npos) << "\\" << text[i + 1];
      cells.back() += text[++i];
    } else if (text[i] == '{') {
      EXPECT_EQ(text[i + 2], '}') << "a group of more than a character";
      cells.back() += text[++i];
      ++i;
    } else if (text[i] == '&') {
      cells.emplace_back();
    } else {
      EXPECT_EQ(std::string("}$#%_^~<>|[]*").find(text[i]), std::string::npos) << "bare " << text[i];
      cells.back() += text[i];
    }
  }
  return cells;
}

TEST(Latex, IsTheTableOfTheRuns) {
  const std::vector<std::string> lines = lines_of(text_of(latex(), samples::sweep()));
  ASSERT_EQ(lines.size(), 15u);
  EXPECT_EQ(lines[1], "\\begin{tabular}{llrlrlrrll}");
  EXPECT_EQ(lines[2], "\\toprule");
  EXPECT_EQ(cells_of_latex(lines[3])[5], " 95 % interval ");
  EXPECT_EQ(lines[4], "\\midrule");
  EXPECT_EQ(lines[5],
            "shared-memory & 1 x 1 & 16 & ycsb-c & 18.200 & 17.927 to 18.564 & 0.81 & 1.29 & yes & "
            "publishable \\\\");
  EXPECT_EQ(lines[13], "\\bottomrule");
  EXPECT_EQ(lines[14], "\\end{tabular}");
}

TEST(Latex, KeepsHostileTextsInTheirCells) {
  const std::vector<std::string> lines = lines_of(text_of(latex(), {document_named(hostile)}));
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_EQ(cells_of_latex(lines[5]).size(), cells_of_latex(lines[3]).size());
  EXPECT_EQ(cells_of_latex(lines[5])[3], " " + hostile + " ");
  EXPECT_EQ(lines_of(text_of(latex(), {document_named(broken_lines)})).size(), 8u);
}

TEST(Formats, AreAllOfWhatThereIsEachByItsName) {
  for (const Format& format : formats()) {
    EXPECT_EQ(std::ranges::count(formats(), format.name, &Format::name), 1) << format.name;
    EXPECT_NE(text_of(format, samples::sweep()), "") << format.name;
  }
}

}  // namespace
}  // namespace upout::harness
