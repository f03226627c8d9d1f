#pragma once

#include <cstddef>
#include <utility>

#include "engines/shared_nothing/delayed_transport.h"
#include "engines/shared_nothing/link_conditions.h"
#include "engines/shared_nothing/piecewise_transport.h"

namespace upout::engines::shared_nothing {

struct LinkOptions {
  const LinkConditions* conditions = nullptr;  ///< null: nothing happens to messages
  std::size_t longest_message = 0;             ///< in bytes
  std::size_t short_message = 0;               ///< of those that the transport carries as they are
};

/// What an engine's ranks send through: a transport of short messages, and what all engines need on top of
/// it.
template <Transport T>
class Links : public DelayedTransport<PiecewiseTransport<T>> {
 public:
  /// `arguments` are those of the transport itself.
  template <class... Arguments>
  explicit Links(const LinkOptions& options, Arguments&&... arguments)
      : DelayedTransport<PiecewiseTransport<T>>(options.conditions, options.longest_message,
                                                std::forward<Arguments>(arguments)...) {}
};

}  // namespace upout::engines::shared_nothing
