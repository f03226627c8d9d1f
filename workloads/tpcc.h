#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engines/transaction.h"
#include "kernel/retry.h"
#include "kernel/task.h"
#include "workloads/on_first_use.h"
#include "workloads/tpcc/nurand.h"
#include "workloads/tpcc/population.h"
#include "workloads/tpcc/request.h"
#include "workloads/tpcc/text.h"
#include "workloads/transactions.h"

namespace upout::workloads {

struct TpccSettings {
  tpcc::Scale scale;
  std::array<double, 5> mix{0.45, 0.43, 0.04, 0.04, 0.04};  ///< by `Tpcc::types`
  double remote_lines = 1;      ///< percent of the lines of an order that come from another warehouse
  double remote_payments = 15;  ///< percent of payments that are another warehouse's customer's
  bool has_crossing = false;    ///< `crossing.percent` takes the place of those two
  CrossingSettings crossing{};

  /// A New-Order that crosses takes one line from each of the other ones.
  static constexpr std::uint32_t most_touched = tpcc::least_lines;

  /// Each has a warehouse at least: there may be fewer than workers, who share them then.
  std::uint32_t partitions_of(unsigned workers, std::uint32_t stores) const;
  /// With their number set.
  CrossingSettings crossing_of(unsigned workers, std::uint32_t stores) const;
};

/// TPC-C (Transaction Processing Performance Council, TPC Benchmark C, revision 5.11, 2010): nine tables
/// about a wholesale supplier's warehouses, and five transactions on them. Not an implementation that
/// complies with it: there are no terminals, no think times, and no durability. What is found after a run is
/// compared with the load byte by byte, and checked against the consistency conditions of clause 3.3.2
/// (workloads/tpcc/ audit.h).
class Tpcc final : public TransactionWorkload {
 public:
  enum class Type : std::uint8_t { new_order, payment, order_status, delivery, stock_level };
  static constexpr std::array<std::string_view, 5> types{"new_order", "payment", "order_status", "delivery",
                                                         "stock_level"};

  using Request = tpcc::Request;

  class Stream final : public TransactionStream {
   public:
    Stream(const TpccSettings& settings, WorkerSlot slot, std::size_t depth, std::uint64_t seed,
           std::uint32_t stores);

    Request& draw(std::uint32_t slot);
    void ended(const Request& request, bool committed) {
      if (committed) {
        done_.rows += request.effect.rows;
        done_.sum += request.effect.sum;
        done_.numbered += request.effect.numbered;
      } else if (!request.wants_abort) {
        ++failed_;
      }
    }
    WriterProgress progress() const override {
      return {.writes = done_.numbered, .inserts = done_.rows, .sum = done_.sum};
    }
    std::uint64_t failed() const override { return failed_; }

   private:
    std::uint32_t warehouse_in(std::uint32_t partition);
    std::uint32_t warehouse_besides(std::uint32_t warehouse);
    bool is_drawn(double percent) noexcept { return random_.unit() * 100 < percent; }
    std::span<const std::uint32_t> draw_partitions(Type type);
    void draw_new_order(Request& request, std::span<const std::uint32_t> partitions);
    void draw_payment(Request& request, std::span<const std::uint32_t> partitions);
    void draw_customer(Request& request);

    TpccSettings settings_;
    PartitionChooser partitions_;
    std::array<std::uint32_t, TpccSettings::most_touched> touched_{};
    tpcc::NurandConstants constants_;
    Random random_;
    std::uint64_t dates_ = tpcc::date_of_load;
    std::vector<Request> requests_;  ///< by slot
    tpcc::Effect done_;
    std::uint64_t failed_ = 0;
  };

  explicit Tpcc(const TpccSettings& settings)
      : settings_(settings), loaded_([scale = settings.scale] { return tpcc::totals_of(scale); }) {}
  static platform::Expected<std::unique_ptr<Workload>> make(std::string_view name,
                                                            const Properties& properties,
                                                            std::vector<std::string>& warnings);

  std::string_view name() const override { return "tpcc"; }
  nlohmann::json properties() const override;
  std::uint64_t record_count() const override { return loaded_.get().records; }
  std::size_t value_bytes() const override {
    const tpcc::Totals& loaded = loaded_.get();
    return static_cast<std::size_t>((loaded.bytes + loaded.records - 1) / loaded.records);
  }
  std::size_t output_bytes() const override { return tpcc::most_row_bytes + 1; }
  kernel::Key largest_key() const override { return tpcc::keys_each * settings_.scale.warehouses - 1; }
  platform::Expected<void> check_deployment(unsigned workers, std::uint32_t stores) const override;

  std::unique_ptr<OperationStream> load(WorkerSlot slot, std::size_t depth) const override;
  std::unique_ptr<AuditStream> audit(WorkerSlot slot, std::size_t depth,
                                     std::span<const WriterProgress> writers) const override;
  std::uint64_t expected_records(std::span<const WriterProgress> writers) const override;
  std::optional<std::uint64_t> expected_sum(std::span<const WriterProgress> writers) const override;

  std::unique_ptr<Stream> transactions(WorkerSlot slot, std::size_t depth, std::uint64_t seed,
                                       std::uint32_t stores) const {
    return std::make_unique<Stream>(settings_, slot, depth, seed, stores);
  }

  template <engines::TransactionContext T>
  static kernel::Task<kernel::Verdict> text(T& transaction, Request& request);

 private:
  template <engines::TransactionContext T>
  static kernel::Task<bool> run(T& transaction, Request& request);

  TpccSettings settings_;
  OnFirstUse<tpcc::Totals> loaded_;
};

template <engines::TransactionContext T>
kernel::Task<kernel::Verdict> Tpcc::text(T& transaction, Request& request) {
  request.effect = {};
  request.wants_abort = false;
  const bool goes_on = co_await run(transaction, request);
  co_return goes_on ? kernel::Verdict::commit : kernel::Verdict::abort;
}

template <engines::TransactionContext T>
kernel::Task<bool> Tpcc::run(T& transaction, Request& request) {
  switch (static_cast<Type>(request.type)) {
    case Type::new_order:
      return tpcc::new_order(transaction, request);
    case Type::payment:
      return tpcc::payment(transaction, request);
    case Type::order_status:
      return tpcc::order_status(transaction, request);
    case Type::delivery:
      return tpcc::delivery(transaction, request);
    case Type::stock_level:
      break;
  }
  return tpcc::stock_level(transaction, request);
}

}  // namespace upout::workloads
