#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel/operation.h"

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

}  // namespace upout::engines
