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
#include "workloads/number_records.h"
#include "workloads/transactions.h"

namespace upout::workloads {

struct SmallBankSettings {
  std::uint64_t customers = 1'000'000;
  double hot_share = 0.25;       ///< of the customers of a partition
  double hot_probability = 0.9;  ///< that a customer is one of them
  CrossingSettings crossing;
};

/// SmallBank (Alomari et al., "The Cost of Serializability on Platforms That Use Snapshot Isolation", ICDE
/// 2008) with the six transactions and the mix of H-Store: customers with a savings and a checking account
/// each, under the keys 2c and 2c + 1. What all accounts come to is what they were loaded with and what
/// committed transactions have paid in and out.
class SmallBank final : public TransactionWorkload {
 public:
  enum class Type : std::uint8_t {
    amalgamate,        ///< all that the first customer has goes to the second one's checking account
    balance,           ///< what a customer has
    deposit_checking,  ///< 1.30 in
    send_payment,      ///< 5.00 from one checking account to another; not if there is less
    transact_savings,  ///< 20.20 in
    write_check,       ///< 5.00 out of the checking account, and a penalty of 0.01 if there is less in both
  };
  static constexpr std::array<std::string_view, 6> types{
      "amalgamate", "balance", "deposit_checking", "send_payment", "transact_savings", "write_check"};
  static constexpr std::array<unsigned, 6> percent{15, 15, 15, 25, 15, 15};

  static constexpr std::size_t most_accounts = 3;
  using Balances = std::array<std::int64_t, most_accounts>;  ///< in hundredths

  struct Request {
    std::size_t type = 0;  ///< index into `types`
    std::array<kernel::Key, most_accounts> accounts{};
    std::size_t account_count = 0;
    std::int64_t paid_in = 0;  ///< less what was paid out, by the last attempt
    bool wants_abort = false;  ///< the last attempt did

    std::span<const kernel::Key> keys() const noexcept { return std::span(accounts).first(account_count); }
  };

  class Stream final : public TransactionStream {
   public:
    Stream(const SmallBankSettings& settings, WorkerSlot slot, std::size_t depth, std::uint64_t seed,
           std::uint32_t stores);

    Request& draw(std::uint32_t slot);
    void ended(const Request& request, bool committed) {
      if (committed) {
        paid_in_ += static_cast<std::uint64_t>(request.paid_in);
      } else if (!request.wants_abort) {
        ++failed_;
      }
    }
    WriterProgress progress() const override { return {.sum = paid_in_}; }
    std::uint64_t failed() const override { return failed_; }

   private:
    std::uint64_t draw_customer(std::uint32_t partition);

    PartitionChooser partitions_;
    std::vector<KeyRange> customers_;  ///< by partition
    double hot_share_;
    double hot_probability_;
    Random random_;
    std::vector<Request> requests_;  ///< by slot
    std::uint64_t paid_in_ = 0;
    std::uint64_t failed_ = 0;
  };

  explicit SmallBank(SmallBankSettings settings) : settings_(settings) {}
  static platform::Expected<std::unique_ptr<Workload>> make(std::string_view name,
                                                            const Properties& properties,
                                                            std::vector<std::string>& warnings);

  std::string_view name() const override { return "smallbank"; }
  nlohmann::json properties() const override;
  std::uint64_t record_count() const override { return 2 * settings_.customers; }
  std::size_t value_bytes() const override { return NumberRecords::number_bytes; }
  std::size_t output_bytes() const override { return NumberRecords::number_bytes + 1; }
  kernel::Key largest_key() const override { return record_count() - 1; }
  /// A partition has two customers that are its own, at the least, beside one that it may share.
  platform::Expected<void> check_deployment(unsigned workers, std::uint32_t stores) const override {
    return settings_.crossing.check(workers, stores, record_count(), 6);
  }

  std::unique_ptr<OperationStream> load(WorkerSlot slot, std::size_t depth) const override;
  std::unique_ptr<AuditStream> audit(WorkerSlot slot, std::size_t depth,
                                     std::span<const WriterProgress> writers) const override;
  std::uint64_t expected_records(std::span<const WriterProgress>) const override { return record_count(); }
  std::optional<std::uint64_t> expected_sum(std::span<const WriterProgress> writers) const override;

  std::unique_ptr<Stream> transactions(WorkerSlot slot, std::size_t depth, std::uint64_t seed,
                                       std::uint32_t stores) const {
    return std::make_unique<Stream>(settings_, slot, depth, seed, stores);
  }

  /// What a transaction makes of the balances of its accounts, which are in the order of its keys. False: it
  /// wants to be aborted.
  static bool decide(Type type, Balances& balances) noexcept;

  template <engines::TransactionContext T>
  static kernel::Task<kernel::Verdict> text(T& transaction, Request& request);

 private:
  NumberRecords records() const;

  SmallBankSettings settings_;
};

template <engines::TransactionContext T>
kernel::Task<kernel::Verdict> SmallBank::text(T& transaction, Request& request) {
  request.wants_abort = false;
  request.paid_in = 0;
  Balances balances{};
  for (std::size_t i = 0; i < request.account_count; ++i) {
    std::uint32_t copied = 0;
    const auto bytes = std::as_writable_bytes(std::span(balances).subspan(i, 1));
    const kernel::Status status = co_await transaction.read(request.accounts[i], 0, bytes, copied);
    if (status != kernel::Status::ok || copied != bytes.size()) co_return kernel::Verdict::abort;
  }
  const Balances before = balances;
  if (!decide(static_cast<Type>(request.type), balances)) {
    request.wants_abort = true;
    co_return kernel::Verdict::abort;
  }
  for (std::size_t i = 0; i < request.account_count; ++i) {
    if (balances[i] == before[i]) continue;
    request.paid_in += balances[i] - before[i];
    const auto bytes = std::as_bytes(std::span(balances).subspan(i, 1));
    const kernel::Status status = co_await transaction.update(request.accounts[i], 0, bytes);
    if (status != kernel::Status::ok) co_return kernel::Verdict::abort;
  }
  co_return kernel::Verdict::commit;
}

}  // namespace upout::workloads
