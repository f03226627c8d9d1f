#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "workloads/tpcc/keys.h"
#include "workloads/tpcc/rows.h"

namespace upout::workloads::tpcc {

inline constexpr std::uint32_t least_lines = 5;
inline constexpr std::uint32_t most_lines = 15;
inline constexpr std::uint32_t recent_orders = 20;  ///< that Stock-Level looks at

struct OrderedLine {
  std::uint32_t item = 0;
  std::uint32_t supply_warehouse = 0;
  std::uint32_t quantity = 0;
};

/// What an attempt of a transaction has done.
struct Effect {
  std::uint64_t rows = 0;      ///< there are more than before (mod 2^64)
  std::uint64_t sum = 0;       ///< that all numbers have grown by (mod 2^64)
  std::uint64_t numbered = 0;  ///< orders, and payments, that have taken a district's next number
};

/// One transaction as it was drawn, and memory for all that it reads. Which of these it uses depends on its
/// type.
struct Request {
  std::size_t type = 0;

  // Drawn
  Place home;
  Place customer_place;
  std::uint32_t customer = 0;   ///< 0: by last name
  std::uint32_t last_name = 0;  ///< its number
  std::uint32_t amount = 0;     ///< that is paid
  std::uint32_t carrier = 0;
  std::uint32_t threshold = 0;  ///< of stocks
  std::uint64_t date = 0;
  std::array<OrderedLine, most_lines> all_lines{};
  std::uint32_t line_count = 0;
  bool has_unused_item = false;  ///< the last of the lines: the transaction takes itself back

  std::array<kernel::Key, 4 + 2 * most_lines> all_keys{};
  std::size_t key_count = 0;

  // The last attempt
  Effect effect;
  bool wants_abort = false;

  // What it has read, and what a terminal would show
  WarehouseRow warehouse;
  DistrictRow district;
  CustomerRow customer_row;
  OrderRow order;
  OrderLineRow line;
  ItemRow item;
  StockRow stock;
  Namesakes namesakes{};
  std::array<std::uint32_t, std::size_t{recent_orders} * most_lines> items{};
  std::uint64_t brands = 0;  ///< lines whose item and stock are both a brand's own
  double total = 0;          ///< of an order, in cents
  std::uint32_t low_stocks = 0;

  std::span<const kernel::Key> keys() const noexcept { return std::span(all_keys).first(key_count); }
  std::span<const OrderedLine> lines() const noexcept { return std::span(all_lines).first(line_count); }
  void add_key(kernel::Key key) noexcept { all_keys[key_count++] = key; }
};

}  // namespace upout::workloads::tpcc
