#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engines/engine.h"
#include "harness/closed_loop.h"
#include "harness/fault.h"
#include "harness/interrupt.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/run.h"
#include "platform/clock.h"
#include "platform/duration.h"
#include "platform/error.h"
#include "workloads/digest.h"
#include "workloads/workload.h"

namespace upout::harness {

static_assert(engines::Aggregate<workloads::Digest>);

/// What comes before and after that which is measured: all records are loaded, and read back and checked.
/// Each process of the deployment makes one; its calls are collective.
template <engines::Engine E>
class RecordsPhase {
 public:
  /// Keeps references to all of its arguments.
  RecordsPhase(E& engine, const workloads::Workload& workload, const RunOptions& options,
               const platform::Clock& clock, const Interrupt& interrupt, Progress& progress)
      : engine_(&engine),
        workload_(&workload),
        options_(&options),
        clock_(&clock),
        interrupt_(&interrupt),
        progress_(&progress),
        driven_(engine.local_shares()) {}

  platform::Expected<void> load() {
    std::atomic<std::uint64_t> local_failures{0};
    drive_all(
        "load", [&](engines::Share share) { return workload_->load(slot_of(share), options_->depth); },
        [&](const workloads::OperationStream& stream, engines::Share) { local_failures += stream.failed(); });
    std::uint64_t failures = local_failures;
    engine_->sum({&failures, 1});
    if (failures == 0) return {};
    return platform::unexpected("load", std::to_string(failures) + " records that could not be inserted",
                                "memory for " + std::to_string(workload_->record_count()) + " records of " +
                                    std::to_string(workload_->value_bytes()) + " bytes" + patience_text());
  }

  /// Checks all records and adds what it found to the verification; after the load also the digest.
  void audit(const std::string& after, std::span<const workloads::WriterProgress> writers,
             Verification& verification) {
    std::vector<workloads::AuditResult> shares(engine_->local_shares());
    drive_all(
        after == "load" ? "check the load" : "verify",
        [&](engines::Share share) { return workload_->audit(slot_of(share), options_->depth, writers); },
        [&](const workloads::AuditStream& stream, engines::Share share) {
          shares[share.local] = stream.result();
        });
    std::array<std::uint64_t, 7> sums{};
    std::string first_fault;
    for (const workloads::AuditResult& share : shares) {
      sums[0] += share.checked;
      sums[1] += share.missing;
      sums[2] += share.damaged;
      sums[3] += share.digest;
      sums[4] += share.sum;
      sums[5] += share.acknowledged;
      sums[6] += share.lost;
      if (first_fault.empty()) first_fault = share.first_fault;
    }
    engine_->sum(sums);
    const auto [checked, missing, damaged, digest, sum, acknowledged, lost] = sums;
    const std::uint64_t expected = workload_->expected_records(writers);
    const std::uint64_t present = engine_->record_count();
    const std::string of_all = " of " + std::to_string(expected);
    const std::string where = first_fault.empty() ? "" : "; first: " + first_fault;
    verification.checks.push_back({"after_" + after + "_records_present", missing == 0 && checked == expected,
                                   std::to_string(checked - missing) + of_all + " found" + where});
    verification.checks.push_back({"after_" + after + "_values_valid", damaged == 0,
                                   std::to_string(damaged) + of_all + " damaged" + where});
    verification.checks.push_back(
        {"after_" + after + "_record_count", present == expected,
         std::to_string(present) + " stored, " + std::to_string(expected) + " expected"});
    if (const auto right = workload_->expected_sum(writers)) {
      // Both modulo 2^64: their difference is what was lost, or was done twice.
      verification.checks.push_back(
          {"after_" + after + "_sum", sum == *right,
           std::to_string(sum) + " in all numbers together, " + std::to_string(*right) + " expected"});
    }
    if (after == "run" && workload_->keeps_ledger()) {
      ledger_ = LedgerReport{.acknowledged = acknowledged, .lost = lost};
      // Who did not want to wait for others has been told what that means.
      verification.checks.push_back({"after_run_acknowledged_present", lost == 0 || may_lose(),
                                     std::to_string(lost) + " of " + std::to_string(acknowledged) +
                                         " acknowledged writes lost" + where});
    }
    verification.checks.push_back(compare_with_all_there_is(after, present, digest));
    verification.records = present;
    if (after == "load") verification.digest = digest_text(digest);
  }

