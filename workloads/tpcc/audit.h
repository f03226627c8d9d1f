#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/slot_memory.h"
#include "workloads/tpcc/load.h"
#include "workloads/tpcc/population.h"
#include "workloads/workload.h"

namespace upout::workloads::tpcc {

/// Reads all rows of the worker's share of the districts, one district after the other: first its counters,
/// then its orders, whose number these tell, then all else. Every byte is compared with what the load has
/// written, or with what transactions can make of it, and TPC-C's consistency conditions (revision 5.11,
/// clause 3.3.2) are checked.
///
/// What has to agree with rows of other districts, which may be another worker's to check, goes into the sum:
/// what has been paid in them with a warehouse's W_YTD (condition 8) and a customer's balance (condition 10),
/// what has been ordered with a stock's numbers. Both sides are added up with a weight for each warehouse,
/// customer or stock, one of them negatively: so they come to nothing if they agree, and a difference in one
/// does not make up for one in another. What is left of the sum is what the workers know (sums.h).
///
/// While answers are awaited that tell what is to be read next, the district's row is read again, for a
/// stream that has nothing to offer would have ended.
class Audit final : public AuditStream {
 public:
  Audit(const Scale& scale, WorkerSlot slot, std::size_t depth, std::span<const WriterProgress> writers);

  std::size_t next(std::span<kernel::Operation* const> free) override;
  void complete(std::span<kernel::Operation* const> done) override;
  std::uint64_t failed() const override { return failed_; }
  const AuditResult& result() const override { return result_; }

  /// By bit: the consistency conditions that have been found violated.
  std::uint32_t violated() const noexcept { return violated_; }

 private:
  enum class Stage : std::uint8_t { heads, orders, rest, done };

  struct OrderSeen {
    std::uint64_t amount = 0;  ///< of its lines that have been delivered
    std::uint32_t customer = 0;
    std::uint8_t lines = 0;  ///< as it says
    std::uint8_t carrier = 0;
    std::uint8_t lines_found = 0;
    std::uint8_t lines_delivered = 0;
    bool is_there = false;
    bool is_new = false;  ///< it is in NEW-ORDER
    bool is_local = false;
    bool has_remote_line = false;
  };
  struct CustomerSeen {
    Account account;
    std::uint64_t last_order = 0;
    std::uint64_t delivered = 0;  ///< what orders come to,
    std::uint32_t deliveries = 0;
    std::uint64_t latest = 0;
  };
  /// What has been found of the district that is under way.
  struct Found {
    DistrictRow district;
    std::uint64_t undelivered = 0;
    std::int64_t paid = 0;  ///< sum of its H_AMOUNT
    std::uint64_t lines = 0;
    bool is_beyond = false;          ///< there is an order, or a payment, that its counter does not know
    std::int64_t warehouse_ytd = 0;  ///< with the first district of a warehouse,
    std::int64_t districts_ytd = 0;  ///< sum of all ten
    Text<24> history_data{};
    std::vector<OrderSeen> orders;  ///< by number; the one behind the last must not be there
    std::vector<CustomerSeen> customers;

    OrderSeen& order(std::uint32_t number) { return orders[number - 1]; }
    CustomerSeen& customer(std::uint32_t number) { return customers[number - 1]; }
  };

  // What is read
  bool advance();
  void begin_district();
  void begin_orders();
  void begin_rest();
  std::uint32_t bounded(std::uint32_t counter, std::uint32_t loaded, kernel::Key key);

  // What has been found
  void check(const kernel::Operation& operation);
  void miss(const kernel::Operation& operation);
  bool is_optional(kernel::Key key) const noexcept;
  bool is_other_district(kernel::Key key) const noexcept;
  bool inspect(kernel::Key key, std::span<const std::byte> value);
  bool is_sound(kernel::Key key, const WarehouseRow& row);
  bool is_sound(kernel::Key key, const DistrictRow& row);
  bool is_sound(kernel::Key key, const CustomerRow& row);
  bool is_sound(kernel::Key key, const OrderNumberRow& row);
  bool is_sound(kernel::Key key, const HistoryRow& row);
  bool is_sound(kernel::Key key, const NewOrderRow& row);
  bool is_sound(kernel::Key key, const OrderRow& row);
  bool is_sound(kernel::Key key, const OrderLineRow& row);
  bool is_sound(kernel::Key key, const ItemRow& row);
  bool is_sound(kernel::Key key, const StockRow& row);
  bool are_namesakes(kernel::Key key, std::span<const std::byte> value) const;

  // What holds between rows
  void check_conditions();
  void check_orders();
  void check_customers();
  void require(unsigned condition, bool holds, std::string_view of = {});
  void note_fault(const std::string& where, std::string_view fault);

  Scale scale_;
  Districts left_;
  std::optional<District> district_;  ///< that is under way
  Stage stage_ = Stage::done;
  KeyRuns keys_;               ///< left of the stage
  std::size_t in_flight_ = 0;  ///< of the stage
  std::vector<bool> repeats_;  ///< by slot: read while there is nothing to read, and not looked at
  SlotMemory outputs_;
  std::uint64_t most_added_;  ///< to any counter, by all workers together
  Found found_;
  AuditResult result_;
  std::uint64_t failed_ = 0;
  std::uint32_t violated_ = 0;
};

}  // namespace upout::workloads::tpcc
