#pragma once

#include <cstdint>

/// What is added up over all rows of a TPC-C database, mod 2^64, for what its workers know of it: each of
/// these grows with what they have committed. (The factors keep the summands apart.)
namespace upout::workloads::tpcc::sums {

constexpr std::uint64_t of_payment(std::uint64_t amount) noexcept {
  return amount;
}
constexpr std::uint64_t of_ordered_lines(std::uint64_t lines) noexcept {
  return lines * 0x9e3779b97f4a7c15;
}
constexpr std::uint64_t of_deliveries(std::uint64_t orders) noexcept {
  return orders * 0xc2b2ae3d27d4eb4f;
}

}  // namespace upout::workloads::tpcc::sums
