#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engines/transaction.h"
#include "kernel/retry.h"
#include "kernel/task.h"
#include "workloads/choosers.h"
#include "workloads/number_records.h"
#include "workloads/transactions.h"

namespace upout::workloads {

struct YcsbMultiSettings {
  std::uint64_t record_count = 1'000'000;
  std::size_t field_length = 100;  ///< of the record's only field
  std::uint32_t requests = 16;     ///< of a transaction
  double reads = 0.5;              ///< the share of reads among them
  bool is_zipfian = false;
  CrossingSettings crossing;

  static constexpr std::uint32_t most_requests = 64;
};

/// Transactions of some requests each, in the manner of DBx1000's YCSB (Yu et al., "Staring into the Abyss",
/// VLDB 2014): a request reads a record, or reads its counter and adds one to it. What all counters come to
/// is what has been committed.
class YcsbMulti final : public TransactionWorkload {
 public:
  static constexpr std::array<std::string_view, 2> types{"single_partition", "cross_partition"};

  struct Request {
    std::uint32_t slot = 0;
    std::size_t type = 0;  ///< index into `types`
    std::vector<kernel::Key> all_keys;
    std::uint64_t reads = 0;  ///< by bit: requests that read and change nothing
    std::span<std::byte> buffer;

    std::span<const kernel::Key> keys() const noexcept { return all_keys; }
    std::uint64_t updates() const noexcept {
      return all_keys.size() - static_cast<std::size_t>(std::popcount(reads));
    }
  };

  class Stream final : public TransactionStream {
   public:
    Stream(const YcsbMultiSettings& settings, WorkerSlot slot, std::size_t depth, std::uint64_t seed,
           std::uint32_t stores);

    Request& draw(std::uint32_t slot);
    void ended(const Request& request, bool committed) {
      if (committed) {
        increments_ += request.updates();
      } else {
        ++failed_;
      }
    }
    WriterProgress progress() const override { return {.sum = increments_}; }
    std::uint64_t failed() const override { return failed_; }

   private:
    kernel::Key draw_key(std::uint32_t partition, std::span<const kernel::Key> others);

    PartitionChooser partitions_;
    std::vector<KeyRange> ranges_;   ///< by partition
    std::vector<Chooser> choosers_;  ///< of a record within it
    std::vector<std::uint32_t> touched_;
    double read_share_;
    Random random_;
    SlotMemory buffers_;
    std::vector<Request> requests_;  ///< by slot
    std::uint64_t increments_ = 0;
    std::uint64_t failed_ = 0;
  };

  explicit YcsbMulti(YcsbMultiSettings settings) : settings_(settings) {}
  static platform::Expected<std::unique_ptr<Workload>> make(std::string_view name,
                                                            const Properties& properties,
                                                            std::vector<std::string>& warnings);

  std::string_view name() const override { return "ycsb-multi"; }
  nlohmann::json properties() const override;
  std::uint64_t record_count() const override { return settings_.record_count; }
  std::size_t value_bytes() const override { return settings_.field_length; }
  std::size_t output_bytes() const override { return settings_.field_length + 1; }
  kernel::Key largest_key() const override { return settings_.record_count - 1; }
  platform::Expected<void> check_deployment(unsigned workers, std::uint32_t stores) const override {
    return settings_.crossing.check(workers, stores, settings_.record_count, settings_.requests);
  }

  std::unique_ptr<OperationStream> load(WorkerSlot slot, std::size_t depth) const override;
  std::unique_ptr<AuditStream> audit(WorkerSlot slot, std::size_t depth,
                                     std::span<const WriterProgress> writers) const override;
  std::uint64_t expected_records(std::span<const WriterProgress>) const override {
    return settings_.record_count;
  }
  std::optional<std::uint64_t> expected_sum(std::span<const WriterProgress> writers) const override;

  std::unique_ptr<Stream> transactions(WorkerSlot slot, std::size_t depth, std::uint64_t seed,
                                       std::uint32_t stores) const {
    return std::make_unique<Stream>(settings_, slot, depth, seed, stores);
  }

  template <engines::TransactionContext T>
  static kernel::Task<kernel::Verdict> text(T& transaction, Request& request);

 private:
  NumberRecords records() const;

  YcsbMultiSettings settings_;
};

template <engines::TransactionContext T>
kernel::Task<kernel::Verdict> YcsbMulti::text(T& transaction, Request& request) {
  for (std::size_t i = 0; i < request.all_keys.size(); ++i) {
    const kernel::Key key = request.all_keys[i];
    const bool is_read = (request.reads >> i & 1) != 0;
    const auto bytes = is_read ? request.buffer : request.buffer.first(NumberRecords::number_bytes);
    std::uint32_t copied = 0;
    kernel::Status status = co_await transaction.read(key, 0, bytes, copied);
    if (status == kernel::Status::ok && !is_read) {
      std::uint64_t counter = 0;
      std::memcpy(&counter, bytes.data(), sizeof(counter));
      ++counter;
      std::memcpy(bytes.data(), &counter, sizeof(counter));
      status = co_await transaction.update(key, 0, bytes);
    }
    if (status != kernel::Status::ok || copied != bytes.size()) co_return kernel::Verdict::abort;
  }
  co_return kernel::Verdict::commit;
}

}  // namespace upout::workloads
