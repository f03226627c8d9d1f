#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernel/operation.h"

namespace upout::workloads {

/// Which worker of how many, over all threads and ranks of the deployment.
struct WorkerSlot {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
};

/// A stream of single-key operations for one worker: plain values, taken by the batch. It knows nothing of
/// engines; whoever drives it owns `depth` operations, numbered by `Operation::slot`, and keeps them in
/// flight. The stream owns the memory that their spans point to, one piece a slot. Used by one thread.
class OperationStream {
 public:
  virtual ~OperationStream() = default;

  /// Fills operations from the front with what is to be done next and returns how many it filled; fewer than
  /// were offered means that the stream has ended.
  virtual std::size_t next(std::span<kernel::Operation* const> free) = 0;

  /// Takes back operations that have been done, in any order; their slots are free from then on.
  virtual void complete(std::span<kernel::Operation* const> done) = 0;

  /// How many completed operations had a status that the workload did not expect.
  virtual std::uint64_t failed() const = 0;
};

/// What one worker has written since the load, as far as it was acknowledged: what an audit has to find
/// again.
struct WriterProgress {
  std::uint64_t writes = 0;   ///< versions that the worker has handed out (they are numbered from 1)
  std::uint64_t inserts = 0;  ///< records that it has added, less those that it has taken out (mod 2^64)
  std::uint64_t sum = 0;      ///< what its transactions have added to all numbers together (mod 2^64)
};

class RunStream : public OperationStream {
 public:
  virtual WriterProgress progress() const = 0;
};

/// What an audit of one worker's share of the records found; shares are merged by adding the counts.
struct AuditResult {
  std::uint64_t checked = 0;
  std::uint64_t missing = 0;  ///< records that must be there and are not
  std::uint64_t damaged = 0;  ///< values that no write of this run or its load can have left behind
  /// The sum (mod 2^64) of `digest_of` each: independent of order and partitioning.
  std::uint64_t digest = 0;
  std::uint64_t sum = 0;  ///< of all numbers (mod 2^64), where records hold one
  /// Of a workload that keeps a ledger: writes that were acknowledged, and of these, those that are gone.
  std::uint64_t acknowledged = 0;
  std::uint64_t lost = 0;
  std::string first_fault;  ///< the first missing or damaged record, in words; empty if there is none
};

/// When what is measured is over, as far as the workload's properties say so; 0: they do not.
struct RunLimits {
  std::uint64_t operations = 0;  ///< by all workers together
  std::uint64_t seconds = 0;
};

/// Reads every record that must be there and checks it.
class AuditStream : public OperationStream {
 public:
  virtual const AuditResult& result() const = 0;
};

/// How records are loaded, used and checked. What is measured are single-key operations (`run`), transactions
/// if it is a `TransactionWorkload` (workloads/transactions.h), or queries over all records if it is a
/// `QueryWorkload` (workloads/query_workload.h). Immutable but for what
/// the streams of one process share among themselves; streams may be made and used on any thread, and the
/// workload outlives them.
class Workload {
 public:
  virtual ~Workload() = default;

  virtual std::string_view name() const = 0;
  virtual nlohmann::json properties() const = 0;  ///< those that have an effect, with their values
  virtual std::uint64_t record_count() const = 0;
  virtual std::size_t value_bytes() const = 0;  ///< the size of one record's value, on average
  virtual bool needs_order() const = 0;         ///< it scans, so the store must keep its records in order
  virtual bool has_transactions() const { return false; }
  virtual bool has_queries() const { return false; }
  /// Its audit knows of each write that was acknowledged, whoever has gone meanwhile.
  virtual bool keeps_ledger() const { return false; }
  virtual bool inserts() const { return false; }   ///< while it is measured, and not only as it is loaded
  virtual RunLimits limits() const { return {}; }  ///< of a workload of single operations
  virtual std::size_t output_bytes() const = 0;  ///< the most that one operation returns, or a value if that
                                                 ///< is more
  /// No loaded record has a greater key: for those who deal out ranges.
  virtual kernel::Key largest_key() const = 0;

  virtual std::unique_ptr<OperationStream> load(WorkerSlot slot, std::size_t depth) const = 0;
  virtual std::unique_ptr<RunStream> run(WorkerSlot slot, std::size_t depth, std::uint64_t seed) const = 0;

  /// `writers` holds the progress of every worker of the deployment, by worker number.
  virtual std::unique_ptr<AuditStream> audit(WorkerSlot slot, std::size_t depth,
                                             std::span<const WriterProgress> writers) const = 0;
  /// How many records there must be, neither more nor less.
  virtual std::uint64_t expected_records(std::span<const WriterProgress> writers) const = 0;
  /// What all numbers must come to (mod 2^64), where records hold one.
  virtual std::optional<std::uint64_t> expected_sum(std::span<const WriterProgress>) const {
    return std::nullopt;
  }
};

}  // namespace upout::workloads
