#include <utility>
#include <vector>

#include "engines/scans.h"
#include "engines/shared_memory/one_store.h"
#include "engines/shared_memory/placement.h"

namespace upout::engines::shared_memory {

namespace {

/// Sorts operations by partition, and does each partition's at once.
class PartitionedAccess final : public Access {
 public:
  PartitionedAccess(std::span<const PlacedStore> stores, const Partitioning& partitioning,
                    kernel::LogWriter* log)
      : stores_(stores), scans_(partitioning), waiting_(stores.size()) {
    for (const PlacedStore& placed : stores)
      workers_.push_back(std::make_unique<kernel::Worker>(placed.store->heap(), log));
  }

  void submit(std::span<kernel::Operation* const> operations, Completed& done) override {
    const auto send = [this](std::uint32_t owner, kernel::Operation& operation) {
      waiting_[owner].push_back(&operation);
    };
    for (kernel::Operation* operation : operations) scans_.begin(*operation, send);
    // A scan over ranges goes on in the next one, up or down.
    for (bool again = true; again;) {
      again = false;
      for (std::size_t partition = 0; partition < waiting_.size(); ++partition) {
        again |= !waiting_[partition].empty();
        scans_.perform(waiting_[partition], *stores_[partition].store, *workers_[partition], done, send);
      }
    }
  }
  void poll(Completed&) override {}  // nothing is ever in flight between two calls

 private:
  std::span<const PlacedStore> stores_;
  Scans scans_;
  std::vector<std::unique_ptr<kernel::Worker>> workers_;  // by partition
  std::vector<kernel::OperationList> waiting_;            // by partition
};

class PartitionedPlacement final : public Placement {
 public:
  PartitionedPlacement(std::vector<PlacedStore> stores, const Partitioning& partitioning)
      : stores_(std::move(stores)), partitioning_(partitioning) {}

  std::unique_ptr<Access> access(unsigned, kernel::LogWriter* log) override {
    return reach_all(stores_, partitioning_, log);
  }
  std::span<const PlacedStore> stores() const override { return stores_; }
  unsigned partitions() const override { return partitioning_.partitions(); }
  std::size_t record_count() const override { return records_in(stores_); }

 private:
  std::vector<PlacedStore> stores_;
  Partitioning partitioning_;
};

}  // namespace

std::unique_ptr<Access> reach_all(std::span<const PlacedStore> stores, const Partitioning& partitioning,
                                  kernel::LogWriter* log) {
  return std::make_unique<PartitionedAccess>(stores, partitioning, log);
}

platform::Expected<std::unique_ptr<Placement>> create_partitioned(const Layout& layout,
                                                                  const PlacementOptions& options) {
  const auto count = static_cast<std::uint32_t>(layout.islands.size());
  if (count == 1) return create_one_store(options, layout.islands[0].memory);
  auto stores = make_island_stores(layout, options, options.store.expected_records / count + 1);
  if (!stores) return tl::unexpected(stores.error());
  return std::make_unique<PartitionedPlacement>(
      std::move(*stores), Partitioning(options.partitioning, count, options.largest_key));
}

}  // namespace upout::engines::shared_memory
