#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "kernel/operation.h"
#include "kernel/policy.h"
#include "kernel/reclamation.h"
#include "kernel/store.h"

namespace upout::kernel::testing {

using Bytes = std::vector<std::byte>;

inline Bytes bytes_of(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

/// `size` bytes that differ by seed and by place.
inline Bytes pattern(std::size_t size, std::uint64_t seed) {
  Bytes bytes(size);
  std::uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
  for (std::byte& byte : bytes) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    byte = static_cast<std::byte>(state >> 56);
  }
  return bytes;
}

/// A store with one worker on this thread.
template <class Policy>
struct Bench {
  explicit Bench(const StoreOptions& options = {}) : store(std::move(*Store<Policy>::create(options))) {}

  Status put(Key key, const Bytes& value) { return store->put(worker, key, value); }
  Status insert(Key key, const Bytes& value) { return store->insert(worker, key, value); }
  Status remove(Key key) { return store->remove(worker, key); }
  /// The whole value, or nothing if there is none.
  Status get(Key key, Bytes& value, std::size_t room = max_value_bytes) {
    value.resize(room);
    std::uint32_t copied = 0;
    const Status status = store->get(key, 0, value, copied);
    value.resize(copied);
    return status;
  }

  ReaderRegistration registration;
  std::unique_ptr<Store<Policy>> store;
  Worker worker{store->heap()};
};

}  // namespace upout::kernel::testing
