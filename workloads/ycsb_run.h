#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "workloads/choosers.h"
#include "workloads/insert_frontier.h"
#include "workloads/insert_ledger.h"
#include "workloads/slot_memory.h"
#include "workloads/workload.h"
#include "workloads/ycsb_settings.h"
#include "workloads/ycsb_value.h"

namespace upout::workloads {

/// Draws the kinds of operation by their shares.
class YcsbOperations {
 public:
  explicit YcsbOperations(const YcsbMix& mix);

  bool reads_alone() const { return kinds_[0] == kernel::OperationKind::get && limits_[0] == whole; }

  /// Without a branch, as none could be predicted.
  kernel::OperationKind next(Random& random) const noexcept {
    const std::uint64_t draw = random.next() >> 1;
    std::size_t i = 0;
    for (const std::uint64_t limit : limits_) i += draw >= limit ? 1 : 0;
    return kinds_[i];
  }

 private:
  static constexpr std::uint64_t whole = std::uint64_t{1} << 63;

  std::array<kernel::OperationKind, 5> kinds_{};  ///< those whose share is not 0
  /// Draws below limits_[i], and not below the one before, mean kinds_[i]; the last kind's limit is `whole`.
  std::array<std::uint64_t, 4> limits_{whole, whole, whole, whole};
};

/// Draws how many records a scan asks for.
class YcsbScanLengths {
 public:
  explicit YcsbScanLengths(const YcsbSettings& settings);

  std::uint32_t next(Random& random) const noexcept {
    const std::uint64_t beyond_least = is_zipfian_ ? ranks_.next(random) : random.below(lengths_);
    return static_cast<std::uint32_t>(least_ + beyond_least);
  }

 private:
  std::uint64_t least_;
  std::uint64_t lengths_;  ///< how many different ones there are
  bool is_zipfian_;
  ZipfianRanks ranks_;
};

/// One worker's stream of the measured operations.
class YcsbRun final : public RunStream {
 public:
  /// `settings` must outlive the stream. With a frontier, the stream tells there what it has added; needed
  /// for the distributions `latest` and `exponential`.
  YcsbRun(const YcsbSettings& settings, WorkerSlot slot, std::size_t depth, std::uint64_t seed,
          std::shared_ptr<InsertFrontier> frontier);

  std::size_t next(std::span<kernel::Operation* const> free) override;
  void complete(std::span<kernel::Operation* const> done) override;
  std::uint64_t failed() const override { return failed_; }
  WriterProgress progress() const override { return {writes_, inserts_.acknowledged()}; }

 private:
  /// How many bytes an operation of one kind writes and reads at most.
  struct Form {
    std::size_t input_bytes = 0;
    std::size_t output_bytes = 0;
  };

  /// What a scan has returned.
  struct Entries {
    std::size_t count = 0;
    kernel::Key first = 0;
    kernel::Key last = 0;
  };

  void bring_home(std::span<std::uint64_t> records);
  void fill_reads(std::span<kernel::Operation* const> free, std::span<const std::uint64_t> records);
  void fill_mixed(std::span<kernel::Operation* const> free, std::span<const std::uint64_t> records);
  void fill_insert(kernel::Operation& operation);
  void fill_input(kernel::Operation& operation);
  void take_form(kernel::Operation& operation, kernel::OperationKind kind);
  void fill_scan(kernel::Operation& operation);
  bool is_whole(const kernel::Operation& operation) const;
  void take_field(kernel::Operation& operation);
  std::optional<Entries> entries_of(const kernel::Operation& operation) const;
  bool is_whole_scan(const kernel::Operation& operation) const;
  Form& form_of(kernel::OperationKind kind) { return forms_[static_cast<std::size_t>(kind)]; }
  Version next_version() { return {slot_.index, ++writes_}; }
  std::size_t any_field() { return random_.below(format_.field_count()); }

  const YcsbSettings& settings_;
  ValueFormat format_;
  WorkerSlot slot_;
  YcsbOperations operations_;
  YcsbScanLengths scan_lengths_;
  std::vector<kernel::Key>
      last_keys_;  ///< the greatest of the loaded keys, as many as the longest scan takes
  Random random_;
  std::shared_ptr<InsertFrontier> frontier_;
  std::size_t place_ = 0;  ///< in the frontier
  Chooser chooser_;
  InsertLedger inserts_;
  std::vector<std::uint64_t> records_;                 ///< the batch that was chosen last
  std::array<Form, kernel::operation_kinds> forms_{};  ///< by kind
  SlotMemory inputs_;
  SlotMemory outputs_;
  std::uint64_t writes_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace upout::workloads
