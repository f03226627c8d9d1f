#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "workloads/queries.h"
#include "workloads/record_streams.h"

namespace upout::workloads {

/// Two tables that share a key space, a fact table and a dimension as decision-support benchmarks have them:
/// customers under the keys 0 .. customers-1, and sales after them. All of a row is determined by its key; a
/// row is four columns, and bytes that make it as long as asked for. A value.
struct SalesRecords {
  struct Customer {
    std::uint64_t nation;   ///< below `nations`
    std::uint64_t segment;  ///< below `segments`
  };
  struct Sale {
    std::uint64_t day;       ///< below `days`
    std::uint64_t category;  ///< below `categories`
    std::uint64_t customer;  ///< the key of one
    std::uint64_t revenue;   ///< 1 .. most_revenue
  };
  static constexpr std::uint64_t nations = 25;
  static constexpr std::uint64_t segments = 5;
  static constexpr std::uint64_t days = 2556;  ///< of seven years
  static constexpr std::uint64_t categories = 1000;
  static constexpr std::uint64_t most_revenue = 1'000'000;
  static constexpr std::size_t least_value_bytes = sizeof(Sale);

  static constexpr Column nation{offsetof(Customer, nation)};
  static constexpr Column segment{offsetof(Customer, segment)};
  static constexpr Column day{offsetof(Sale, day)};
  static constexpr Column category{offsetof(Sale, category)};
  static constexpr Column customer{offsetof(Sale, customer)};
  static constexpr Column revenue{offsetof(Sale, revenue)};

  std::uint64_t customers = 1;
  std::uint64_t sales = 0;
  std::size_t value_bytes = least_value_bytes;  ///< of a row of either; at least that many
  std::uint64_t records = customers + sales;

  Table customer_table() const noexcept { return {0, customers}; }
  Table sales_table() const noexcept { return {customers, records}; }

  Customer customer_of(kernel::Key key) const noexcept;
  Sale sale_of(kernel::Key key) const noexcept;
  void write_value(std::span<std::byte> value, kernel::Key key) const;
  bool is_sound(std::span<const std::byte> value, kernel::Key key) const;

 private:
  std::size_t write_columns(std::span<std::byte> value, kernel::Key key) const;
};

}  // namespace upout::workloads
