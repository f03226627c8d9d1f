#include <string>
#include <vector>

#include "harness/formats/format.h"
#include "harness/formats/table_cells.h"
#include "harness/table.h"

namespace upout::harness {

namespace {

/// A table is GitHub's extension of CommonMark, which lets any punctuation be escaped.
constexpr Escape escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'|', "\\|"}, {'\\', "\\\\"},
                              {'`', "\\`"},   {'*', "\\*"},  {'_', "\\_"},  {'[', "\\["}, {']', "\\]"},
                              {'~', "\\~"},   {'$', "\\$"},  {'#', "\\#"},  {'!', "\\!"}};

std::string line_of(const Row& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + escaped(cell, escapes) + " |";
  return line + "\n";
}

std::string rule_below_headings(const std::vector<Row>& rows) {
  std::string line = "|";
  for (std::size_t column = 0; column < rows[0].size(); ++column)
    line += is_numeric(rows, column) ? " ---: |" : " --- |";
  return line + "\n";
}

platform::Expected<Export> render(std::span<const nlohmann::json> documents) {
  const std::vector<Row> rows = table_rows(documents);
  std::string text = line_of(rows[0]) + rule_below_headings(rows);
  for (std::size_t i = 1; i < rows.size(); ++i) text += line_of(rows[i]);
  for (const std::string& note : table_notes(documents)) text += "\n" + escaped(note, escapes) + "\n";
  return Export{text};
}

}  // namespace

Format markdown() {
  return {"markdown", "the table that upout run prints, as GitHub's Markdown has tables", render};
}

}  // namespace upout::harness
