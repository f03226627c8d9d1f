#include "workloads/sales_records.h"

#include <array>
#include <cstring>

#include "workloads/random.h"

namespace upout::workloads {

using kernel::Key;

namespace {

/// One of 0 .. bound-1, another for each column.
std::uint64_t drawn(Key key, std::uint64_t column, std::uint64_t bound) noexcept {
  return multiply_high(mix64(key * 0x9e3779b97f4a7c15 + column), bound);
}

}  // namespace

auto SalesRecords::customer_of(Key key) const noexcept -> Customer {
  return {.nation = drawn(key, 1, nations), .segment = drawn(key, 2, segments)};
}

auto SalesRecords::sale_of(Key key) const noexcept -> Sale {
  return {.day = drawn(key, 1, days),
          .category = drawn(key, 2, categories),
          .customer = drawn(key, 3, customers),
          .revenue = 1 + drawn(key, 4, most_revenue)};
}

std::size_t SalesRecords::write_columns(std::span<std::byte> value, Key key) const {
  if (customer_table().holds(key)) {
    const Customer row = customer_of(key);
    std::memcpy(value.data(), &row, sizeof(row));
    return sizeof(row);
  }
  const Sale row = sale_of(key);
  std::memcpy(value.data(), &row, sizeof(row));
  return sizeof(row);
}

void SalesRecords::write_value(std::span<std::byte> value, Key key) const {
  write_fill(value, key, write_columns(value, key));
}

bool SalesRecords::is_sound(std::span<const std::byte> value, Key key) const {
  if (value.size() != value_bytes) return false;
  std::array<std::byte, least_value_bytes> columns{};
  const std::size_t bytes = write_columns(columns, key);
  return std::memcmp(value.data(), columns.data(), bytes) == 0 && is_fill(value, key, bytes);
}

}  // namespace upout::workloads
