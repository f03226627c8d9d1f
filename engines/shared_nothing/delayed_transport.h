#pragma once

#include <cstddef>
#include <list>
#include <span>
#include <utility>
#include <vector>

#include "engines/shared_nothing/transport.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// The longest that makes sense: an answer, which takes two of them, has to be there before the session's
/// deadline.
inline constexpr platform::Timestamp longest_link_delay = std::chrono::seconds(1);

/// A transport whose links are longer: a message that arrives is kept for a while before it is handed on, as
/// if it had been under way for that much longer. Messages stay in order, and the link carries as many as
/// before. The barrier is not delayed: nobody arrives there who still waits for an answer.
template <Transport T>
class DelayedTransport : public T {
 public:
  /// `arguments` are those of the transport itself.
  template <class... Arguments>
  explicit DelayedTransport(platform::Timestamp delay, Arguments&&... arguments)
      : T(std::forward<Arguments>(arguments)...), delay_(delay) {}

  template <class Handle>
  bool receive(Handle&& handle) {
    if (delay_ == platform::Timestamp::zero()) [[likely]]
      return T::receive(handle);
    T::receive([this](int source, std::span<const std::byte> message) { keep(source, message); });
    return hand_on(handle);
  }

 private:
  struct Arrival {
    platform::Timestamp due;
    int source;
    std::vector<std::byte> message;
  };

  void keep(int source, std::span<const std::byte> message) {
    if (idle_.empty()) idle_.emplace_back();
    Arrival& arrival = idle_.front();
    arrival.due = T::now() + delay_;
    arrival.source = source;
    arrival.message.assign(message.begin(), message.end());
    kept_.splice(kept_.end(), idle_, idle_.begin());
  }

  template <class Handle>
  bool hand_on(Handle&& handle) {
    if (kept_.empty()) return false;
    const platform::Timestamp now = T::now();
    bool handed_on = false;
    while (!kept_.empty() && kept_.front().due <= now) {
      const Arrival& arrival = kept_.front();
      handle(arrival.source, std::span<const std::byte>(arrival.message));
      idle_.splice(idle_.begin(), kept_, kept_.begin());
      handed_on = true;
    }
    return handed_on;
  }

  platform::Timestamp delay_;
  std::list<Arrival> kept_;  ///< in the order in which they arrived and are due
  std::list<Arrival> idle_;  ///< memory to be used again
};

}  // namespace upout::engines::shared_nothing
