#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "workloads/tpcc/keys.h"
#include "workloads/tpcc/rows.h"

/// What is loaded (TPC-C, revision 5.11, clause 4.3.3): the same in every run, each row determined by its key
/// and the scale, so that it can be told after the run what is left of it.
namespace upout::workloads::tpcc {

inline constexpr std::uint64_t date_of_load = 1;
inline constexpr std::int64_t paid_at_load = 1000;  ///< by each customer, 10.00

// Of a row, what others need to know
// ----------------------------------------------------------------------------------------------------------

std::uint32_t price_of(std::uint32_t item) noexcept;
/// S_DIST_xx: what an order line of that district says of a stock.
Text<24> district_info_of(std::uint32_t warehouse, std::uint32_t item, std::uint32_t district) noexcept;
/// The lines of a loaded order: 5 to 15.
std::uint32_t loaded_lines(const Place& place, std::uint32_t order) noexcept;

// Rows
// ----------------------------------------------------------------------------------------------------------

WarehouseRow loaded_warehouse(const Scale& scale, std::uint32_t warehouse) noexcept;
DistrictRow loaded_district(const Scale& scale, const Place& place) noexcept;
HistoryRow loaded_history(const Place& place, std::uint32_t number) noexcept;
OrderLineRow loaded_line(const Scale& scale, const Place& place, std::uint32_t order,
                         std::uint32_t line) noexcept;
ItemRow loaded_item(std::uint32_t item) noexcept;
StockRow loaded_stock(std::uint32_t warehouse, std::uint32_t item) noexcept;

/// One district as it is loaded, and its part of the warehouse's items and stocks: its keys, and rows that
/// depend on each other. Used by one thread.
class District {
 public:
  District(const Scale& scale, const Place& place);

  const Scale& scale() const noexcept { return scale_; }
  const Place& place() const noexcept { return place_; }

  /// Each customer has placed one order.
  std::uint32_t customer_of(std::uint32_t order) const noexcept { return customer_of_[order - 1]; }
  std::uint32_t order_of(std::uint32_t customer) const noexcept { return order_of_[customer - 1]; }
  /// The customers of that last name, by their first names.
  std::span<const std::uint16_t> namesakes(std::uint32_t name) const noexcept {
    return std::span(by_name_).subspan(name_begins_[name], name_begins_[name + 1] - name_begins_[name]);
  }

  CustomerRow customer(std::uint32_t customer) const noexcept;
  OrderRow order(std::uint32_t order) const noexcept;

  /// Its items, and stocks, are first .. last of the warehouse's.
  std::uint32_t first_item() const noexcept;
  std::uint32_t last_item() const noexcept;

 private:
  Scale scale_;
  Place place_;
  std::vector<std::uint16_t> customer_of_;  ///< by order
  std::vector<std::uint16_t> order_of_;     ///< by customer
  std::vector<std::uint16_t> by_name_;      ///< customers
  std::vector<std::uint32_t> name_begins_;  ///< in by_name_, and the end
};

/// Writes the row that is loaded under a key of the district, or of its part of the warehouse. The part of
/// `value` that it takes: at most `most_row_bytes`.
std::span<const std::byte> write_loaded(const District& district, kernel::Key key,
                                        std::span<std::byte> value) noexcept;

// All of them
// ----------------------------------------------------------------------------------------------------------

/// Keys in runs without gaps, which come one after the other.
class KeyRuns {
 public:
  void clear() noexcept {
    runs_.clear();
    at_ = 0;
  }
  void add(kernel::Key first, std::uint64_t count) {
    if (count != 0) runs_.push_back({first, count});
  }
  bool at_end() const noexcept { return at_ == runs_.size(); }
  /// Before the end.
  kernel::Key next() noexcept {
    Run& run = runs_[at_];
    const kernel::Key key = run.next++;
    if (--run.left == 0) ++at_;
    return key;
  }

 private:
  struct Run {
    kernel::Key next;
    std::uint64_t left;
  };
  std::vector<Run> runs_;
  std::size_t at_ = 0;
};

/// The rows of the district's customers, items and stocks, which are never more or fewer; with the first
/// district of a warehouse also the warehouse's row.
void add_lasting_rows(const District& district, KeyRuns& keys);
/// All that is loaded.
void add_loaded_rows(const District& district, KeyRuns& keys);

struct Totals {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< of their values
};
Totals totals_of(const Scale& scale);

}  // namespace upout::workloads::tpcc
