#include <utility>
#include <vector>

#include "engines/shared_memory/one_store.h"

namespace upout::engines::shared_memory {

namespace {

class OneStore final : public Placement {
 public:
  explicit OneStore(PlacedStore store) { stores_.push_back(std::move(store)); }

  std::unique_ptr<Access> access(unsigned, kernel::LogWriter* log) override {
    return std::make_unique<DirectAccess>(*stores_[0].store, log);
  }
  std::span<const PlacedStore> stores() const override { return stores_; }
  unsigned partitions() const override { return 1; }
  std::size_t record_count() const override { return records_in(stores_); }

 private:
  std::vector<PlacedStore> stores_;
};

}  // namespace

platform::Expected<std::unique_ptr<Placement>> create_one_store(const PlacementOptions& options,
                                                                platform::Placement memory) {
  auto store = make_store(options, options.store.expected_records, std::move(memory));
  if (!store) return tl::unexpected(store.error());
  return std::make_unique<OneStore>(std::move(*store));
}

platform::Expected<std::unique_ptr<Placement>> create_os(const Layout&, const PlacementOptions& options) {
  return create_one_store(options, platform::FirstTouch{});
}

platform::Expected<std::unique_ptr<Placement>> create_interleave(const Layout& layout,
                                                                 const PlacementOptions& options) {
  if (layout.memory_nodes.size() < 2) return create_one_store(options, platform::FirstTouch{});
  return create_one_store(options, platform::InterleavedOver{layout.memory_nodes});
}

}  // namespace upout::engines::shared_memory