  /// Of the last audit after a run, if the workload keeps one.
  const std::optional<LedgerReport>& ledger() const noexcept { return ledger_; }

 private:
  using Session = typename E::Session;

  static workloads::WorkerSlot slot_of(engines::Share share) { return {share.index, share.count}; }

  /// Drives one stream a share to its end, without measuring.
  template <class MakeStream, class Use>
  void drive_all(const std::string& phase, MakeStream&& make_stream, Use&& use) {
    for (Counter& counter : driven_) counter.value.store(0);
    progress_->phase(phase, 0, [this] { return total_of(driven_); });
    engine_->run_in_shares([&](Session& session, engines::Share share) {
      if (interrupt_->requested()) return;
      const auto stream = make_stream(share);
      std::uint64_t completed = 0;
      ClosedLoop loop(session, *clock_, options_->depth);
      loop.drive(*stream, [&](auto done, auto, auto) {
        completed += done.size();
        driven_[share.local].value.store(completed, std::memory_order_relaxed);
        return !interrupt_->requested();
      });
      use(*stream, share);
    });
  }

  /// Ranks that do not hear of their copies in time do nothing that they are asked.
  std::string patience_text() const {
    if (options_->copies.copies == 1) return "";
    return ", and ranks that hear of each other within --failure-timeout " +
           platform::to_string(options_->failure_timeout) + ": a longer one, or a core for each";
  }

  /// With a rank, what it alone had acknowledged.
  bool may_lose() const {
    using engines::shared_nothing::Acknowledge;
    const Acknowledge acknowledge = options_->copies.acknowledge;
    return !options_->faults.empty() && (acknowledge == Acknowledge::none || acknowledge == Acknowledge::one);
  }

  /// What was found by key, against what is found by going through the stores, of all copies: a record that
  /// no key leads to shows, and a copy that is unlike the others.
  Check compare_with_all_there_is(const std::string& after, std::uint64_t records, std::uint64_t digest) {
    const workloads::Digest local = engine_->aggregate(workloads::Digest{}, engines::Copies::all);
    std::array<std::uint64_t, 2> found{local.records, local.sum};
    engine_->sum(found);
    const std::uint64_t copies = engine_->copies();
    const bool passed = found[0] == copies * records && found[1] == copies * digest;
    return {"after_" + after + "_stores_agree", passed,
            std::to_string(found[0]) + " records in all stores, " + std::to_string(copies * records) +
                " expected; their digest " + (found[1] == copies * digest ? "is" : "is not") +
                " that of what was read"};
  }

  static std::string digest_text(std::uint64_t digest) {
    constexpr const char* digits = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = 0; i < 16; ++i) text[15 - i] = digits[digest >> (4 * i) & 15];
    return text;
  }

  struct alignas(64) Counter {
    std::atomic<std::uint64_t> value{0};
  };
  std::uint64_t total_of(const std::vector<Counter>& counters) const {
    std::uint64_t sum = 0;
    for (const Counter& counter : counters) sum += counter.value.load(std::memory_order_relaxed);
    return sum * engine_->workers() /
           engine_->local_workers();  // this process's share stands for the others'
  }

  E* engine_;
  const workloads::Workload* workload_;
  const RunOptions* options_;
  const platform::Clock* clock_;
  const Interrupt* interrupt_;
  Progress* progress_;
  std::optional<LedgerReport> ledger_;
  std::vector<Counter> driven_;  ///< by local share: operations that have come back
};

}  // namespace upout::harness
