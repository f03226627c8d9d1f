#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engines/transaction.h"
#include "kernel/task.h"
#include "workloads/tpcc/nurand.h"
#include "workloads/tpcc/request.h"
#include "workloads/tpcc/sums.h"

/// What TPC-C's five transactions do (revision 5.11, clauses 2.4 to 2.8): coroutines over the engine's
/// transaction.
///
/// They give false if there is no going on: an access met a conflict, which dooms the transaction, or what it
/// has read cannot be, which makes it fail, or it takes itself back, which the request says. Until a
/// transaction has committed, what it has read of several rows need not be of one moment.
namespace upout::workloads::tpcc {

/// Awaitable, which gives a Status: reads the first bytes of a row.
template <class T, class Row>
auto read_first(T& transaction, kernel::Key key, std::size_t bytes, Row& row, std::uint32_t& copied) {
  return transaction.read(key, 0, bytes_of(row).first(bytes), copied);
}

// Up to which column
inline constexpr std::size_t up_to_warehouse_name = offsetof(WarehouseRow, name);
inline constexpr std::size_t up_to_district_name = offsetof(DistrictRow, name);
inline constexpr std::size_t up_to_customer_first = offsetof(CustomerRow, first);
inline constexpr std::size_t up_to_customer_data = offsetof(CustomerRow, data);
inline constexpr std::size_t up_to_line_quantity = offsetof(OrderLineRow, quantity);
constexpr std::size_t up_to_district_info(std::uint32_t district) noexcept {
  return offsetof(StockRow, district_info) + (district + 1) * sizeof(Text<24>);
}

constexpr bool is_tax(std::uint32_t tax) noexcept {
  return tax <= 2000;
}
constexpr bool is_quantity(std::uint32_t quantity) noexcept {
  return quantity >= 10 && quantity <= 100;
}
constexpr bool is_line_count(std::uint32_t lines) noexcept {
  return lines >= least_lines && lines <= most_lines;
}

/// A row is there already under the number that the district's counter has given. If another transaction has
/// put it in since the counter was read, the counter has moved on by now: this one cannot commit any more,
/// which it learns when it tries to. (Therefore nobody writes a counter before he has put in all that is
/// numbered by it, and would then read what he himself has written.) If not, the database is not as it has to
/// be, and there is no going on.
template <engines::TransactionContext T>
kernel::Task<bool> has_moved_on(T& transaction, Place place, std::uint32_t counter, std::uint32_t number) {
  std::uint32_t now = 0;
  std::uint32_t copied = 0;
  const kernel::Status status =
      co_await transaction.read(district_key(place), counter, bytes_of(now), copied);
  co_return status == kernel::Status::ok&& now != number;
}

template <engines::TransactionContext T>
kernel::Task<bool> new_order(T& transaction, Request& request) {
  const Place& home = request.home;
  std::uint32_t copied = 0;
  kernel::Status status = co_await read_first(transaction, warehouse_key(home.warehouse),
                                              up_to_warehouse_name, request.warehouse, copied);
  if (status != kernel::Status::ok || !is_tax(request.warehouse.tax)) co_return false;
  DistrictRow& district = request.district;
  status = co_await read_first(transaction, district_key(home), up_to_district_name, district, copied);
  if (status != kernel::Status::ok || !is_tax(district.tax)) co_return false;
  constexpr std::uint32_t counter = offsetof(DistrictRow, next_order);
  const std::uint32_t number = district.next_order;
  if (number == 0 || number > most_orders) co_return false;
  status = co_await read_first(transaction, customer_key(home, request.customer), up_to_customer_first,
                               request.customer_row, copied);
  if (status != kernel::Status::ok || request.customer_row.discount > 5000) co_return false;
  const OrderNumberRow last_order{number};
  status = co_await transaction.update(last_order_key(home, request.customer), 0, bytes_of(last_order));
  if (status != kernel::Status::ok) co_return false;

  const auto is_local = [&home](const OrderedLine& line) { return line.supply_warehouse == home.warehouse; };
  request.order = {.entry_date = request.date,
                   .customer = request.customer,
                   .lines = request.line_count,
                   .is_local = std::ranges::all_of(request.lines(), is_local) ? 1U : 0U,
                   .carrier = 0};
  status = co_await transaction.insert(order_key(home, number), bytes_of(request.order));
  if (status == kernel::Status::exists) co_return co_await has_moved_on(transaction, home, counter, number);
  if (status != kernel::Status::ok) co_return false;
  const NewOrderRow entry{number, home.district};
  status = co_await transaction.insert(new_order_key(home, number), bytes_of(entry));
  if (status == kernel::Status::exists) co_return co_await has_moved_on(transaction, home, counter, number);
  if (status != kernel::Status::ok) co_return false;

  std::uint64_t total = 0;
  request.brands = 0;
  for (std::uint32_t i = 0; i < request.line_count; ++i) {
    const OrderedLine& ordered = request.all_lines[i];
    status =
        co_await transaction.read(item_key(home.warehouse, ordered.item), 0, bytes_of(request.item), copied);
    if (status == kernel::Status::not_found) request.wants_abort = request.has_unused_item;
    if (status != kernel::Status::ok || request.item.price < 100 || request.item.price > 10'000)
      co_return false;
    const kernel::Key stock = stock_key(ordered.supply_warehouse, ordered.item);
    StockLevel& level = request.stock.level;
    status =
        co_await read_first(transaction, stock, up_to_district_info(home.district), request.stock, copied);
    if (status != kernel::Status::ok || !is_quantity(level.quantity)) co_return false;
    level.quantity = quantity_after(level.quantity, ordered.quantity);
    level.ytd += ordered.quantity;
    ++level.orders;
    level.remote_orders += is_local(ordered) ? 0 : 1;
    status = co_await transaction.update(stock, offsetof(StockRow, level), bytes_of(level));
    if (status != kernel::Status::ok) co_return false;
    request.line = {.delivery_date = 0,
                    .amount = ordered.quantity * request.item.price,
                    .quantity = ordered.quantity,
                    .item = ordered.item,
                    .supply_warehouse = ordered.supply_warehouse,
                    .district_info = request.stock.district_info[home.district]};
    total += request.line.amount;
    request.brands += is_original(request.item.data) && is_original(request.stock.data) ? 1 : 0;
    status = co_await transaction.insert(order_line_key(home, number, i + 1), bytes_of(request.line));
    if (status == kernel::Status::exists) co_return co_await has_moved_on(transaction, home, counter, number);
    if (status != kernel::Status::ok) co_return false;
  }
  const std::uint32_t next = number + 1;
  status = co_await transaction.update(district_key(home), counter, bytes_of(next));
  if (status != kernel::Status::ok) co_return false;
  request.total = static_cast<double>(total) * (1 - request.customer_row.discount / 1e4) *
                  (1 + (request.warehouse.tax + district.tax) / 1e4);
  request.effect = {.rows = 2 + std::uint64_t{request.line_count},
                    .sum = sums::of_ordered_lines(request.line_count),
                    .numbered = 1};
  co_return true;
}

/// The customer's number; of several with the last name that one in the middle. 0: there is no going on.
template <engines::TransactionContext T>
kernel::Task<std::uint32_t> find_customer(T& transaction, Request& request) {
  if (request.customer != 0) co_return request.customer;
  std::uint32_t copied = 0;
  const kernel::Status status =
      co_await transaction.read(last_name_key(request.customer_place, request.last_name), 0,
                                std::as_writable_bytes(std::span(request.namesakes)), copied);
  const std::size_t count = copied / sizeof(std::uint16_t);
  if (status != kernel::Status::ok || count == 0) co_return 0;
  co_return request.namesakes[middle_of(count)];
}

/// Whether it is that customer's row who was looked for.
inline bool is_right_customer(const Request& request) noexcept {
  const CustomerRow& row = request.customer_row;
  return request.customer != 0 || row.last == last_name_text(request.last_name);
}

template <engines::TransactionContext T>
kernel::Task<bool> payment(T& transaction, Request& request) {
  const Place& home = request.home;
  std::uint32_t copied = 0;
  kernel::Status status =
      co_await transaction.read(warehouse_key(home.warehouse), 0, bytes_of(request.warehouse), copied);
  if (status != kernel::Status::ok) co_return false;
  request.warehouse.ytd += request.amount;
  status = co_await transaction.update(warehouse_key(home.warehouse), offsetof(WarehouseRow, ytd),
                                       bytes_of(request.warehouse.ytd));
  if (status != kernel::Status::ok) co_return false;
  DistrictRow& district = request.district;
  status = co_await transaction.read(district_key(home), 0, bytes_of(district), copied);
  if (status != kernel::Status::ok) co_return false;
  constexpr std::uint32_t counter = offsetof(DistrictRow, next_history);
  const std::uint32_t number = district.next_history;

  const std::uint32_t id = co_await find_customer(transaction, request);
  if (id == 0) co_return false;
  const kernel::Key key = customer_key(request.customer_place, id);
  CustomerRow& customer = request.customer_row;
  status = co_await read_first(transaction, key, up_to_customer_data, customer, copied);
  if (status != kernel::Status::ok || !is_right_customer(request)) co_return false;
  customer.account.balance -= request.amount;
  customer.account.ytd_payment += request.amount;
  ++customer.account.payments;
  constexpr std::size_t account = offsetof(CustomerRow, account);
  std::size_t changed = sizeof(Account);
  if (customer.has_bad_credit()) {
    status = co_await transaction.read(key, offsetof(CustomerRow, data), bytes_of(customer.data), copied);
    if (status != kernel::Status::ok) co_return false;
    prepend({id, request.customer_place.district, request.customer_place.warehouse, home.district,
             home.warehouse, request.amount},
            customer.data);
    changed += sizeof(customer.data);
  }
  status = co_await transaction.update(key, account, bytes_of(customer).subspan(account, changed));
  if (status != kernel::Status::ok) co_return false;

  const HistoryRow history{.date = request.date,
                           .amount = request.amount,
                           .customer = id,
                           .customer_district = request.customer_place.district,
                           .customer_warehouse = request.customer_place.warehouse,
                           .data = history_data(request.warehouse.name, district.name)};
  status = co_await transaction.insert(history_key(home, number), bytes_of(history));
  if (status == kernel::Status::exists) co_return co_await has_moved_on(transaction, home, counter, number);
  if (status != kernel::Status::ok) co_return false;
  ++district.next_history;
  district.ytd += request.amount;
  status = co_await transaction.update(
      district_key(home), counter, bytes_of(district).subspan(counter, offsetof(DistrictRow, tax) - counter));
  if (status != kernel::Status::ok) co_return false;
  request.effect = {.rows = 1, .sum = sums::of_payment(request.amount), .numbered = 1};
  co_return true;
}

template <engines::TransactionContext T>
kernel::Task<bool> order_status(T& transaction, Request& request) {
  const std::uint32_t id = co_await find_customer(transaction, request);
  if (id == 0) co_return false;
  const Place& home = request.home;
  std::uint32_t copied = 0;
  kernel::Status status = co_await read_first(transaction, customer_key(home, id), up_to_customer_data,
                                              request.customer_row, copied);
  if (status != kernel::Status::ok || !is_right_customer(request)) co_return false;
  OrderNumberRow last_order;
  status = co_await transaction.read(last_order_key(home, id), 0, bytes_of(last_order), copied);
  if (status != kernel::Status::ok || last_order.order > most_orders) co_return false;
  const auto number = static_cast<std::uint32_t>(last_order.order);
  OrderRow& order = request.order;
  status = co_await transaction.read(order_key(home, number), 0, bytes_of(order), copied);
  if (status != kernel::Status::ok || order.customer != id || !is_line_count(order.lines) ||
      order.carrier > 10) {
    co_return false;
  }
  for (std::uint32_t line = 1; line <= order.lines; ++line) {
    status = co_await transaction.read(order_line_key(home, number, line), 0, bytes_of(request.line), copied);
    if (status != kernel::Status::ok || request.line.quantity > 10 ||
        std::ranges::find(request.line.district_info, '\0') != request.line.district_info.end()) {
      co_return false;
    }
  }
  co_return true;
}

/// The oldest order of a district that has not been delivered, if there is one.
template <engines::TransactionContext T>
kernel::Task<bool> deliver(T& transaction, Request& request, Place place) {
  std::uint32_t copied = 0;
  OrderNumberRow oldest;
  kernel::Status status = co_await transaction.read(undelivered_key(place), 0, bytes_of(oldest), copied);
  if (status != kernel::Status::ok || oldest.order > most_orders) co_return false;
  const auto number = static_cast<std::uint32_t>(oldest.order++);
  status = co_await transaction.remove(new_order_key(place, number));
  if (status != kernel::Status::ok) co_return status == kernel::Status::not_found;
  status = co_await transaction.update(undelivered_key(place), 0, bytes_of(oldest));
  if (status != kernel::Status::ok) co_return false;

  OrderRow& order = request.order;
  status = co_await transaction.read(order_key(place, number), 0, bytes_of(order), copied);
  if (status != kernel::Status::ok || !is_line_count(order.lines)) co_return false;
  status = co_await transaction.update(order_key(place, number), offsetof(OrderRow, carrier),
                                       bytes_of(request.carrier));
  if (status != kernel::Status::ok) co_return false;
  std::int64_t amount = 0;
  for (std::uint32_t line = 1; line <= order.lines; ++line) {
    const kernel::Key key = order_line_key(place, number, line);
    status = co_await read_first(transaction, key, up_to_line_quantity, request.line, copied);
    if (status != kernel::Status::ok || request.line.amount >= 1'000'000) co_return false;
    amount += request.line.amount;
    status = co_await transaction.update(key, offsetof(OrderLineRow, delivery_date), bytes_of(request.date));
    if (status != kernel::Status::ok) co_return false;
  }
  const kernel::Key key = customer_key(place, order.customer);
  Account account;
  status = co_await transaction.read(key, offsetof(CustomerRow, account), bytes_of(account), copied);
  if (status != kernel::Status::ok) co_return false;
  account.balance += amount;
  ++account.deliveries;
  status = co_await transaction.update(key, offsetof(CustomerRow, account), bytes_of(account));
  if (status != kernel::Status::ok) co_return false;
  --request.effect.rows;
  request.effect.sum += sums::of_deliveries(1);
  co_return true;
}

/// All districts of the warehouse in one transaction.
template <engines::TransactionContext T>
kernel::Task<bool> delivery(T& transaction, Request& request) {
  for (std::uint32_t district = 0; district < Scale::districts; ++district) {
    const bool goes_on = co_await deliver(transaction, request, Place{request.home.warehouse, district});
    if (!goes_on) co_return false;
  }
  co_return true;
}

template <engines::TransactionContext T>
kernel::Task<bool> stock_level(T& transaction, Request& request) {
  const Place& home = request.home;
  std::uint32_t copied = 0;
  std::uint32_t next = 0;
  kernel::Status status = co_await transaction.read(district_key(home), offsetof(DistrictRow, next_order),
                                                    bytes_of(next), copied);
  if (status != kernel::Status::ok || next == 0 || next > most_orders) co_return false;
  std::size_t count = 0;
  for (std::uint32_t number = next > recent_orders ? next - recent_orders : 1; number < next; ++number) {
    OrderRow& order = request.order;
    status = co_await transaction.read(order_key(home, number), 0, bytes_of(order), copied);
    if (status != kernel::Status::ok || !is_line_count(order.lines)) co_return false;
    for (std::uint32_t line = 1; line <= order.lines; ++line) {
      status = co_await transaction.read(order_line_key(home, number, line), offsetof(OrderLineRow, item),
                                         bytes_of(request.items[count++]), copied);
      if (status != kernel::Status::ok) co_return false;
    }
  }
  std::sort(request.items.begin(), request.items.begin() + static_cast<std::ptrdiff_t>(count));
  const auto end =
      std::unique(request.items.begin(), request.items.begin() + static_cast<std::ptrdiff_t>(count));
  request.low_stocks = 0;
  for (const std::uint32_t item : std::span(request.items.begin(), end)) {
    std::uint32_t quantity = 0;
    status = co_await transaction.read(stock_key(home.warehouse, item), offsetof(StockRow, level.quantity),
                                       bytes_of(quantity), copied);
    if (status != kernel::Status::ok || !is_quantity(quantity)) co_return false;
    request.low_stocks += quantity < request.threshold ? 1 : 0;
  }
  co_return true;
}

}  // namespace upout::workloads::tpcc
