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
#include "workloads/divisor.h"
#include "workloads/on_first_use.h"
#include "workloads/tatp_records.h"
#include "workloads/tatp_rows.h"
#include "workloads/tatp_text.h"
#include "workloads/transactions.h"

namespace upout::workloads {

struct TatpSettings {
  std::uint64_t subscribers = 100'000;
  bool is_uniform = false;  ///< subscribers are picked uniformly, not as TATP does
  CrossingSettings crossing;

  static constexpr std::uint64_t most_subscribers = std::uint64_t{1} << 30;
};

namespace tatp {

/// Picks one of `count` subscribers, 0 .. count-1: uniformly, or as TATP defines it for a population of
/// `count`, (rand(0, A) | rand(1, count)) mod count, by which those are picked most whose numbers have most
/// bits set. A value.
class SubscriberChooser {
 public:
  SubscriberChooser(std::uint64_t count, bool is_uniform) noexcept
      : count_(count), mask_(is_uniform ? 0 : mask_of(count)) {}

  /// A, which has all bits set from some bit downwards.
  static constexpr std::uint64_t mask_of(std::uint64_t count) noexcept {
    if (count <= 1'000'000) return 65'535;
    return count <= 10'000'000 ? 1'048'575 : 2'097'151;
  }

  std::uint64_t operator()(Random& random) const noexcept {
    if (mask_ == 0) return random.below(count_.value());
    const std::uint64_t bits = random.below(mask_ + 1);
    return count_.divide(bits | (1 + random.below(count_.value()))).remainder;
  }

 private:
  Divisor count_;
  std::uint64_t mask_;  ///< 0: uniform
};

}  // namespace tatp

/// TATP, the Telecom Application Transaction Processing benchmark (IBM Software Group, 2009): four tables
/// about subscribers of a mobile network and their seven transactions. A transaction that does not find what
/// it looks for, as a known share of them does not, ends without having changed anything, and commits. How
/// many forwardings there are, and what all numbers come to, is what was loaded and what committed
/// transactions have done to it.
class Tatp final : public TransactionWorkload {
 public:
  enum class Type : std::uint8_t {
    get_subscriber_data,
    get_new_destination,  ///< where an active special facility forwards a call to
    get_access_data,
    update_subscriber_data,  ///< a bit of the subscriber, and data_a of a special facility
    update_location,         ///< by number
    insert_call_forwarding,  ///< by number, for a special facility that is there
    delete_call_forwarding,  ///< by number
  };
  static constexpr std::array<std::string_view, 7> types{
      "get_subscriber_data", "get_new_destination",    "get_access_data",       "update_subscriber_data",
      "update_location",     "insert_call_forwarding", "delete_call_forwarding"};
  static constexpr std::array<unsigned, 7> percent{35, 10, 35, 2, 14, 2, 2};

  /// A transaction that crosses partitions does for a second subscriber what it does for the first.
  static constexpr std::size_t most_errands = 2;
  static constexpr std::size_t most_keys_each = 2 + tatp::types;

  struct Request {
    std::size_t type = 0;  ///< index into `types`
    std::array<tatp::Errand, most_errands> all_errands{};
    std::size_t errand_count = 0;
    std::array<kernel::Key, most_errands * most_keys_each> all_keys{};
    std::size_t key_count = 0;
    tatp::Effect effect;

    std::span<const tatp::Errand> errands() const noexcept {
      return std::span(all_errands).first(errand_count);
    }
    std::span<const kernel::Key> keys() const noexcept { return std::span(all_keys).first(key_count); }
    void add_key(kernel::Key key) noexcept { all_keys[key_count++] = key; }
  };

  class Stream final : public TransactionStream {
   public:
    Stream(const TatpSettings& settings, WorkerSlot slot, std::size_t depth, std::uint64_t seed,
           std::uint32_t stores);

    Request& draw(std::uint32_t slot);
    void ended(const Request& request, bool committed) {
      if (committed) {
        done_.rows += request.effect.rows;
        done_.sum += request.effect.sum;
      } else {
        ++failed_;
      }
    }
    WriterProgress progress() const override { return {.inserts = done_.rows, .sum = done_.sum}; }
    std::uint64_t failed() const override { return failed_; }

   private:
    tatp::Errand draw_errand(Type type, std::uint32_t partition);

    PartitionChooser partitions_;
    std::vector<KeyRange> subscribers_;              ///< by partition
    std::vector<tatp::SubscriberChooser> choosers_;  ///< of one within it
    Random random_;
    std::vector<Request> requests_;  ///< by slot
    tatp::Effect done_;
    std::uint64_t failed_ = 0;
  };

  explicit Tatp(TatpSettings settings)
      : settings_(settings),
        loaded_([subscribers = settings.subscribers] { return tatp::totals_of(subscribers); }) {}
  static platform::Expected<std::unique_ptr<Workload>> make(std::string_view name,
                                                            const Properties& properties,
                                                            std::vector<std::string>& warnings);

  std::string_view name() const override { return "tatp"; }
  nlohmann::json properties() const override;
  std::uint64_t record_count() const override { return loaded_.get().records; }
  std::size_t value_bytes() const override {
    const tatp::Totals& loaded = loaded_.get();
    return static_cast<std::size_t>((loaded.bytes + loaded.records - 1) / loaded.records);
  }
  std::size_t output_bytes() const override { return tatp::most_row_bytes + 1; }
  kernel::Key largest_key() const override { return tatp::keys_each * settings_.subscribers - 1; }
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
  static kernel::Task<bool> run(T& transaction, Type type, const tatp::Errand& errand, tatp::Effect& effect);

  TatpSettings settings_;
  OnFirstUse<tatp::Totals> loaded_;
};

template <engines::TransactionContext T>
kernel::Task<kernel::Verdict> Tatp::text(T& transaction, Request& request) {
  request.effect = {};
  for (const tatp::Errand& errand : request.errands()) {
    const bool goes_on = co_await run(transaction, static_cast<Type>(request.type), errand, request.effect);
    if (!goes_on) co_return kernel::Verdict::abort;
  }
  co_return kernel::Verdict::commit;
}

template <engines::TransactionContext T>
kernel::Task<bool> Tatp::run(T& transaction, Type type, const tatp::Errand& errand, tatp::Effect& effect) {
  switch (type) {
    case Type::get_subscriber_data:
      return tatp::get_subscriber_data(transaction, errand, effect);
    case Type::get_new_destination:
      return tatp::get_new_destination(transaction, errand, effect);
    case Type::get_access_data:
      return tatp::get_access_data(transaction, errand, effect);
    case Type::update_subscriber_data:
      return tatp::update_subscriber_data(transaction, errand, effect);
    case Type::update_location:
      return tatp::update_location(transaction, errand, effect);
    case Type::insert_call_forwarding:
      return tatp::insert_call_forwarding(transaction, errand, effect);
    case Type::delete_call_forwarding:
      break;
  }
  return tatp::delete_call_forwarding(transaction, errand, effect);
}

}  // namespace upout::workloads
