#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel/operation.h"
#include "kernel/store.h"
#include "kernel/traversal.h"
#include "kernel/worker.h"

namespace upout::engines {

/// Something that is gathered from records in any order: `visit` takes in one record, `merge` what another
/// object of the type has gathered from other records. A value; as it is given to an engine, it has gathered
/// nothing yet.
template <class A>
concept Aggregate = std::copyable<A> &&
    requires(A& aggregate, const A& other, kernel::Key key, std::span<const std::byte> value) {
  aggregate.visit(key, value);
  aggregate.merge(other);
};

/// Of records that there are several copies of.
enum class Copies : std::uint8_t {
  one,  ///< each record once: for a query
  all,  ///< each copy: for a check that they are alike
};

/// Takes in a part of a store's records. The calling thread is registered if the store is `Shared`.
template <Aggregate A, class Policy>
void gather(A& into, kernel::Store<Policy>& store, kernel::Part part = {}) {
  kernel::Worker worker(store.heap());
  kernel::Traversal(store, worker).run(part, [&into](kernel::Key key, std::span<const std::byte> value) {
    into.visit(key, value);
  });
}

}  // namespace upout::engines
