#include <sched.h>

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "engines/ring.h"
#include "engines/scans.h"
#include "engines/shared_memory/one_store.h"
#include "engines/shared_memory/placement.h"
#include "kernel/reclamation.h"

namespace upout::engines::shared_memory {

namespace {

/// The most operations that one worker has delegated over one lane.
constexpr std::size_t lane_capacity = 512;

/// What one worker (the client) and one of another island (its server there) say to each other: operations to
/// do, and the same when they are done. Replies always find room: a client has never more under way than a
/// ring holds.
struct Lane {
  unsigned server = 0;
  Ring<kernel::Operation*, lane_capacity> requests;
  Ring<kernel::Operation*, lane_capacity> replies;
};

/// Lanes by client and island; none to the client's own.
using Lanes = std::vector<std::vector<std::unique_ptr<Lane>>>;

/// Each worker of an island serves as many clients as its neighbours, or one more.
Lanes lay_lanes(const Layout& layout) {
  Lanes lanes(layout.workers());
  for (unsigned client = 0; client < layout.workers(); ++client) {
    for (unsigned island = 0; island < layout.islands.size(); ++island) {
      auto& lane = lanes[client].emplace_back();
      if (island == layout.island_of_worker[client]) continue;
      const std::vector<unsigned>& servers = layout.islands[island].workers;
      lane = std::make_unique<Lane>();
      lane->server = servers[client % servers.size()];
    }
  }
  return lanes;
}

/// Does the operations on its own island's keys at once, sends the others there in batches, and does in a
/// batch what others have sent.
class IslandAccess final : public Access {
 public:
  IslandAccess(Store& store, kernel::LogWriter* log, Lanes& lanes, unsigned worker, unsigned island,
               const Partitioning& partitioning, bool yields)
      : store_(&store),
        worker_(store.heap(), log),
        own_island_(island),
        scans_(partitioning),
        yields_(yields) {
    for (const auto& lane : lanes[worker]) outward_.push_back({lane.get(), {}, 0});
    for (const auto& of_client : lanes) {
      for (const auto& lane : of_client) {
        if (lane != nullptr && lane->server == worker) inward_.push_back({lane.get(), 0});
      }
    }
  }

  void submit(std::span<kernel::Operation* const> operations, Completed& done) override {
    for (kernel::Operation* operation : operations) scans_.begin(*operation, Send{this});
    // First, so that others are at it meanwhile.
    delegate();
    perform_local(done);
  }

  void poll(Completed& done) override {
    const bool has_served = serve();
    const bool has_collected = collect(done);
    perform_local(done);  // the next parts of scans
    delegate();
    if (has_served || has_collected) return;
    kernel::announce_quiescent();
    if (yields_) sched_yield();
  }

 private:
  struct Outward {
    Lane* lane;  // null: the own island
    kernel::OperationList waiting;
    std::size_t in_flight;
  };
  struct Inward {
    Lane* lane;
    std::size_t taken;
  };

  struct Send {
    IslandAccess* access;
    void operator()(std::uint32_t owner, kernel::Operation& operation) const {
      (owner == access->own_island_ ? access->local_ : access->outward_[owner].waiting).push_back(&operation);
    }
  };

  void perform_local(Completed& done) { scans_.perform(local_, *store_, worker_, done, Send{this}); }

  void delegate() noexcept {
    for (Outward& outward : outward_) {
      if (outward.waiting.empty()) continue;
      const std::size_t room = lane_capacity - outward.in_flight;
      const std::size_t wanted = std::min(room, outward.waiting.size());
      const std::size_t sent =
          outward.lane->requests.push(std::span<kernel::Operation* const>(outward.waiting).first(wanted));
      outward.in_flight += sent;
      outward.waiting.drop_front(sent);
    }
  }

  /// All that has been sent is one batch.
  bool serve() {
    served_.clear();
    for (Inward& inward : inward_) {
      inward.taken = inward.lane->requests.pop(
          lane_capacity, [this](kernel::Operation* operation) { served_.push_back(operation); });
    }
    if (served_.empty()) return false;
    store_->execute(worker_, served_);
    std::span<kernel::Operation* const> rest(served_);
    for (const Inward& inward : inward_) {
      [[maybe_unused]] const std::size_t sent = inward.lane->replies.push(rest.first(inward.taken));
      assert(sent == inward.taken);
      rest = rest.subspan(inward.taken);
    }
    return true;
  }

  bool collect(Completed& done) {
    std::size_t collected = 0;
    for (Outward& outward : outward_) {
      if (outward.lane == nullptr) continue;
      const std::size_t back = outward.lane->replies.pop(
          lane_capacity, [&](kernel::Operation* operation) { scans_.end(*operation, done, Send{this}); });
      outward.in_flight -= back;
      collected += back;
    }
    return collected != 0;
  }

  Store* store_;
  kernel::Worker worker_;
  std::uint32_t own_island_;
  Scans scans_;
  bool yields_;
  std::vector<Outward> outward_;  ///< by island
  std::vector<Inward> inward_;    ///< from each client that this worker serves
  kernel::OperationList local_;
  kernel::OperationList served_;
};

class IslandPlacement final : public Placement {
 public:
  IslandPlacement(Layout layout, std::vector<PlacedStore> stores, const Partitioning& partitioning,
                  bool yields)
      : layout_(std::move(layout)),
        stores_(std::move(stores)),
        partitioning_(partitioning),
        yields_(yields),
        lanes_(lay_lanes(layout_)) {}

  std::unique_ptr<Access> access(unsigned worker, kernel::LogWriter* log) override {
    const unsigned island = layout_.island_of_worker[worker];
    return std::make_unique<IslandAccess>(*stores_[island].store, log, lanes_, worker, island, partitioning_,
                                          yields_);
  }
  std::unique_ptr<Access> access_alone(unsigned, kernel::LogWriter* log) override {
    return reach_all(stores_, partitioning_, log);
  }
  std::span<const PlacedStore> stores() const override { return stores_; }
  unsigned partitions() const override { return partitioning_.partitions(); }
  std::size_t record_count() const override { return records_in(stores_); }
  bool delegates() const override { return true; }

 private:
  Layout layout_;
  std::vector<PlacedStore> stores_;
  Partitioning partitioning_;
  bool yields_;
  Lanes lanes_;
};

}  // namespace

platform::Expected<std::unique_ptr<Placement>> create_islands(const Layout& layout,
                                                              const PlacementOptions& options) {
  const auto count = static_cast<std::uint32_t>(layout.islands.size());
  if (count == 1) return create_one_store(options, layout.islands[0].memory);
  auto stores = make_island_stores(layout, options, options.store.expected_records / count + 1);
  if (!stores) return tl::unexpected(stores.error());
  return std::make_unique<IslandPlacement>(layout, std::move(*stores),
                                           Partitioning(options.partitioning, count, options.largest_key),
                                           options.yields);
}

}  // namespace upout::engines::shared_memory
