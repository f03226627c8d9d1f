#include "workloads/ycsb.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "workloads/ycsb_audit.h"
#include "workloads/ycsb_load.h"
#include "workloads/ycsb_run.h"

namespace upout::workloads {

platform::Expected<std::unique_ptr<Workload>> Ycsb::make(std::string_view name, const YcsbMix& preset,
                                                         const Properties& properties,
                                                         std::vector<std::string>& warnings) {
  auto settings = read_ycsb_settings(name, preset, properties, warnings);
  if (!settings) return tl::unexpected(std::move(settings.error()));
  return std::make_unique<Ycsb>(*std::move(settings));
}

std::unique_ptr<OperationStream> Ycsb::load(WorkerSlot slot, std::size_t depth) const {
  return std::make_unique<YcsbLoad>(settings_, slot, depth);
}

std::unique_ptr<RunStream> Ycsb::run(WorkerSlot slot, std::size_t depth, std::uint64_t seed) const {
  const bool shares = settings_.mix.follows_inserts();
  return std::make_unique<YcsbRun>(settings_, slot, depth, seed, shares ? frontier(slot.count) : nullptr);
}

std::unique_ptr<AuditStream> Ycsb::audit(WorkerSlot slot, std::size_t depth,
                                         std::span<const WriterProgress> writers) const {
  return std::make_unique<YcsbAudit>(settings_, slot, depth, writers);
}

std::uint64_t Ycsb::expected_records(std::span<const WriterProgress> writers) const {
  std::uint64_t records = settings_.record_count;
  for (const WriterProgress& writer : writers) records += writer.inserts;
  return records;
}

kernel::Key Ycsb::largest_key() const {
  return settings_.hashed_order ? std::numeric_limits<kernel::Key>::max()
                                : settings_.key_of(settings_.record_count - 1);
}

platform::Expected<void> Ycsb::check_versions() const {
  const auto refuse = [&](const std::string& found, const std::string& expected) {
    return platform::unexpected("", fmt::format("{} with {}", found, name()), expected);
  };
  const YcsbMix& mix = settings_.mix;
  if (mix.scans > 0)
    return refuse("scans", "a workload without them, such as ycsb-a: they read many records at once");
  if ((mix.updates > 0 || mix.read_modify_writes > 0) && !settings_.write_all_fields &&
      settings_.field_count > 1) {
    return refuse(fmt::format("writes of one field of {}", settings_.field_count),
                  "writes of whole records: -p writeallfields=true, or -p fieldcount=1");
  }
  if (const std::size_t least = settings_.lengths().least(); least < ValueFormat::least_versioned_length) {
    return refuse(fmt::format("fields of {} bytes", least),
                  fmt::format("at least {}, in which there is room for the number of a write (fieldlength, "
                              "minfieldlength)",
                              ValueFormat::least_versioned_length));
  }
  return {};
}

std::optional<Version> Ycsb::version_of(kernel::Key key, std::size_t offset,
                                        std::span<const std::byte> bytes) const {
  return format_.version_of(bytes, key, offset);
}

std::shared_ptr<InsertFrontier> Ycsb::frontier(std::uint32_t workers) const {
  const std::scoped_lock lock(sharing_);
  std::shared_ptr<InsertFrontier> shared = frontier_.lock();
  if (!shared || shared->workers() != workers) {
    shared = std::make_shared<InsertFrontier>(workers);
    frontier_ = shared;
  }
  return shared;
}

}  // namespace upout::workloads
