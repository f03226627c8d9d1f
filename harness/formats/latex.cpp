#include <string>
#include <vector>

#include "harness/formats/format.h"
#include "harness/formats/table_cells.h"
#include "harness/table.h"

namespace upout::harness {

namespace {

/// Brackets and stars too: after the end of a row, they would be taken for its arguments.
constexpr Escape escapes[] = {{'\\', "\\textbackslash{}"},
                              {'{', "\\{"},
                              {'}', "\\}"},
                              {'$', "\\$"},
                              {'&', "\\&"},
                              {'#', "\\#"},
                              {'%', "\\%"},
                              {'_', "\\_"},
                              {'^', "\\textasciicircum{}"},
                              {'~', "\\textasciitilde{}"},
                              {'<', "\\textless{}"},
                              {'>', "\\textgreater{}"},
                              {'|', "\\textbar{}"},
                              {'[', "{[}"},
                              {']', "{]}"},
                              {'*', "{*}"}};

std::string line_of(const Row& cells) {
  std::string line = escaped(cells[0], escapes);
  for (std::size_t i = 1; i < cells.size(); ++i) line += " & " + escaped(cells[i], escapes);
  return line + " \\\\\n";
}

std::string column_types(const std::vector<Row>& rows) {
  std::string types;
  for (std::size_t column = 0; column < rows[0].size(); ++column)
    types += is_numeric(rows, column) ? 'r' : 'l';
  return types;
}

platform::Expected<Export> render(std::span<const nlohmann::json> documents) {
  const std::vector<Row> rows = table_rows(documents);
  std::string text = "% needs \\usepackage{booktabs}\n\\begin{tabular}{" + column_types(rows) +
                     "}\n\\toprule\n" + line_of(rows[0]) + "\\midrule\n";
  for (std::size_t i = 1; i < rows.size(); ++i) text += line_of(rows[i]);
  text += "\\bottomrule\n\\end{tabular}\n";
  for (const std::string& note : table_notes(documents))
    text += "\\par\\noindent{\\footnotesize " + escaped(note, escapes) + "}\n";
  return Export{text};
}

}  // namespace

Format latex() {
  return {"latex", "the same in LaTeX, with the rules of the package booktabs", render};
}

}  // namespace upout::harness
