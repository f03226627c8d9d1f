#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "workloads/slot_memory.h"
#include "workloads/tpcc/population.h"
#include "workloads/workload.h"
#include "workloads/ycsb_load.h"

namespace upout::workloads::tpcc {

/// A worker's share of all districts, one after the other.
class Districts {
 public:
  Districts(const Scale& scale, WorkerSlot slot)
      : scale_(scale), left_(share_of(scale.warehouses * Scale::districts, slot)) {}

  bool at_end() const noexcept { return left_.begin == left_.end; }
  /// Before the end.
  District next() {
    const std::uint64_t number = left_.begin++;
    return {scale_,
            {static_cast<std::uint32_t>(number / Scale::districts),
             static_cast<std::uint32_t>(number % Scale::districts)}};
  }

 private:
  Scale scale_;
  RecordRange left_;
};

/// Inserts the rows of the worker's share of the districts.
class Load final : public OperationStream {
 public:
  Load(const Scale& scale, WorkerSlot slot, std::size_t depth);

  std::size_t next(std::span<kernel::Operation* const> free) override;
  void complete(std::span<kernel::Operation* const> done) override;
  std::uint64_t failed() const override { return failed_; }

 private:
  Districts left_;
  std::optional<District> district_;  ///< that is under way
  KeyRuns keys_;                      ///< left of it
  SlotMemory inputs_;
  std::uint64_t failed_ = 0;
};

}  // namespace upout::workloads::tpcc
