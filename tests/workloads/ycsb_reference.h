#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "workloads/choosers.h"

namespace upout::workloads {

/// How often each of `records` records is chosen.
inline std::vector<std::uint64_t> counts_of(Chooser chooser, std::uint64_t records, std::size_t draws) {
  Random random(7, 3);
  std::vector<std::uint64_t> counts(records);
  std::array<std::uint64_t, 16> batch{};
  for (std::size_t i = 0; i < draws / batch.size(); ++i) {
    choose(chooser, random, batch);
    for (const std::uint64_t record : batch) ++counts.at(record);
  }
  return counts;
}

/// YCSB's definitions once more, as plainly as they can be written.
namespace reference {

inline double zeta(std::uint64_t n, double theta) {
  double sum = 0;
  for (std::uint64_t i = 1; i <= n; ++i) sum += 1 / std::pow(static_cast<double>(i), theta);
  return sum;
}

inline std::uint64_t rank(double u, double items, double theta, double zeta_n) {
  const double eta = (1 - std::pow(2 / items, 1 - theta)) / (1 - zeta(2, theta) / zeta_n);
  if (u * zeta_n < 1) return 0;
  if (u * zeta_n < 1 + std::pow(0.5, theta)) return 1;
  return static_cast<std::uint64_t>(items * std::pow(eta * u - eta + 1, 1 / (1 - theta)));
}

inline std::int64_t fnv(std::int64_t value) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (int i = 0; i < 8; ++i) {
    hash ^= static_cast<std::uint64_t>(value & 0xff);
    value >>= 8;
    hash *= 1099511628211;
  }
  return std::abs(static_cast<std::int64_t>(hash));
}

/// How probable each rank is: how many numbers of a fine grid stand for it.
inline std::vector<double> rank_probabilities(std::uint64_t items, double theta) {
  constexpr int grid = 2'000'000;
  const double zeta_n = zeta(items, theta);
  std::vector<double> probabilities(items);
  for (int i = 0; i < grid; ++i)
    probabilities.at(rank((i + 0.5) / grid, static_cast<double>(items), theta, zeta_n)) += 1.0 / grid;
  return probabilities;
}

}  // namespace reference

}  // namespace upout::workloads
