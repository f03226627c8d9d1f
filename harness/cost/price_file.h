#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/error.h"

namespace upout::harness {

/// A kind of machine that can be had for so much an hour.
struct Machine {
  std::string name;
  unsigned cores = 0;                ///< physical ones, of which each takes a worker
  std::optional<double> memory_gib;  ///< none: the file does not say
  double price_per_hour = 0;         ///< of one, in the file's currency; above 0
  std::string nics;                  ///< its network, in words; may be empty
  std::string source;                ///< who says so
};

/// What machines cost. A value; at least one machine, and no two of one name.
struct PriceFile {
  std::string currency;
  std::string date;  ///< of the prices, as the file has it
  std::vector<Machine> machines;
};

/// Reads a price file (TOML, docs/cost.md). Whatever is wrong in it is an error whose `where` begins with
/// "FILE:LINE". `name` is what errors call it.
platform::Expected<PriceFile> parse_price_file(const std::string& text, const std::string& name);

/// The same of a file.
platform::Expected<PriceFile> read_price_file(const std::string& path);

}  // namespace upout::harness
