#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace upout::micro {

/// The results of benchmarks named FAMILY/ROW/COLUMN, with numbers for the last two, as one table a family: a
/// matrix is hard to see in a list of its cells. A cell is the median of its repetitions.
class Matrices {
 public:
  void add(const benchmark::BenchmarkReporter::Run& run);
  /// Nothing for families of which only one cell was measured.
  void print(std::ostream& out) const;

 private:
  using Cell = std::pair<unsigned, unsigned>;
  std::map<std::string, std::map<Cell, std::vector<double>>> families_;
};

}  // namespace upout::micro
