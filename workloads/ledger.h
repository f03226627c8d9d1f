#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workloads/number_records.h"
#include "workloads/properties.h"
#include "workloads/workload.h"

namespace upout::workloads {

/// What one client has written: of each of its keys, the last number that it has tried to write, the last one
/// that was acknowledged, and the numbers before that which were not.
struct LedgerPage {
  struct Entry {
    std::uint64_t tried = 0;
    std::uint64_t acknowledged = 0;
  };

  WorkerSlot writer;
  std::vector<Entry> entries;  ///< of the keys writer.index, + writer.count, + 2 writer.count, ...

  /// By entry, in order: numbers that came back as failed. Those whose rank is gone, so that there are few.
  std::map<std::size_t, std::vector<std::uint64_t>> failed;

  kernel::Key key_of(std::size_t entry) const noexcept { return writer.index + entry * writer.count; }
  /// How many writes of numbers above that one were.
  std::uint64_t acknowledged_above(std::size_t entry, std::uint64_t number) const;
};

struct LedgerSettings {
  std::uint64_t records = 100'000;
  std::size_t value_bytes = 100;
  double read_share = 0.5;
};

/// Clients that keep books: each writes keys of its own, which nobody else does, with growing numbers, one
/// write of a key at a time, and reads any keys. So what was acknowledged and is not there any more shows,
/// one by one, whatever has happened to ranks in between. (A client that is gone has taken its book with it.)
class LedgerWorkload final : public Workload {
 public:
  static platform::Expected<std::unique_ptr<Workload>> make(std::string_view name,
                                                            const Properties& properties,
                                                            std::vector<std::string>& warnings);
  explicit LedgerWorkload(const LedgerSettings& settings) : settings_(settings) {}

  std::string_view name() const override { return "ledger"; }
  nlohmann::json properties() const override;
  std::uint64_t record_count() const override { return settings_.records; }
  std::size_t value_bytes() const override { return settings_.value_bytes; }
  bool needs_order() const override { return false; }
  bool keeps_ledger() const override { return true; }
  std::size_t output_bytes() const override { return settings_.value_bytes + 1; }
  kernel::Key largest_key() const override { return settings_.records - 1; }

  std::unique_ptr<OperationStream> load(WorkerSlot slot, std::size_t depth) const override;
  std::unique_ptr<RunStream> run(WorkerSlot slot, std::size_t depth, std::uint64_t seed) const override;
  /// The first one that is made in a process looks at the pages of all clients of that process.
  std::unique_ptr<AuditStream> audit(WorkerSlot slot, std::size_t depth,
                                     std::span<const WriterProgress> writers) const override;
  std::uint64_t expected_records(std::span<const WriterProgress>) const override { return settings_.records; }

 private:
  NumberRecords records() const;

  LedgerSettings settings_;
  mutable std::mutex mutex_;
  mutable std::vector<std::shared_ptr<const LedgerPage>> pages_;  ///< of clients that have begun
};

}  // namespace upout::workloads
