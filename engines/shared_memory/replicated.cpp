#include <array>
#include <utility>
#include <vector>

#include "engines/shared_memory/one_store.h"
#include "engines/shared_memory/placement.h"
#include "kernel/hash.h"

namespace upout::engines::shared_memory {

namespace {

/// Writers of the same key change the copies in the same order, because they hold its lock meanwhile. Readers
/// take no lock: for the moment that a write takes to reach all copies, two of them may see different values.
class WriteLocks {
 public:
  using Lock = kernel::PartitionLock<kernel::Shared>;
  Lock& of(kernel::Key key) noexcept { return locks_[kernel::KeyHash(key).bucket_bits() % locks_.size()]; }

 private:
  std::array<Lock, 1024> locks_;
};

/// Reads from the island's own copy, by the batch; writes to all.
class ReplicatedAccess final : public Access {
 public:
  ReplicatedAccess(std::span<const PlacedStore> stores, std::size_t nearest, WriteLocks& locks)
      : stores_(stores), nearest_(nearest), locks_(&locks) {
    for (const PlacedStore& placed : stores)
      workers_.push_back(std::make_unique<kernel::Worker>(placed.store->heap()));
  }

  void submit(std::span<kernel::Operation* const> operations, Completed& done) override {
    reads_.clear();
    for (kernel::Operation* operation : operations) {
      if (operation->kind == kernel::OperationKind::get || kernel::is_scan(operation->kind)) {
        reads_.push_back(operation);
      } else {
        write(*operation);
      }
    }
    stores_[nearest_].store->execute(*workers_[nearest_], reads_);
    done.append(operations);
  }
  void poll(Completed&) override {}  // nothing is ever in flight between two calls

 private:
  /// What the first copy says is the result. If a later one has no memory left, that is.
  void write(kernel::Operation& operation) {
    WriteLocks::Lock& lock = locks_->of(operation.key);
    for (kernel::Backoff backoff; !lock.try_lock();) backoff.wait();
    execute(0, operation);
    for (std::size_t copy = 1; copy < stores_.size() && operation.status == kernel::Status::ok; ++copy)
      execute(copy, operation);
    lock.unlock();
  }
  void execute(std::size_t copy, kernel::Operation& operation) {
    kernel::Operation* const one = &operation;
    stores_[copy].store->execute(*workers_[copy], std::span(&one, 1));
  }

  std::span<const PlacedStore> stores_;
  std::size_t nearest_;
  WriteLocks* locks_;
  std::vector<std::unique_ptr<kernel::Worker>> workers_;  // by copy
  kernel::OperationList reads_;
};

class ReplicatedPlacement final : public Placement {
 public:
  ReplicatedPlacement(Layout layout, std::vector<PlacedStore> stores)
      : layout_(std::move(layout)), stores_(std::move(stores)) {}

  std::unique_ptr<Access> access(unsigned worker, kernel::LogWriter*) override {
    return std::make_unique<ReplicatedAccess>(stores_, layout_.island_of_worker[worker], locks_);
  }
  std::span<const PlacedStore> stores() const override { return stores_; }
  unsigned partitions() const override { return 1; }
  unsigned copies() const override { return static_cast<unsigned>(stores_.size()); }
  std::size_t record_count() const override { return stores_[0].store->size(); }

 private:
  Layout layout_;
  std::vector<PlacedStore> stores_;  // a copy for each island
  WriteLocks locks_;
};

}  // namespace

platform::Expected<std::unique_ptr<Placement>> create_replicated(const Layout& layout,
                                                                 const PlacementOptions& options) {
  if (layout.islands.size() == 1) return create_one_store(options, layout.islands[0].memory);
  auto stores = make_island_stores(layout, options, options.store.expected_records);
  if (!stores) return tl::unexpected(stores.error());
  return std::make_unique<ReplicatedPlacement>(layout, std::move(*stores));
}

}  // namespace upout::engines::shared_memory
