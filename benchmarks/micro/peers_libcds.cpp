#include <cds/container/feldman_hashmap_hp.h>
#include <cds/container/skip_list_map_hp.h>
#include <cds/gc/hp.h>
#include <cds/init.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "keys.h"
#include "peers.h"
#include "registry.h"

namespace upout::micro {

namespace {

using cds::gc::HP;

/// No hash: the keys are of fixed size and random bits already, as the map wants them.
using FeldmanMap = cds::container::FeldmanHashMap<HP, std::uint64_t, Value8>;

struct SkipListTraits : cds::container::skip_list::traits {
  using less = std::less<std::uint64_t>;
};
using SkipListMap = cds::container::SkipListMap<HP, std::uint64_t, Value8, SkipListTraits>;

/// The library in use, from before its first structure to after its last. Hazard pointers (Michael, 2004) are
/// the reclamation that it recommends; a thread gets as many as the skip list asks for.
class Library {
 public:
  Library() = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

 private:
  struct Initialized {
    Initialized() { cds::Initialize(); }
    ~Initialized() { cds::Terminate(); }
  };
  Initialized initialized_;
  HP hazard_pointers_{SkipListMap::c_nHazardPtrCount};
};

/// What every thread that touches a structure must hold.
class Attachment {
 public:
  Attachment() { cds::threading::Manager::attachThread(); }
  ~Attachment() { cds::threading::Manager::detachThread(); }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
};

/// A map and the library that it needs. Whoever destroys it is no attached thread.
template <class Map>
class Loaded {
 public:
  template <class... Sizes>
  explicit Loaded(std::shared_ptr<Library> library, Sizes... sizes) : library_(std::move(library)) {
    const Attachment attachment;
    map_ = std::make_unique<Map>(sizes...);
    for (std::uint64_t number = 0; number < record_count; ++number) map_->insert(key_of(number), number);
  }
  Loaded(Loaded&&) noexcept = default;
  Loaded& operator=(Loaded&&) = delete;
  ~Loaded() {
    if (!map_) return;
    const Attachment attachment;
    map_.reset();
  }

  Map& map() { return *map_; }

 private:
  std::shared_ptr<Library> library_;
  std::unique_ptr<Map> map_;
};

/// Gets only. The skip list has no lower bound to scan from, and its iterators are for debugging, as its
/// documentation has it.
template <class Map>
class LibcdsSession {
 public:
  using Structure = Loaded<Map>;
  using Value = Value8;

  explicit LibcdsSession(Structure& loaded) : map_(loaded.map()) {}

  bool get(std::uint64_t key, Value& value) {
    return map_.find(key, [&](const auto& record) { value = record.second; });
  }

 private:
  Attachment attachment_;
  Map& map_;
};

}  // namespace

void register_libcds_peers() {
  const auto library = std::make_shared<Library>();
  // A head of 2^24 slots, as if the number of records were known, and arrays of 2^4 slots, the default: 55 of
  // 100 records are found in the head, nearly all others one array further on.
  Peer<LibcdsSession<FeldmanMap>>("libcds_feldman_hash_map",
                                  [library] { return Loaded<FeldmanMap>(library, 24, 4); })
      .get()
      .get(2);
  Peer<LibcdsSession<SkipListMap>>("libcds_skip_list_map", [library] { return Loaded<SkipListMap>(library); })
      .get()
      .get(2);
}

}  // namespace upout::micro
