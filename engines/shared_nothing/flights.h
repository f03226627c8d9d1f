#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engines/scans.h"
#include "engines/shared_nothing/message.h"
#include "kernel/operation.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// What a client has asked of other ranks and is waiting for, by the operation's slot. Used by its thread.
class Flights {
 public:
  struct Flight {
    kernel::Operation* operation = nullptr;  ///< null: nothing, or it has ended
    int owner = 0;                           ///< the rank that was asked
    std::uint16_t generation = 0;            ///< how often the slot has been used, mod 2^16
    platform::Timestamp since = not_looked_at;
    static constexpr platform::Timestamp not_looked_at = platform::Timestamp::min();

    /// The header of the frame that asks; `partition` is the operation's.
    FrameHeader request(std::uint32_t partition) const noexcept {
      const bool is_scan = kernel::is_scan(operation->kind);
      return {.type = FrameType::request,
              .code = static_cast<std::uint8_t>(operation->kind),
              .generation = generation,
              .slot = operation->slot,
              .payload_bytes = static_cast<std::uint32_t>(operation->input.size()),
              .output_size = static_cast<std::uint32_t>(operation->output.size()),
              .output_offset = is_scan ? partition : operation->output_offset,
              .input_offset = is_scan ? operation->limit : operation->input_offset,
              .key = operation->key};
    }
  };

  /// A request for the operation goes out to the rank.
  const Flight& begin(kernel::Operation& operation, int owner) {
    std::vector<Flight>& flights = of_slot(operation.slot);
    const std::uint32_t number = Scans::number_of(operation.slot);
    if (number >= flights.size()) flights.resize(number + 1);
    Flight& begun = flights[number];
    begun = {&operation, owner, static_cast<std::uint16_t>(begun.generation + 1)};
    most_ = std::max(most_, ++count_);
    return begun;
  }
  /// That a frame from `source` is an answer to; null: there is none (any more).
  Flight* answered_by(int source, std::uint32_t slot, std::uint16_t generation) {
    std::vector<Flight>& flights = of_slot(slot);
    const std::uint32_t number = Scans::number_of(slot);
    if (number >= flights.size()) return nullptr;
    Flight& asked = flights[number];
    const bool is_it = asked.operation != nullptr && asked.owner == source && asked.generation == generation;
    return is_it ? &asked : nullptr;
  }
  /// The request goes out again, to another rank or the same one; it has waited as long as before.
  void redirect(Flight& flight, int owner) noexcept {
    flight.owner = owner;
    ++flight.generation;
  }
  kernel::Operation& end(Flight& flight) noexcept {
    --count_;
    return *std::exchange(flight.operation, nullptr);
  }

  /// Calls `use(flight)` for what has waited for so long. It is counted from the first look that finds the
  /// flight under way. `use` may end it and begin others.
  template <class Use>
  void for_each_overdue(platform::Timestamp now, platform::Timestamp limit, Use&& use) {
    for (auto* flights : {&flights_, &flights_of_parts_}) {
      for (std::size_t i = 0; i < flights->size(); ++i) {
        Flight& asked = (*flights)[i];
        if (asked.operation == nullptr) continue;
        if (asked.since == Flight::not_looked_at) {
          asked.since = now;
        } else if (now - asked.since >= limit) {
          use(asked);
        }
      }
    }
  }

  /// Calls `use(flight)` for all that are under way. It may end the flight and begin others.
  template <class Use>
  void for_each(Use&& use) {
    for (auto* flights : {&flights_, &flights_of_parts_}) {
      for (std::size_t i = 0; i < flights->size(); ++i) {
        if ((*flights)[i].operation != nullptr) use((*flights)[i]);
      }
    }
  }

  /// All have waited from the next look on.
  void begin_anew() noexcept {
    for (auto* flights : {&flights_, &flights_of_parts_}) {
      for (Flight& asked : *flights) asked.since = Flight::not_looked_at;
    }
  }

  std::size_t count() const noexcept { return count_; }
  /// At any time so far.
  std::size_t most() const noexcept { return most_; }

 private:
  std::vector<Flight>& of_slot(std::uint32_t slot) noexcept {
    return Scans::is_part(slot) ? flights_of_parts_ : flights_;
  }

  std::size_t count_ = 0;
  std::size_t most_ = 0;
  std::vector<Flight> flights_;  ///< by slot
  std::vector<Flight> flights_of_parts_;
};

}  // namespace upout::engines::shared_nothing
