#pragma once

#include <cstddef>
#include <functional>

namespace upout::kernel {

/// Memory that optimistic readers may still look at is freed only after each of them has said that it holds
/// nothing: quiescent-state-based reclamation (McKenney and Slingwine, 1998), by liburcu.

/// Makes the calling thread one that grace periods wait for. A thread holds one of these while it uses
/// `Store<Shared>`; it must then call `announce_quiescent` now and then and must not block. Threads that wait
/// for something long hold none. Not movable: it stands for its thread.
class ReaderRegistration {
 public:
  ReaderRegistration();
  ~ReaderRegistration();
  ReaderRegistration(const ReaderRegistration&) = delete;
  ReaderRegistration& operator=(const ReaderRegistration&) = delete;
};

/// The calling thread, which is registered, holds no reference into any store now.
void announce_quiescent() noexcept;

/// Runs `action` on liburcu's own thread once all registered threads have been quiescent. May be called by
/// registered threads. False: there is no memory to remember it, and it will never run.
bool after_grace_period(std::function<void()> action) noexcept;

/// Waits until every action given to `after_grace_period` so far has run.
void drain_deferred_actions();

}  // namespace upout::kernel
