#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "engines/shared_nothing/link_conditions.h"
#include "engines/shared_nothing/transport.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// The longest that makes sense: an answer, which takes two of them, has to be there before the session's
/// deadline.
inline constexpr platform::Timestamp longest_link_delay = std::chrono::seconds(1);

/// A transport whose links are longer, or worse: a message that arrives is kept for a while before it is
/// handed on, as if it had been under way for that much longer, or is lost. Messages of one link stay in
/// order as long as its delay stays what it is, and the link carries as many as before. The barrier is not
/// delayed: nobody arrives there who still waits for an answer.
template <Transport T>
class DelayedTransport : public T {
 public:
  /// `arguments` are those of the transport itself. `conditions`: null, or what happens to what this rank
  /// receives; outlives this.
  template <class... Arguments>
  explicit DelayedTransport(const LinkConditions* conditions, Arguments&&... arguments)
      : T(std::forward<Arguments>(arguments)...), conditions_(conditions) {}

  template <class Handle>
  bool receive(Handle&& handle) {
    if (conditions_ == nullptr) [[likely]]
      return T::receive(handle);
    while (conditions_->is_stopped()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
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
    if (conditions_->is_cut(source)) return;
    if (idle_.empty()) idle_.emplace_back();
    Arrival& arrival = idle_.front();
    arrival.due = T::now() + conditions_->delay(source);
    arrival.source = source;
    arrival.message.assign(message.begin(), message.end());
    kept_.splice(kept_.end(), idle_, idle_.begin());
  }

  template <class Handle>
  bool hand_on(Handle&& handle) {
    if (kept_.empty()) return false;
    const platform::Timestamp now = T::now();
    bool handed_on = false;
    for (auto arrival = kept_.begin(); arrival != kept_.end();) {
      const auto next = std::next(arrival);
      if (arrival->due <= now) {
        handle(arrival->source, std::span<const std::byte>(arrival->message));
        idle_.splice(idle_.begin(), kept_, arrival);
        handed_on = true;
      }
      arrival = next;
    }
    return handed_on;
  }

  const LinkConditions* conditions_;
  std::list<Arrival> kept_;  ///< in the order in which they arrived
  std::list<Arrival> idle_;  ///< memory to be used again
};

}  // namespace upout::engines::shared_nothing
