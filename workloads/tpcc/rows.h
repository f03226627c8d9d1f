#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernel/operation.h"

/// The rows of TPC-C's database (revision 5.11, clause 1.3): lengths of texts and precisions of numbers are
/// the specification's, columns that the key holds are left out. Money is in cents, taxes and discounts in
/// 1/10000. Texts end where their zeros begin. In each row those columns stand side by side that one
/// transaction changes, so that it writes them, and no more, in one piece.
namespace upout::workloads::tpcc {

template <std::size_t size>
using Text = std::array<char, size>;

struct Address {
  Text<20> street_1{};
  Text<20> street_2{};
  Text<20> city{};
  Text<2> state{};
  Text<9> zip{};
  bool operator==(const Address&) const = default;
};

struct WarehouseRow {
  std::int64_t ytd = 0;  ///< what has been paid
  std::uint32_t tax = 0;
  Text<10> name{};
  Address address;
  Text<3> unused{};
  bool operator==(const WarehouseRow&) const = default;
};

struct DistrictRow {
  std::uint32_t next_order = 0;    ///< a New-Order takes this one,
  std::uint32_t next_history = 0;  ///< a Payment this one,
  std::int64_t ytd = 0;            ///< and adds to what has been paid
  std::uint32_t tax = 0;
  Text<10> name{};
  Address address;
  Text<3> unused{};
  bool operator==(const DistrictRow&) const = default;
};

/// What Payment and Delivery change of a customer.
struct Account {
  std::int64_t balance = 0;
  std::int64_t ytd_payment = 0;
  std::uint32_t payments = 0;
  std::uint32_t deliveries = 0;
  bool operator==(const Account&) const = default;
};

struct CustomerRow {
  std::uint32_t discount = 0;
  Text<2> credit{};  ///< "GC" or, of one in ten, "BC"
  Text<16> last{};
  Text<16> first{};
  Text<2> middle{};
  Address address;
  Text<16> phone{};
  Text<1> unused{};
  std::uint64_t since = 0;
  std::int64_t credit_limit = 0;
  Account account;
  Text<500> data{};
  Text<4> unused_too{};
  bool operator==(const CustomerRow&) const = default;

  bool has_bad_credit() const noexcept { return credit[0] == 'B'; }
};

struct HistoryRow {
  std::uint64_t date = 0;
  std::uint32_t amount = 0;
  std::uint32_t customer = 0;
  std::uint32_t customer_district = 0;
  std::uint32_t customer_warehouse = 0;
  Text<24> data{};
  bool operator==(const HistoryRow&) const = default;
};

struct NewOrderRow {
  std::uint32_t order = 0;
  std::uint32_t district = 0;
  bool operator==(const NewOrderRow&) const = default;
};

struct OrderRow {
  std::uint64_t entry_date = 0;
  std::uint32_t customer = 0;
  std::uint32_t lines = 0;
  std::uint32_t is_local = 0;  ///< all of its lines come from the warehouse itself
  std::uint32_t carrier = 0;   ///< 0: not delivered yet
  bool operator==(const OrderRow&) const = default;
};

struct OrderLineRow {
  std::uint64_t delivery_date = 0;  ///< 0: not delivered yet
  std::uint32_t amount = 0;
  std::uint32_t quantity = 0;
  std::uint32_t item = 0;
  std::uint32_t supply_warehouse = 0;
  Text<24> district_info{};
  bool operator==(const OrderLineRow&) const = default;
};

struct ItemRow {
  std::uint32_t image = 0;
  std::uint32_t price = 0;
  Text<24> name{};
  Text<50> data{};
  Text<2> unused{};
  bool operator==(const ItemRow&) const = default;
};

/// What New-Order changes of a stock.
struct StockLevel {
  std::uint32_t quantity = 0;
  std::uint32_t ytd = 0;
  std::uint32_t orders = 0;
  std::uint32_t remote_orders = 0;
  bool operator==(const StockLevel&) const = default;
};

struct StockRow {
  StockLevel level;
  Text<50> data{};
  std::array<Text<24>, 10> district_info{};
  Text<2> unused{};
  bool operator==(const StockRow&) const = default;
};

/// In place of an index on orders: of a customer the latest one, of a district the oldest one that may not
/// have been delivered.
struct OrderNumberRow {
  std::uint64_t order = 0;
  bool operator==(const OrderNumberRow&) const = default;
};

static_assert(sizeof(WarehouseRow) == 96 && sizeof(DistrictRow) == 104 && sizeof(CustomerRow) == 672 &&
                  sizeof(HistoryRow) == 48 && sizeof(NewOrderRow) == 8 && sizeof(OrderRow) == 24 &&
                  sizeof(OrderLineRow) == 48 && sizeof(ItemRow) == 84 && sizeof(StockRow) == 308,
              "no bytes that nobody sets");

/// The most customers of one last name that a row lists: 50 are to be expected of the most frequent one.
inline constexpr std::size_t most_namesakes = 256;
using Namesakes = std::array<std::uint16_t, most_namesakes>;

/// Of `count` customers in the order of their first names, that one which is taken (clause 2.5.2.2): the one
/// in the middle, rounded up. From 0.
constexpr std::size_t middle_of(std::size_t count) noexcept {
  return (count - 1) / 2;
}

inline constexpr std::size_t most_row_bytes = sizeof(CustomerRow);

template <class Row>
std::span<std::byte> bytes_of(Row& row) noexcept {
  return std::as_writable_bytes(std::span(&row, 1));
}
template <class Row>
std::span<const std::byte> bytes_of(const Row& row) noexcept {
  return std::as_bytes(std::span(&row, 1));
}

template <std::size_t size>
constexpr std::string_view text_of(const Text<size>& text) noexcept {
  const std::string_view all(text.data(), size);
  return all.substr(0, all.find('\0'));
}

// What transactions make of them
// ----------------------------------------------------------------------------------------------------------

/// S_QUANTITY after `ordered` have been taken out: 91 come in when fewer than ten would be left.
constexpr std::uint32_t quantity_after(std::uint32_t quantity, std::uint32_t ordered) noexcept {
  return quantity >= ordered + 10 ? quantity - ordered : quantity + 91 - ordered;
}

/// What Payment puts before C_DATA of a customer with bad credit: customer, district, warehouse, those in
/// which was paid, and how much, in so many characters.
inline constexpr std::size_t credit_note_bytes = 32;
struct CreditNote {
  std::uint32_t customer = 0;
  std::uint32_t customer_district = 0;
  std::uint32_t customer_warehouse = 0;
  std::uint32_t district = 0;
  std::uint32_t warehouse = 0;
  std::uint32_t amount = 0;

  std::array<char, credit_note_bytes> text() const noexcept;
};
void prepend(const CreditNote& note, Text<500>& data) noexcept;

/// H_DATA of a payment: the names of warehouse and district.
Text<24> history_data(const Text<10>& warehouse, const Text<10>& district) noexcept;

/// Whether a stock's data, or an item's, say that it is a brand's own.
constexpr bool is_original(const Text<50>& data) noexcept {
  return std::string_view(data.data(), data.size()).find("ORIGINAL") != std::string_view::npos;
}

}  // namespace upout::workloads::tpcc
