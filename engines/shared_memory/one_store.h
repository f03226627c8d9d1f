#pragma once

#include <memory>
#include <span>

#include "engines/shared_memory/placement.h"
#include "kernel/worker.h"

namespace upout::engines::shared_memory {

/// A worker that does all operations itself, at once, on one store.
class DirectAccess final : public Access {
 public:
  DirectAccess(Store& store, kernel::LogWriter* log) : store_(&store), worker_(store.heap(), log) {}

  void submit(std::span<kernel::Operation* const> operations, Completed& done) override {
    store_->execute(worker_, operations);
    done.append(operations);
  }
  void poll(Completed&) override {}  // nothing is ever in flight between two calls
  OneStoreAccess one_store() override { return {store_, &worker_}; }

 private:
  Store* store_;
  kernel::Worker worker_;
};

/// A placement of one store, in `memory`, that every worker reaches.
platform::Expected<std::unique_ptr<Placement>> create_one_store(const PlacementOptions& options,
                                                                platform::Placement memory);

}  // namespace upout::engines::shared_memory
