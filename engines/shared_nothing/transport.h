#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// Moves messages between ranks; knows nothing of what they say. Used by one thread of a rank. Messages from
/// one rank to another arrive once each, unharmed, in any order, or never if the rank or the way to it has
/// gone. None of these calls waits for another rank.
///
/// - `now()`: the time, of no particular beginning. `polls_between_looks`: how often it may be asked for.
/// - `buffer(peer)`: the message to that rank that is being filled: what is free of it. It stays put until
/// `send`.
/// - `fill(peer, bytes)`: the first `bytes` of the free part are in use now.
/// - `filled(peer)`: bytes in use.
/// - `longest_message()`: in bytes. `make_room(peer, bytes)`: of the message to that rank nothing is filled;
/// there is room for so many, which are no more than that, until it is sent. Without asking there is room for
/// a short one.
/// - `send(peer)`: sends what is filled, if anything, and begins a new message.
/// - `receive(handle)`: calls `handle(source, message)` for each message that has arrived and says whether
/// there was one.
///   `handle` may fill and send; `message` is valid during the call.
/// - `arrive_at_barrier()` enters a barrier, `barrier_passed()` says whether all ranks have; messages flow
/// meanwhile.
template <class T>
concept Transport = requires(T& transport, int peer, std::size_t bytes,
                             void (&handle)(int, std::span<const std::byte>)) {
  { transport.now() } -> std::same_as<platform::Timestamp>;
  { T::polls_between_looks } -> std::convertible_to<unsigned>;
  { transport.rank() } -> std::same_as<int>;
  { transport.size() } -> std::same_as<int>;
  { transport.buffer(peer) } -> std::same_as<std::span<std::byte>>;
  transport.fill(peer, bytes);
  { transport.filled(peer) } -> std::same_as<std::size_t>;
  { transport.longest_message() } -> std::same_as<std::size_t>;
  transport.make_room(peer, bytes);
  transport.send(peer);
  { transport.receive(handle) } -> std::same_as<bool>;
  transport.arrive_at_barrier();
  { transport.barrier_passed() } -> std::same_as<bool>;
};

}  // namespace upout::engines::shared_nothing
