#include "matrix.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <optional>
#include <regex>
#include <set>
#include <string_view>

namespace upout::micro {

namespace {

struct Family {
  const char* name;
  const char* title;
};

constexpr std::array families{
    Family{"machine/numa_latency", "ns a read, by the reader's node (down) and the memory's (across)"},
    Family{"machine/numa_bandwidth", "GB/s, by the readers' node (down) and the memory's (across)"},
    Family{"machine/core_to_core", "ns for a line to go from one CPU to another"},
};

double value_of(const benchmark::BenchmarkReporter::Run& run) {
  const auto bytes = run.counters.find("bytes_per_second");
  return bytes != run.counters.end() ? bytes->second.value / 1e9 : run.GetAdjustedRealTime();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

void Matrices::add(const benchmark::BenchmarkReporter::Run& run) {
  // Aggregates come with no single repetitions if only they were asked for, and after them otherwise.
  if (run.error_occurred || (run.run_type == run.RT_Aggregate && run.aggregate_name != "median")) return;
  static const std::regex cell("(machine/[a-z_]+)/([0-9]+)/([0-9]+)");
  std::smatch parts;
  const std::string& name = run.run_name.function_name;
  if (!std::regex_match(name, parts, cell)) return;
  const Cell at(std::stoul(parts[2]), std::stoul(parts[3]));
  families_[parts[1]][at].push_back(value_of(run));
}

void Matrices::print(std::ostream& out) const {
  constexpr int width = 8;
  for (const Family& family : families) {
    const auto found = families_.find(family.name);
    if (found == families_.end() || found->second.size() < 2) continue;
    const auto& cells = found->second;
    std::set<unsigned> rows;
    std::set<unsigned> columns;
    for (const auto& [at, values] : cells) {
      rows.insert(at.first);
      columns.insert(at.second);
    }
    out << '\n' << family.name << ": " << family.title << '\n' << std::setw(width) << "";
    for (const unsigned column : columns) out << std::setw(width) << column;
    for (const unsigned row : rows) {
      out << '\n' << std::setw(width) << row << std::fixed << std::setprecision(1);
      for (const unsigned column : columns) {
        const auto values = cells.find({row, column});
        if (values == cells.end()) {
          out << std::setw(width) << "";
        } else {
          out << std::setw(width) << median(values->second);
        }
      }
    }
    out << '\n';
  }
}

}  // namespace upout::micro
