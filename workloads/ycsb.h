#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/error.h"
#include "workloads/insert_frontier.h"
#include "workloads/properties.h"
#include "workloads/versioned_workload.h"
#include "workloads/workload.h"
#include "workloads/ycsb_settings.h"

namespace upout::workloads {

/// The mixes of YCSB's core workloads (Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC
/// 2010, and the project's files workloada to workloadf).
namespace ycsb_mixes {
inline constexpr YcsbMix a{0.5, 0.5, 0, 0, RequestDistribution::zipfian};
inline constexpr YcsbMix b{0.95, 0.05, 0, 0, RequestDistribution::zipfian};
inline constexpr YcsbMix c{1, 0, 0, 0, RequestDistribution::zipfian};
inline constexpr YcsbMix d{0.95, 0, 0.05, 0, RequestDistribution::latest};
inline constexpr YcsbMix e{0, 0, 0.05, 0, RequestDistribution::zipfian, 0.95, 100};
inline constexpr YcsbMix f{0.5, 0, 0, 0.5, RequestDistribution::zipfian};
/// What YCSB takes if a property file says nothing.
inline constexpr YcsbMix unset{};
}  // namespace ycsb_mixes

/// A workload of YCSB's core class: reads, writes and scans of records with fields. docs/workloads.md says
/// how it differs from YCSB.
class Ycsb final : public Workload, public VersionedWorkload {
 public:
  explicit Ycsb(YcsbSettings settings) : settings_(std::move(settings)), format_(settings_.format()) {}

  static platform::Expected<std::unique_ptr<Workload>> make(std::string_view name, const YcsbMix& preset,
                                                            const Properties& properties,
                                                            std::vector<std::string>& warnings);

  const YcsbSettings& settings() const { return settings_; }

  std::string_view name() const override { return settings_.name; }
  nlohmann::json properties() const override { return to_json(settings_); }
  std::uint64_t record_count() const override { return settings_.record_count; }
  std::size_t value_bytes() const override { return settings_.mean_value_bytes(); }
  bool needs_order() const override { return settings_.mix.scans > 0; }
  bool inserts() const override { return settings_.mix.inserts > 0; }
  RunLimits limits() const override { return settings_.limits; }
  std::size_t output_bytes() const override {
    return std::max(settings_.longest_value_bytes(), settings_.scan_bytes());
  }
  kernel::Key largest_key() const override;

  std::unique_ptr<OperationStream> load(WorkerSlot slot, std::size_t depth) const override;
  std::unique_ptr<RunStream> run(WorkerSlot slot, std::size_t depth, std::uint64_t seed) const override;
  std::unique_ptr<AuditStream> audit(WorkerSlot slot, std::size_t depth,
                                     std::span<const WriterProgress> writers) const override;
  std::uint64_t expected_records(std::span<const WriterProgress> writers) const override;

  platform::Expected<void> check_versions() const override;
  std::optional<Version> version_of(kernel::Key key, std::size_t offset,
                                    std::span<const std::byte> bytes) const override;

 private:
  /// The frontier that this process's run streams share; it lives as long as any of them does.
  std::shared_ptr<InsertFrontier> frontier(std::uint32_t workers) const;

  YcsbSettings settings_;
  ValueFormat format_;
  mutable std::mutex sharing_;
  mutable std::weak_ptr<InsertFrontier> frontier_;
};

}  // namespace upout::workloads
