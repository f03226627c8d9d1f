#include "workloads/tpcc/population.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "workloads/random.h"
#include "workloads/tpcc/nurand.h"
#include "workloads/ycsb_load.h"

namespace upout::workloads::tpcc {

using kernel::Key;

namespace {

constexpr std::uint64_t load_seed = 0x7470;  // of all that is loaded: it is the same in every run

/// What a row of the key is drawn from.
Random random_of(Key key) noexcept {
  return {load_seed, key};
}

/// `least` letters and digits, up to as many as fit; then zeros.
template <std::size_t size>
void draw_text(Random& random, Text<size>& text, std::size_t least) noexcept {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const std::size_t length = least + random.below(size - least + 1);
  for (std::size_t at = 0; at < length;) {
    std::uint64_t bits = random.next();
    for (const std::size_t end = std::min(at + 8, length); at < end; ++at, bits >>= 8)
      text[at] = letters[(bits & 0xff) * letters.size() >> 8];
  }
  std::fill(text.begin() + static_cast<std::ptrdiff_t>(length), text.end(), '\0');
}

template <std::size_t size>
void draw_digits(Random& random, Text<size>& text, std::size_t count) noexcept {
  for (char& digit : std::span(text).first(count)) digit = static_cast<char>('0' + random.below(10));
}

void draw(Random& random, Address& address) noexcept {
  draw_text(random, address.street_1, 10);
  draw_text(random, address.street_2, 10);
  draw_text(random, address.city, 10);
  draw_text(random, address.state, address.state.size());
  draw_digits(random, address.zip, 4);
  std::fill(address.zip.begin() + 4, address.zip.end(), '1');
}

/// S_DATA and I_DATA: of one in ten "ORIGINAL" stands somewhere in it.
void draw_brand(Random& random, Text<50>& data) noexcept {
  constexpr std::string_view original = "ORIGINAL";
  draw_text(random, data, 26);
  if (random.below(10) != 0) return;
  const std::size_t at = random.below(text_of(data).size() - original.size() + 1);
  std::copy(original.begin(), original.end(), data.begin() + static_cast<std::ptrdiff_t>(at));
}

// Of a customer, what stands first in the sequence that he is drawn from.

std::uint32_t draw_name(Random& random, const Scale& scale, std::uint32_t customer) noexcept {
  const std::uint32_t drawn = draw_last_name(random, NurandConstants::last_name_of_load, scale);
  return customer <= Scale::first_names ? customer - 1 : drawn;
}

struct NameDrawn {
  std::uint32_t last = 0;
  Text<16> first{};
  std::uint16_t customer = 0;
};

NameDrawn name_drawn(const Scale& scale, const Place& place, std::uint32_t customer) noexcept {
  Random random = random_of(customer_key(place, customer));
  NameDrawn name;
  name.last = draw_name(random, scale, customer);
  draw_text(random, name.first, 8);
  name.customer = static_cast<std::uint16_t>(customer);
  return name;
}

template <class Row>
std::span<const std::byte> write(const Row& row, std::span<std::byte> value) noexcept {
  const auto bytes = bytes_of(row);
  std::memcpy(value.data(), bytes.data(), bytes.size());
  return value.first(bytes.size());
}

}  // namespace

std::string describe(Key key) {
  constexpr std::array<std::string_view, tables> names{
      "warehouse",
      "district",
      "oldest undelivered order",
      "customer",
      "last order of customer",
      "last name",
      "history",
      "new-order",
      "order",
      "order line",
      "item",
      "stock of item",
  };
  const Place place = place_of(key);
  const Table table = table_of(key);
  const auto name = names[std::min(static_cast<std::size_t>(table), tables - 1)];
  std::string warehouse = fmt::format("warehouse {}", place.warehouse + 1);
  std::string district = fmt::format("district {} of {}", place.district + 1, warehouse);
  switch (table) {
    case Table::warehouse:
      return warehouse;
    case Table::district:
      return district;
    case Table::undelivered:
      return fmt::format("{} of {}", name, district);
    case Table::item:
    case Table::stock:
      return fmt::format("{} {} of {}", name, row_of(key), warehouse);
    case Table::order_line:
      return fmt::format("{} {} of order {} in {}", name, line_of(key), order_of_line(key), district);
    default:
      return fmt::format("{} {} in {}", name, row_of(key), district);
  }
}

// Rows
// ----------------------------------------------------------------------------------------------------------

std::uint32_t price_of(std::uint32_t item) noexcept {
  Random random = random_of(item_key(0, item));
  return between(random, 100, 10'000);
}

Text<24> district_info_of(std::uint32_t warehouse, std::uint32_t item, std::uint32_t district) noexcept {
  Random random(load_seed + 1, stock_key(warehouse, item) << 4 | district);
  Text<24> info;
  draw_text(random, info, info.size());
  return info;
}

std::uint32_t loaded_lines(const Place& place, std::uint32_t order) noexcept {
  Random random = random_of(order_key(place, order));
  return between(random, 5, 15);
}

WarehouseRow loaded_warehouse(const Scale& scale, std::uint32_t warehouse) noexcept {
  Random random = random_of(warehouse_key(warehouse));
  WarehouseRow row;
  draw_text(random, row.name, 6);
  draw(random, row.address);
  row.tax = between(random, 0, 2000);
  row.ytd = paid_at_load * scale.customers * Scale::districts;
  return row;
}

DistrictRow loaded_district(const Scale& scale, const Place& place) noexcept {
  Random random = random_of(district_key(place));
  DistrictRow row;
  draw_text(random, row.name, 6);
  draw(random, row.address);
  row.tax = between(random, 0, 2000);
  row.ytd = paid_at_load * scale.customers;
  row.next_order = scale.orders() + 1;
  row.next_history = scale.customers + 1;
  return row;
}

HistoryRow loaded_history(const Place& place, std::uint32_t number) noexcept {
  Random random = random_of(history_key(place, number));
  HistoryRow row;
  row.date = date_of_load;
  row.amount = paid_at_load;
  row.customer = number;
  row.customer_district = place.district;
  row.customer_warehouse = place.warehouse;
  draw_text(random, row.data, 12);
  return row;
}

OrderLineRow loaded_line(const Scale& scale, const Place& place, std::uint32_t order,
                         std::uint32_t line) noexcept {
  Random random = random_of(order_line_key(place, order, line));
  OrderLineRow row;
  const bool is_delivered = order <= scale.delivered();
  row.delivery_date = is_delivered ? date_of_load : 0;
  row.amount = is_delivered ? 0 : between(random, 1, 999'999);
  row.quantity = 5;
  row.item = between(random, 1, scale.items);
  row.supply_warehouse = place.warehouse;
  draw_text(random, row.district_info, row.district_info.size());
  return row;
}

/// The same in each warehouse.
ItemRow loaded_item(std::uint32_t item) noexcept {
  Random random = random_of(item_key(0, item));
  ItemRow row;
  row.price = between(random, 100, 10'000);
  row.image = between(random, 1, 10'000);
  draw_text(random, row.name, 14);
  draw_brand(random, row.data);
  return row;
}

StockRow loaded_stock(std::uint32_t warehouse, std::uint32_t item) noexcept {
  Random random = random_of(stock_key(warehouse, item));
  StockRow row;
  row.level.quantity = between(random, 10, 100);
  draw_brand(random, row.data);
  for (std::uint32_t district = 0; district < Scale::districts; ++district)
    row.district_info[district] = district_info_of(warehouse, item, district);
  return row;
}

District::District(const Scale& scale, const Place& place)
    : scale_(scale),
      place_(place),
      customer_of_(scale.orders()),
      order_of_(scale.customers),
      name_begins_(scale.names() + 1) {
  // Fisher and Yates, in Durstenfeld's form ("Algorithm 235: Random permutation", CACM 1964).
  Random random(load_seed + 2, district_key(place));
  std::iota(customer_of_.begin(), customer_of_.end(), std::uint16_t{1});
  for (std::size_t i = customer_of_.size(); i > 1; --i)
    std::swap(customer_of_[i - 1], customer_of_[random.below(i)]);
  for (std::size_t order = 0; order < customer_of_.size(); ++order)
    order_of_[customer_of_[order] - 1U] = static_cast<std::uint16_t>(order + 1);

  std::vector<NameDrawn> names;
  for (std::uint32_t customer = 1; customer <= scale.customers; ++customer)
    names.push_back(name_drawn(scale, place, customer));
  std::ranges::sort(names, [](const NameDrawn& a, const NameDrawn& b) {
    return std::tie(a.last, a.first, a.customer) < std::tie(b.last, b.first, b.customer);
  });
  for (const NameDrawn& name : names) {
    ++name_begins_[name.last + 1];
    by_name_.push_back(name.customer);
  }
  std::partial_sum(name_begins_.begin(), name_begins_.end(), name_begins_.begin());
}

CustomerRow District::customer(std::uint32_t customer) const noexcept {
  Random random = random_of(customer_key(place_, customer));
  CustomerRow row;
  row.last = last_name_text(draw_name(random, scale_, customer));
  draw_text(random, row.first, 8);
  row.middle = {'O', 'E'};
  draw(random, row.address);
  draw_digits(random, row.phone, row.phone.size());
  row.credit = {random.below(10) == 0 ? 'B' : 'G', 'C'};
  row.discount = between(random, 0, 5000);
  row.since = date_of_load;
  row.credit_limit = 5'000'000;
  row.account = {.balance = -paid_at_load, .ytd_payment = paid_at_load, .payments = 1, .deliveries = 0};
  draw_text(random, row.data, 300);
  return row;
}

OrderRow District::order(std::uint32_t order) const noexcept {
  Random random = random_of(order_key(place_, order));
  OrderRow row;
  row.lines = between(random, 5, 15);
  row.carrier = order <= scale_.delivered() ? between(random, 1, 10) : 0;
  row.customer = customer_of(order);
  row.entry_date = date_of_load;
  row.is_local = 1;
  return row;
}

std::uint32_t District::first_item() const noexcept {
  return static_cast<std::uint32_t>(share_of(scale_.items, {place_.district, Scale::districts}).begin) + 1;
}
std::uint32_t District::last_item() const noexcept {
  return static_cast<std::uint32_t>(share_of(scale_.items, {place_.district, Scale::districts}).end);
}

std::span<const std::byte> write_loaded(const District& district, Key key,
                                        std::span<std::byte> value) noexcept {
  const Place place = place_of(key);
  const std::uint32_t row = row_of(key);
  switch (table_of(key)) {
    case Table::warehouse:
      return write(loaded_warehouse(district.scale(), place.warehouse), value);
    case Table::district:
      return write(loaded_district(district.scale(), place), value);
    case Table::undelivered:
      return write(OrderNumberRow{district.scale().delivered() + 1}, value);
    case Table::customer:
      return write(district.customer(row), value);
    case Table::last_order:
      return write(OrderNumberRow{district.order_of(row)}, value);
    case Table::last_name: {
      const auto ids = std::as_bytes(district.namesakes(row));
      std::memcpy(value.data(), ids.data(), ids.size());
      return value.first(ids.size());
    }
    case Table::history:
      return write(loaded_history(place, row), value);
    case Table::new_order:
      return write(NewOrderRow{row, place.district}, value);
    case Table::order:
      return write(district.order(row), value);
    case Table::order_line:
      return write(loaded_line(district.scale(), place, order_of_line(key), line_of(key)), value);
    case Table::item:
      return write(loaded_item(row), value);
    case Table::stock:
      return write(loaded_stock(place.warehouse, row), value);
  }
  return {};
}

// All of them
// ----------------------------------------------------------------------------------------------------------

void add_lasting_rows(const District& district, KeyRuns& keys) {
  const Scale& scale = district.scale();
  const Place& place = district.place();
  if (place.district == 0) keys.add(warehouse_key(place.warehouse), 1);
  const std::uint32_t first = district.first_item();
  const std::uint32_t count = district.last_item() + 1 - first;
  keys.add(item_key(place.warehouse, first), count);
  keys.add(stock_key(place.warehouse, first), count);
  keys.add(customer_key(place, 1), scale.customers);
  keys.add(last_order_key(place, 1), scale.customers);
  keys.add(last_name_key(place, 0), scale.names());
}

void add_loaded_rows(const District& district, KeyRuns& keys) {
  const Scale& scale = district.scale();
  const Place& place = district.place();
  keys.add(district_key(place), 1);
  keys.add(undelivered_key(place), 1);
  add_lasting_rows(district, keys);
  keys.add(history_key(place, 1), scale.customers);
  keys.add(order_key(place, 1), scale.orders());
  keys.add(new_order_key(place, scale.delivered() + 1), scale.orders() - scale.delivered());
  for (std::uint32_t order = 1; order <= scale.orders(); ++order)
    keys.add(order_line_key(place, order, 1), loaded_lines(place, order));
}

Totals totals_of(const Scale& scale) {
  const std::uint64_t new_orders = scale.orders() - scale.delivered();
  const std::uint64_t customers = scale.customers;
  Totals district{.records = 2 + 2 * customers + scale.names() + customers + scale.orders() + new_orders,
                  .bytes = sizeof(DistrictRow) + sizeof(OrderNumberRow) +
                           customers * (sizeof(CustomerRow) + sizeof(OrderNumberRow) + sizeof(std::uint16_t) +
                                        sizeof(HistoryRow) + sizeof(OrderRow)) +
                           new_orders * sizeof(NewOrderRow)};
  Totals totals{
      .records = scale.warehouses * (1 + 2 * std::uint64_t{scale.items}),
      .bytes = scale.warehouses *
               (sizeof(WarehouseRow) + std::uint64_t{scale.items} * (sizeof(ItemRow) + sizeof(StockRow)))};
  for (std::uint32_t warehouse = 0; warehouse < scale.warehouses; ++warehouse) {
    for (std::uint32_t number = 0; number < Scale::districts; ++number) {
      std::uint64_t lines = 0;
      for (std::uint32_t order = 1; order <= scale.orders(); ++order)
        lines += loaded_lines({warehouse, number}, order);
      totals.records += district.records + lines;
      totals.bytes += district.bytes + lines * sizeof(OrderLineRow);
    }
  }
  return totals;
}

}  // namespace upout::workloads::tpcc
