#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "benchmarks/mpi/measurements.h"
#include "engines/shared_nothing/engine.h"
#include "kernel/concurrency_control.h"
#include "platform/error.h"
#include "platform/topology.h"

namespace upout::mpi_micro {

/// Transactions of two ranks, by the share of those that cross partitions: each reads nine records and
/// changes a tenth, all of its own rank's, or, if it crosses, half of them the other one's. Made and used by
/// both ranks together.
class TransactionBench {
 public:
  static platform::Expected<std::unique_ptr<TransactionBench>> create(const Settings& settings);

  /// Committed transactions a second of both ranks, with either concurrency control, share by share.
  std::vector<Measurement> measurements();
  /// Transactions that did not commit although they were begun again and again.
  std::uint64_t failed() const { return failed_; }

 private:
  using Engine = engines::shared_nothing::Engine;
  static constexpr std::array controls{kernel::ConcurrencyControl::occ, kernel::ConcurrencyControl::serial};

  explicit TransactionBench(const Settings& settings) : settings_(settings) {}

  double rate(Engine& engine, unsigned percent_crossing);

  Settings settings_;
  std::unique_ptr<platform::Topology> topology_;
  std::array<std::unique_ptr<Engine>, controls.size()> engines_;
  std::uint64_t failed_ = 0;
};

}  // namespace upout::mpi_micro
