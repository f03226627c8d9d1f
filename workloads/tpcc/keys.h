#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "kernel/operation.h"

/// The keys of TPC-C's database. Warehouses and districts are numbered from 0 here, in the specification
/// from 1; customers, orders, lines and items from 1 in both. Values, and functions of their arguments
/// alone: any thread may use them.
namespace upout::workloads::tpcc {

/// How great the database is. Without the numbers given, as the specification has it (clause 1.2.1).
struct Scale {
  std::uint64_t warehouses = 4;
  std::uint32_t items = 100'000;
  std::uint32_t customers = 3000;  ///< of a district, and as many orders

  static constexpr std::uint32_t districts = 10;      ///< of a warehouse
  static constexpr std::uint32_t first_names = 1000;  ///< customers with last names of all kinds, one each
  static constexpr std::uint64_t most_warehouses = 65'536;
  static constexpr std::uint32_t most_items = 1'000'000;
  static constexpr std::uint32_t most_customers = 3000;

  constexpr std::uint32_t orders() const noexcept { return customers; }
  /// Those of them that have been delivered: 2100 of 3000.
  constexpr std::uint32_t delivered() const noexcept { return customers - customers * 3 / 10; }
  /// Last names that there are in each district.
  constexpr std::uint32_t names() const noexcept { return std::min(first_names, customers); }
};

/// Nine tables of TPC-C, and three in place of its secondary indexes, as there is no access but by key.
enum class Table : std::uint8_t {
  warehouse,
  district,
  undelivered,  ///< of a district: its oldest order that may be in `new_order`
  customer,
  last_order,  ///< of a customer: his latest order
  last_name,   ///< of a district: its customers of that name, by first name
  history,
  new_order,
  order,
  order_line,
  item,  ///< each warehouse has a copy of all: it is never written
  stock,
};
inline constexpr std::size_t tables = 12;

// All rows of a warehouse stand under keys of its own, so that ranges of warehouses are ranges of keys.
//
//   63 .... 40 | 39 36 | 35 .. 32 | 31 ........ 4 | 3 .. 0
//   warehouse  | table | district | order         | line      of an order line
//                                 | row                       of any other

inline constexpr unsigned line_bits = 4;  ///< up to fifteen lines
inline constexpr unsigned row_bits = 32;
inline constexpr unsigned district_bits = 4;
inline constexpr unsigned table_bits = 4;
inline constexpr unsigned warehouse_shift = row_bits + district_bits + table_bits;
inline constexpr kernel::Key keys_each = kernel::Key{1} << warehouse_shift;  ///< of a warehouse
/// Of a district, so that none has a line under another one's key. They would be 200 GB.
inline constexpr std::uint32_t most_orders = (1U << (row_bits - line_bits)) - 1;

struct Place {
  std::uint32_t warehouse = 0;
  std::uint32_t district = 0;
  bool operator==(const Place&) const = default;
};

constexpr kernel::Key key_of(Table table, const Place& place, std::uint32_t row) noexcept {
  return std::uint64_t{place.warehouse} << warehouse_shift |
         static_cast<std::uint64_t>(table) << (row_bits + district_bits) |
         std::uint64_t{place.district} << row_bits | row;
}
constexpr kernel::Key warehouse_key(std::uint32_t warehouse) noexcept {
  return key_of(Table::warehouse, {warehouse, 0}, 0);
}
constexpr kernel::Key district_key(const Place& place) noexcept {
  return key_of(Table::district, place, 0);
}
constexpr kernel::Key undelivered_key(const Place& place) noexcept {
  return key_of(Table::undelivered, place, 0);
}
constexpr kernel::Key customer_key(const Place& place, std::uint32_t customer) noexcept {
  return key_of(Table::customer, place, customer);
}
constexpr kernel::Key last_order_key(const Place& place, std::uint32_t customer) noexcept {
  return key_of(Table::last_order, place, customer);
}
constexpr kernel::Key last_name_key(const Place& place, std::uint32_t name) noexcept {
  return key_of(Table::last_name, place, name);
}
/// Rows of HISTORY have no key in the specification; here they are numbered from 1 by the district in which
/// was paid.
constexpr kernel::Key history_key(const Place& place, std::uint32_t number) noexcept {
  return key_of(Table::history, place, number);
}
constexpr kernel::Key new_order_key(const Place& place, std::uint32_t order) noexcept {
  return key_of(Table::new_order, place, order);
}
constexpr kernel::Key order_key(const Place& place, std::uint32_t order) noexcept {
  return key_of(Table::order, place, order);
}
constexpr kernel::Key order_line_key(const Place& place, std::uint32_t order, std::uint32_t line) noexcept {
  return key_of(Table::order_line, place, order << line_bits | line);
}
constexpr kernel::Key item_key(std::uint32_t warehouse, std::uint32_t item) noexcept {
  return key_of(Table::item, {warehouse, 0}, item);
}
constexpr kernel::Key stock_key(std::uint32_t warehouse, std::uint32_t item) noexcept {
  return key_of(Table::stock, {warehouse, 0}, item);
}

constexpr Table table_of(kernel::Key key) noexcept {
  return static_cast<Table>(key >> (row_bits + district_bits) & ((1U << table_bits) - 1));
}
constexpr Place place_of(kernel::Key key) noexcept {
  return {static_cast<std::uint32_t>(key >> warehouse_shift),
          static_cast<std::uint32_t>(key >> row_bits & ((1U << district_bits) - 1))};
}
constexpr std::uint32_t row_of(kernel::Key key) noexcept {
  return static_cast<std::uint32_t>(key);
}
/// Of the key of an order line.
constexpr std::uint32_t order_of_line(kernel::Key key) noexcept {
  return row_of(key) >> line_bits;
}
constexpr std::uint32_t line_of(kernel::Key key) noexcept {
  return row_of(key) & ((1U << line_bits) - 1);
}

/// Table, row, district and warehouse, as the specification numbers them.
std::string describe(kernel::Key key);

}  // namespace upout::workloads::tpcc
