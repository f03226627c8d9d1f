#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engines/partitioning.h"
#include "engines/session.h"
#include "engines/shared_memory/layout.h"
#include "kernel/store.h"
#include "kernel/worker.h"
#include "platform/error.h"
#include "platform/placement.h"

namespace upout::engines::shared_memory {

using Store = kernel::Store<kernel::Shared>;

/// A store that holds all records, and what one worker needs to use it.
struct OneStoreAccess {
  Store* store = nullptr;
  kernel::Worker* worker = nullptr;
};

/// One worker's way to the data under a placement. Made, used and destroyed on that worker's thread.
class Access {
 public:
  Access() = default;
  virtual ~Access() = default;
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  /// As a session's.
  virtual void submit(std::span<kernel::Operation* const> operations, Completed& done) = 0;
  virtual void poll(Completed& done) = 0;
  /// For transactions: null, if there are several stores.
  virtual OneStoreAccess one_store() { return {}; }
};

/// A store, and where it was asked to lie.
struct PlacedStore {
  std::unique_ptr<Store> store;
  platform::Placement asked;
};

/// How data and workers lie to each other: the stores, and each worker's way to them. One file for each kind,
/// one line in `placements()`. Made by the process's main thread; `access` is called by the workers, all at
/// once.
class Placement {
 public:
  Placement() = default;
  virtual ~Placement() = default;
  Placement(const Placement&) = delete;
  Placement& operator=(const Placement&) = delete;

  /// `log`: where what the worker changes goes, or null; outlives the access.
  virtual std::unique_ptr<Access> access(unsigned worker, kernel::LogWriter* log) = 0;
  /// As `access`, for any thread near `worker`: does everything itself, for no other worker may be there.
  virtual std::unique_ptr<Access> access_alone(unsigned worker, kernel::LogWriter* log) {
    return access(worker, log);
  }
  virtual std::span<const PlacedStore> stores() const = 0;
  /// Over how many partitions the keys are spread.
  virtual unsigned partitions() const = 0;
  /// How many copies of each record there are: every store has one, or just one has.
  virtual unsigned copies() const { return 1; }
  /// Records, each counted once; exact while no operation is under way.
  virtual std::size_t record_count() const = 0;
  /// Whether workers do operations for others, and so have to go on polling until nobody needs them.
  virtual bool delegates() const { return false; }
};

struct PlacementOptions {
  kernel::StoreOptions store;  ///< of all records; its memory is up to the placement
  PartitioningKind partitioning = PartitioningKind::hash;
  kernel::Key largest_key = 0;  ///< ends the last range
  bool yields = false;          ///< workers share processors: whoever has nothing to do gives its own away
};

struct PlacementKind {
  std::string_view name;
  std::string_view description;
  platform::Expected<std::unique_ptr<Placement>> (*create)(const Layout& layout,
                                                           const PlacementOptions& options);
};

/// All that there are.
std::span<const PlacementKind> placements();
/// The one of that name; an error that lists them all if there is none.
platform::Expected<PlacementKind> placement_named(std::string_view name);

// What kinds are made of
// -----------------------------------------------------------------------------------------------------------

platform::Expected<PlacedStore> make_store(const PlacementOptions& options, std::size_t expected_records,
                                           platform::Placement memory);
/// One for each island; `expected_records` in each.
platform::Expected<std::vector<PlacedStore>> make_island_stores(const Layout& layout,
                                                                const PlacementOptions& options,
                                                                std::size_t expected_records);
std::size_t records_in(std::span<const PlacedStore> stores);
/// A way to one partition a store by plain loads and stores, whatever node they are on.
std::unique_ptr<Access> reach_all(std::span<const PlacedStore> stores, const Partitioning& partitioning,
                                  kernel::LogWriter* log);

platform::Expected<std::unique_ptr<Placement>> create_os(const Layout&, const PlacementOptions&);
platform::Expected<std::unique_ptr<Placement>> create_interleave(const Layout&, const PlacementOptions&);
platform::Expected<std::unique_ptr<Placement>> create_partitioned(const Layout&, const PlacementOptions&);
platform::Expected<std::unique_ptr<Placement>> create_islands(const Layout&, const PlacementOptions&);
platform::Expected<std::unique_ptr<Placement>> create_replicated(const Layout&, const PlacementOptions&);

}  // namespace upout::engines::shared_memory
