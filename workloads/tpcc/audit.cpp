#include "workloads/tpcc/audit.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>

#include "workloads/digest.h"
#include "workloads/random.h"
#include "workloads/tpcc/sums.h"

namespace upout::workloads::tpcc {

using kernel::Key;
using kernel::Operation;
using kernel::Status;

namespace {

/// What a weight is for.
enum class Of : std::uint64_t { balance, payments, warehouse, stock_ytd, stock_orders, stock_remote };

/// Any, but always the same one.
std::uint64_t weight(Of of, Key key) noexcept {
  return mix64(mix64(key) + static_cast<std::uint64_t>(of));
}

std::uint64_t word(std::int64_t number) noexcept {
  return static_cast<std::uint64_t>(number);
}

/// That payments have put before it, and what was loaded moved on: notes of so many payments, as far as they
/// fit.
bool has_notes(const Text<500>& data, const Text<500>& loaded, std::uint32_t payments, Key key) noexcept {
  const std::size_t notes = std::size_t{payments} * credit_note_bytes;
  const std::size_t moved = std::min(notes, data.size());
  if (!std::equal(data.begin() + static_cast<std::ptrdiff_t>(moved), data.end(), loaded.begin()))
    return false;
  const auto own = CreditNote{row_of(key), place_of(key).district, place_of(key).warehouse, 0, 0, 0}.text();
  constexpr std::size_t own_bytes = 6 + 3 + 6;  // what says whose they are
  for (std::size_t at = 0; at < moved; at += credit_note_bytes) {
    const std::size_t length = std::min(own_bytes, data.size() - at);
    if (std::memcmp(data.data() + at, own.data(), length) != 0) return false;
    const std::size_t rest = std::min(credit_note_bytes, data.size() - at);
    for (std::size_t i = own_bytes; i < rest; ++i) {
      const bool is_space = own[i] == ' ';
      const char letter = data[at + i];
      if (is_space ? letter != ' ' : letter < '0' || letter > '9') return false;
    }
  }
  return true;
}

}  // namespace

Audit::Audit(const Scale& scale, WorkerSlot slot, std::size_t depth, std::span<const WriterProgress> writers)
    : scale_(scale),
      left_(scale, slot),
      repeats_(depth),
      // One byte more shows a value that is too long.
      outputs_(depth, most_row_bytes + 1) {
  most_added_ = 0;
  for (const WriterProgress& writer : writers) most_added_ += writer.writes;
}

// What is read
// ----------------------------------------------------------------------------------------------------------

std::size_t Audit::next(std::span<Operation* const> free) {
  std::size_t count = 0;
  for (; count < free.size(); ++count) {
    while (keys_.at_end() && in_flight_ == 0 && advance()) {
    }
    const bool waits = keys_.at_end();
    if (waits && in_flight_ == 0) break;
    if (waits && stage_ == Stage::rest && left_.at_end()) break;  // nothing comes after it
    Operation& operation = *free[count];
    operation.kind = kernel::OperationKind::get;
    operation.key = waits ? district_key(district_->place()) : keys_.next();
    operation.input = {};
    operation.input_offset = 0;
    operation.output = outputs_[operation.slot];
    operation.output_offset = 0;
    repeats_[operation.slot] = waits;
    in_flight_ += waits ? 0 : 1;
  }
  return count;
}

void Audit::complete(std::span<Operation* const> done) {
  for (const Operation* operation : done) {
    if (repeats_[operation->slot]) continue;
    --in_flight_;
    check(*operation);
  }
  // The last one: nobody asks for more.
  if (stage_ == Stage::rest && keys_.at_end() && in_flight_ == 0 && left_.at_end()) advance();
}

/// The next stage, of this district or the next one. False: there is none.
bool Audit::advance() {
  if (stage_ == Stage::rest) {
    check_conditions();
    stage_ = Stage::done;
  }
  if (stage_ == Stage::done) {
    if (left_.at_end()) return false;
    district_.emplace(left_.next());
    begin_district();
  } else if (stage_ == Stage::heads) {
    begin_orders();
  } else {
    begin_rest();
  }
  return true;
}

void Audit::begin_district() {
  const Place& place = district_->place();
  stage_ = Stage::heads;
  found_ = {};
  found_.customers.resize(scale_.customers);
  found_.history_data =
      history_data(loaded_warehouse(scale_, place.warehouse).name, loaded_district(scale_, place).name);
  keys_.clear();
  keys_.add(district_key(place), 1);
  keys_.add(undelivered_key(place), 1);
  if (place.district != 0) return;
  for (std::uint32_t other = 1; other < Scale::districts; ++other)
    keys_.add(district_key({place.warehouse, other}), 1);
}

/// Of a counter that is wrong, that nothing is read that cannot be there.
std::uint32_t Audit::bounded(std::uint32_t counter, std::uint32_t loaded, Key key) {
  const std::uint64_t most = std::min<std::uint64_t>(loaded + most_added_ + 1, most_orders);
  if (counter > loaded && counter <= most) return counter;
  ++result_.damaged;
  note_fault(describe(key), "counts what cannot be");
  return loaded + 1;
}

void Audit::begin_orders() {
  const Place& place = district_->place();
  const Key key = district_key(place);
  stage_ = Stage::orders;
  DistrictRow& row = found_.district;
  row.next_order = bounded(row.next_order, scale_.orders(), key);
  row.next_history = bounded(row.next_history, scale_.customers, key);
  found_.orders.resize(row.next_order);
  keys_.clear();
  keys_.add(order_key(place, 1), row.next_order);
}

/// One behind the last of all that is numbered, too.
void Audit::begin_rest() {
  const Place& place = district_->place();
  stage_ = Stage::rest;
  keys_.clear();
  add_lasting_rows(*district_, keys_);
  keys_.add(history_key(place, 1), found_.district.next_history);
  keys_.add(new_order_key(place, 1), found_.district.next_order);
  for (std::uint32_t number = 1; number < found_.district.next_order; ++number)
    keys_.add(order_line_key(place, number, 1), std::min<std::uint64_t>(found_.order(number).lines + 1U, 15));
}

// What has been found
// ----------------------------------------------------------------------------------------------------------

void Audit::check(const Operation& operation) {
  if (operation.status != Status::ok) return miss(operation);
  const std::span<const std::byte> value = operation.output.first(operation.output_size);
  const bool is_right = inspect(operation.key, value);
  if (is_other_district(operation.key)) return;
  ++result_.checked;
  result_.digest += digest_of(operation.key, value);
  if (is_right) return;
  ++result_.damaged;
  note_fault(describe(operation.key), "holds what no load and no transaction has written");
}

void Audit::miss(const Operation& operation) {
  const bool is_absent = operation.status == Status::not_found;
  failed_ += is_absent ? 0 : 1;
  if (is_other_district(operation.key) || (is_absent && is_optional(operation.key))) return;
  ++result_.checked;
  ++result_.missing;
  note_fault(describe(operation.key), is_absent ? "is not there" : "cannot be read");
}

/// It may be absent, as far as is known when it is read.
bool Audit::is_optional(Key key) const noexcept {
  switch (table_of(key)) {
    case Table::new_order:
      return true;
    case Table::order:
      return row_of(key) >= found_.district.next_order;
    case Table::history:
      return row_of(key) >= found_.district.next_history;
    case Table::order_line:
      return line_of(key) > found_.orders[order_of_line(key) - 1].lines;
    default:
      return false;
  }
}

/// Read for the sum of all districts of the warehouse.
bool Audit::is_other_district(Key key) const noexcept {
  return table_of(key) == Table::district && !(place_of(key) == district_->place());
}

bool Audit::inspect(Key key, std::span<const std::byte> value) {
  const auto as = [&](auto row) {
    if (value.size() != sizeof(row)) return false;
    std::memcpy(&row, value.data(), sizeof(row));
    return is_sound(key, row);
  };
  switch (table_of(key)) {
    case Table::warehouse:
      return as(WarehouseRow());
    case Table::district:
      return as(DistrictRow());
    case Table::undelivered:
    case Table::last_order:
      return as(OrderNumberRow());
    case Table::customer:
      return as(CustomerRow());
    case Table::last_name:
      return are_namesakes(key, value);
    case Table::history:
      return as(HistoryRow());
    case Table::new_order:
      return as(NewOrderRow());
    case Table::order:
      return as(OrderRow());
    case Table::order_line:
      return as(OrderLineRow());
    case Table::item:
      return as(ItemRow());
    case Table::stock:
      return as(StockRow());
  }
  return false;
}

bool Audit::is_sound(Key key, const WarehouseRow& row) {
  WarehouseRow expected = loaded_warehouse(scale_, place_of(key).warehouse);
  expected.ytd = row.ytd;
  found_.warehouse_ytd = row.ytd;
  result_.sum += sums::of_payment(word(row.ytd)) + weight(Of::warehouse, key) * word(row.ytd);
  return row == expected;
}

bool Audit::is_sound(Key key, const DistrictRow& row) {
  found_.districts_ytd += row.ytd;
  if (is_other_district(key)) return true;
  found_.district = row;
  DistrictRow expected = loaded_district(scale_, place_of(key));
  expected.next_order = row.next_order;
  expected.next_history = row.next_history;
  expected.ytd = row.ytd;
  return row == expected;
}

bool Audit::is_sound(Key key, const CustomerRow& row) {
  found_.customer(row_of(key)).account = row.account;
  const Account& account = row.account;
  result_.sum += sums::of_deliveries(account.deliveries) - weight(Of::payments, key) * account.payments -
                 weight(Of::balance, key) * word(account.balance);
  CustomerRow expected = district_->customer(row_of(key));
  const std::uint32_t payments = account.payments - expected.account.payments;
  const bool has_right_data =
      row.has_bad_credit() ? has_notes(row.data, expected.data, payments, key) : row.data == expected.data;
  expected.account = account;
  expected.data = row.data;
  return row == expected && account.payments != 0 && has_right_data;
}

bool Audit::is_sound(Key key, const OrderNumberRow& row) {
  if (table_of(key) == Table::undelivered) {
    found_.undelivered = row.order;
  } else {
    found_.customer(row_of(key)).last_order = row.order;
  }
  return true;  // compared with the orders
}

bool Audit::are_namesakes(Key key, std::span<const std::byte> value) const {
  const auto expected = std::as_bytes(district_->namesakes(row_of(key)));
  return std::ranges::equal(value, expected);
}

bool Audit::is_sound(Key key, const HistoryRow& row) {
  const Place place = place_of(key);
  const Place of{row.customer_warehouse, row.customer_district};
  found_.paid += row.amount;
  found_.is_beyond |= row_of(key) >= found_.district.next_history;
  const Key customer = customer_key(of, row.customer);
  result_.sum += weight(Of::payments, customer) - weight(Of::balance, customer) * row.amount -
                 weight(Of::warehouse, warehouse_key(place.warehouse)) * row.amount;
  if (row_of(key) <= scale_.customers) return row == loaded_history(place, row_of(key));
  return row.date > date_of_load && row.amount >= 100 && row.amount <= 500'000 && row.customer >= 1 &&
         row.customer <= scale_.customers && of.district < Scale::districts &&
         of.warehouse < scale_.warehouses && row.data == found_.history_data;
}

bool Audit::is_sound(Key key, const NewOrderRow& row) {
  found_.order(row_of(key)).is_new = true;
  return row.order == row_of(key) && row.district == place_of(key).district;
}

bool Audit::is_sound(Key key, const OrderRow& row) {
  OrderSeen& seen = found_.order(row_of(key));
  seen.is_there = true;
  seen.customer = row.customer;
  seen.lines = static_cast<std::uint8_t>(std::min(row.lines, 15U));
  seen.carrier = static_cast<std::uint8_t>(std::min(row.carrier, 255U));
  seen.is_local = row.is_local != 0;
  found_.is_beyond |= row_of(key) >= found_.district.next_order;
  const bool is_possible = row.lines >= 5 && row.lines <= 15 && row.carrier <= 10 && row.customer >= 1 &&
                           row.customer <= scale_.customers && row.is_local <= 1;
  if (!is_possible || row_of(key) > scale_.orders()) return is_possible && row.entry_date > date_of_load;
  OrderRow expected = district_->order(row_of(key));
  if (expected.carrier == 0) expected.carrier = row.carrier;
  return row == expected;
}

bool Audit::is_sound(Key key, const OrderLineRow& row) {
  const Place place = place_of(key);
  OrderSeen& order = found_.order(order_of_line(key));
  ++found_.lines;
  ++order.lines_found;
  if (row.delivery_date != 0) {
    ++order.lines_delivered;
    order.amount += row.amount;
  }
  const bool is_remote = row.supply_warehouse != place.warehouse;
  order.has_remote_line |= is_remote;
  if (order_of_line(key) <= scale_.orders()) {
    OrderLineRow expected = loaded_line(scale_, place, order_of_line(key), line_of(key));
    if (expected.delivery_date == 0) expected.delivery_date = row.delivery_date;
    return row == expected;
  }
  const Key stock = stock_key(row.supply_warehouse, row.item);
  result_.sum += weight(Of::stock_ytd, stock) * row.quantity + weight(Of::stock_orders, stock) +
                 (is_remote ? weight(Of::stock_remote, stock) : 0);
  return row.item >= 1 && row.item <= scale_.items && row.supply_warehouse < scale_.warehouses &&
         row.quantity >= 1 && row.quantity <= 10 && row.amount == row.quantity * price_of(row.item) &&
         row.district_info == district_info_of(row.supply_warehouse, row.item, place.district);
}

bool Audit::is_sound(Key key, const ItemRow& row) {
  return row == loaded_item(row_of(key));
}

bool Audit::is_sound(Key key, const StockRow& row) {
  const StockLevel& level = row.level;
  result_.sum += sums::of_ordered_lines(level.orders) - weight(Of::stock_ytd, key) * level.ytd -
                 weight(Of::stock_orders, key) * level.orders -
                 weight(Of::stock_remote, key) * level.remote_orders;
  StockRow expected = loaded_stock(place_of(key).warehouse, row_of(key));
  // What came in was 91 each time.
  const std::int64_t came_in = std::int64_t{level.quantity} + level.ytd - expected.level.quantity;
  expected.level = level;
  return row == expected && came_in >= 0 && came_in % 91 == 0 && level.quantity >= 10 &&
         level.quantity <= 100 && level.remote_orders <= level.orders && level.ytd >= level.orders &&
         level.ytd <= std::uint64_t{10} * level.orders;
}

// What holds between rows
// ----------------------------------------------------------------------------------------------------------

void Audit::check_conditions() {
  const DistrictRow& district = found_.district;
  if (district_->place().district == 0) require(1, found_.warehouse_ytd == found_.districts_ytd);
  require(9, district.ytd == found_.paid);
  check_orders();
  check_customers();
}

void Audit::check_orders() {
  std::uint64_t orders = 0;
  std::uint64_t lines = 0;
  std::uint64_t new_orders = 0;
  std::uint32_t last = 0;
  std::uint32_t first_new = 0;
  std::uint32_t last_new = 0;
  for (std::uint32_t number = 1; number <= found_.orders.size(); ++number) {
    const OrderSeen& order = found_.order(number);
    if (order.is_new) {
      ++new_orders;
      if (first_new == 0) first_new = number;
      last_new = number;
    }
    require(5, order.is_new == (order.is_there && order.carrier == 0));
    if (!order.is_there) continue;
    ++orders;
    lines += order.lines;
    last = number;
    require(6, order.lines == order.lines_found);
    require(7, order.lines_delivered == (order.carrier == 0 ? 0 : order.lines_found));
    require(0, order.is_local != order.has_remote_line, "O_ALL_LOCAL is not what its lines say");
    if (order.customer < 1 || order.customer > scale_.customers) continue;
    CustomerSeen& customer = found_.customer(order.customer);
    customer.delivered += order.amount;
    customer.deliveries += order.carrier != 0 && number > scale_.delivered() ? 1 : 0;
    customer.latest = number;
  }
  const std::uint32_t next = found_.district.next_order;
  require(2, !found_.is_beyond && last + 1 == next && (new_orders == 0 || last_new + 1 == next));
  require(3, new_orders == 0 || last_new - first_new + 1 == new_orders);
  require(4, lines == found_.lines);
  require(11, orders == new_orders + found_.undelivered - 1);
}

void Audit::check_customers() {
  for (const CustomerSeen& customer : found_.customers) {
    const Account& account = customer.account;
    require(12, word(account.balance + account.ytd_payment) == customer.delivered);
    require(0, account.deliveries == customer.deliveries, "C_DELIVERY_CNT is not what was delivered");
    require(0, customer.last_order == customer.latest, "a customer's last order is not the last one");
  }
  // Condition 10, of which the sum of payments is to be found in all districts of all warehouses.
  for (std::uint32_t number = 1; number <= scale_.customers; ++number) {
    result_.sum +=
        weight(Of::balance, customer_key(district_->place(), number)) * found_.customer(number).delivered;
  }
}

/// `condition` 0: none of the specification's.
void Audit::require(unsigned condition, bool holds, std::string_view of) {
  if (holds) return;
  violated_ |= 1U << condition;
  ++result_.damaged;
  const std::string fault =
      condition == 0 ? std::string(of) : fmt::format("consistency condition {} does not hold", condition);
  note_fault(describe(district_key(district_->place())) + ":", fault);
}

void Audit::note_fault(const std::string& where, std::string_view fault) {
  if (result_.first_fault.empty()) result_.first_fault = where + " " + std::string(fault);
}

}  // namespace upout::workloads::tpcc
