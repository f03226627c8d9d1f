#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "workloads/property_reader.h"
#include "workloads/random.h"
#include "workloads/record_streams.h"

namespace upout::workloads {

/// Rows of which every byte is determined by the key. A value.
struct LookupRecords {
  std::uint64_t records = 1'000'000;
  std::size_t value_bytes = 100;

  void write_value(std::span<std::byte> value, kernel::Key key) const { write_fill(value, key, 0); }
  bool is_sound(std::span<const std::byte> value, kernel::Key key) const {
    return value.size() == value_bytes && is_fill(value, key, 0);
  }
};

/// Reads rows picked at random, and looks at every byte.
class LookupRun final : public RunStream {
 public:
  LookupRun(const LookupRecords& records, WorkerSlot slot, std::size_t depth, std::uint64_t seed)
      : records_(records), random_(seed, slot.index), outputs_(depth, records.value_bytes + 1) {}

  std::size_t next(std::span<kernel::Operation* const> free) override {
    for (kernel::Operation* operation : free) {
      operation->kind = kernel::OperationKind::get;
      operation->key = random_.below(records_.records);
      operation->input = {};
      operation->input_offset = 0;
      operation->output = outputs_[operation->slot];  // a byte too long, so that a longer value shows
      operation->output_offset = 0;
    }
    return free.size();
  }
  void complete(std::span<kernel::Operation* const> done) override {
    for (const kernel::Operation* operation : done) {
      const bool is_right =
          operation->status == kernel::Status::ok &&
          records_.is_sound(operation->output.first(operation->output_size), operation->key);
      failed_ += is_right ? 0 : 1;
    }
  }
  std::uint64_t failed() const override { return failed_; }
  WriterProgress progress() const override { return {}; }

 private:
  LookupRecords records_;
  Random random_;
  SlotMemory outputs_;
  std::uint64_t failed_ = 0;
};

class Lookups final : public Workload {
 public:
  explicit Lookups(const LookupRecords& records) : records_(records) {}

  static platform::Expected<std::unique_ptr<Workload>> make(std::string_view name,
                                                            const Properties& properties,
                                                            std::vector<std::string>&) {
    constexpr auto known = std::to_array<std::string_view>({"rows", "rowbytes"});
    if (auto names = check_names(name, properties, known); !names) return tl::unexpected(names.error());
    LookupRecords records;
    PropertyReader read(properties);
    read.integer("rows", records.records, 1, std::uint64_t{1} << 40);
    read.integer("rowbytes", records.value_bytes, 0, kernel::max_value_bytes);
    if (read.error()) return tl::unexpected(*read.error());
    return std::make_unique<Lookups>(records);
  }

  std::string_view name() const override { return "lookups"; }
  nlohmann::json properties() const override {
    return {{"rows", records_.records}, {"rowbytes", records_.value_bytes}};
  }
  std::uint64_t record_count() const override { return records_.records; }
  std::size_t value_bytes() const override { return records_.value_bytes; }
  bool needs_order() const override { return false; }
  std::size_t output_bytes() const override { return records_.value_bytes + 1; }
  kernel::Key largest_key() const override { return records_.records - 1; }

  // Load
  std::unique_ptr<OperationStream> load(WorkerSlot slot, std::size_t depth) const override {
    return std::make_unique<RecordLoad<LookupRecords>>(records_, slot, depth);
  }
  // Run
  std::unique_ptr<RunStream> run(WorkerSlot slot, std::size_t depth, std::uint64_t seed) const override {
    return std::make_unique<LookupRun>(records_, slot, depth, seed);
  }
  // Verify
  std::unique_ptr<AuditStream> audit(WorkerSlot slot, std::size_t depth,
                                     std::span<const WriterProgress>) const override {
    return std::make_unique<RecordAudit<LookupRecords>>(records_, slot, depth);
  }
  std::uint64_t expected_records(std::span<const WriterProgress>) const override { return record_count(); }

 private:
  LookupRecords records_;
};

}  // namespace upout::workloads
