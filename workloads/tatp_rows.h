#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "kernel/operation.h"
#include "workloads/digest.h"

/// The rows of TATP's database: the keys that they stand under, what is loaded, and how a row is known to be
/// whole. Subscribers are numbered from 0 here, in TATP from 1; types from 0, there from 1. Values, and
/// functions of their arguments alone: any thread may use them.
namespace upout::workloads::tatp {

// Keys
// ----------------------------------------------------------------------------------------------------------

/// All rows of a subscriber stand under keys of its own, so that ranges of subscribers are ranges of keys;
/// the lowest five bits say which row.
inline constexpr std::uint64_t keys_each = 32;

inline constexpr unsigned types = 4;                 ///< of access info, and of special facilities
inline constexpr unsigned starts = 3;                ///< of forwardings: at 0, 8 and 16 o'clock
inline constexpr unsigned hours_between_starts = 8;  ///< and the longest time that a loaded one lasts
inline constexpr unsigned hours = 24;                ///< at any of which an inserted one may end

/// Where the rows of a table begin among those of a subscriber.
enum Place : unsigned {
  subscriber_place,
  number_place,
  access_place = 4,
  facility_place = 8,
  forwarding_place = 16
};

/// One `Place` of each subscriber has the lookup row of the number that is his: a table of its own.
constexpr kernel::Key subscriber_key(std::uint64_t subscriber) noexcept {
  return subscriber * keys_each + subscriber_place;
}
constexpr kernel::Key number_key(std::uint64_t number) noexcept {
  return number * keys_each + number_place;
}
constexpr kernel::Key access_key(std::uint64_t subscriber, unsigned type) noexcept {
  return subscriber * keys_each + access_place + type;
}
constexpr kernel::Key facility_key(std::uint64_t subscriber, unsigned type) noexcept {
  return subscriber * keys_each + facility_place + type;
}
/// `start`: 0, 1 or 2. The fourth place of each type stays empty.
constexpr kernel::Key forwarding_key(std::uint64_t subscriber, unsigned type, unsigned start) noexcept {
  return subscriber * keys_each + forwarding_place + std::uint64_t{4} * type + start;
}

/// By bit, of the `keys_each` rows of a subscriber.
using Places = std::uint32_t;

/// Those that the load fills: one to four of access info, as many special facilities, and for each of these
/// none to three forwardings; each number, and each choice of so many, is as likely as any other.
Places loaded_places(std::uint64_t subscriber) noexcept;
/// All places at which there may be a row at any time: a forwarding needs its special facility.
Places possible_places(std::uint64_t subscriber) noexcept;

// Rows
// ----------------------------------------------------------------------------------------------------------

// Each begins with a checksum over its key and all that follows, so that a row of which a part is another
// version's is seen. `changes` counts the transactions that have changed the row since the load.

struct SubscriberRow {
  std::uint64_t check = 0;
  std::uint64_t changes = 0;
  std::array<char, 16> number{};  ///< fifteen digits
  std::uint32_t msc_location = 0;
  std::uint32_t vlr_location = 0;
  std::uint16_t bits = 0;  ///< ten, the first one lowest
  std::array<std::uint8_t, 10> hex{};
  std::array<std::uint8_t, 10> byte2{};
  std::uint16_t unused = 0;
  bool operator==(const SubscriberRow&) const = default;
};

/// From a number to its subscriber.
struct NumberRow {
  std::uint64_t check = 0;
  std::uint64_t subscriber = 0;
  bool operator==(const NumberRow&) const = default;
};

struct AccessRow {
  std::uint64_t check = 0;
  std::uint8_t data1 = 0;
  std::uint8_t data2 = 0;
  std::array<char, 3> data3{};
  std::array<char, 5> data4{};
  std::array<std::uint8_t, 6> unused{};
  bool operator==(const AccessRow&) const = default;
};

struct FacilityRow {
  std::uint64_t check = 0;
  std::uint64_t changes = 0;
  std::uint8_t is_active = 0;
  std::uint8_t error_control = 0;
  std::uint8_t data_a = 0;
  std::array<char, 5> data_b{};
  bool operator==(const FacilityRow&) const = default;
};

struct ForwardingRow {
  std::uint64_t check = 0;
  std::uint64_t number = 0;  ///< where calls go, of fifteen digits
  std::uint64_t end = 0;     ///< the hour at which it ends
  bool operator==(const ForwardingRow&) const = default;
};

static_assert(sizeof(SubscriberRow) == 64 && sizeof(NumberRow) == 16 && sizeof(AccessRow) == 24 &&
                  sizeof(FacilityRow) == 24 && sizeof(ForwardingRow) == 24,
              "no bytes that a checksum would take in and nobody sets");
inline constexpr std::size_t most_row_bytes = sizeof(SubscriberRow);
inline constexpr std::uint64_t numbers = 1'000'000'000'000'000;  ///< that fifteen digits can tell apart

template <class Row>
std::span<std::byte> bytes_of(Row& row) noexcept {
  return std::as_writable_bytes(std::span(&row, 1));
}
template <class Row>
std::span<const std::byte> bytes_of(const Row& row) noexcept {
  return std::as_bytes(std::span(&row, 1));
}
template <class Row>
std::uint64_t check_of(kernel::Key key, const Row& row) noexcept {
  return digest_of(key, bytes_of(row).subspan(sizeof(row.check)));
}
/// After each change of a row.
template <class Row>
void seal(kernel::Key key, Row& row) noexcept {
  row.check = check_of(key, row);
}
template <class Row>
bool is_whole(kernel::Key key, const Row& row) noexcept {
  return row.check == check_of(key, row);
}

/// The hour at which the forwarding under a key begins.
constexpr std::uint64_t start_hour(kernel::Key key) noexcept {
  return key % 4 * hours_between_starts;
}
/// Of a forwarding that is loaded or inserted under the key.
ForwardingRow make_forwarding(kernel::Key key, std::uint64_t number, std::uint64_t end_hour) noexcept;

// The load, and what is found after it
// ----------------------------------------------------------------------------------------------------------

/// It is a forwarding, which may have been taken out.
constexpr bool may_be_absent(kernel::Key key) noexcept {
  return key % keys_each >= forwarding_place;
}
/// Of the row that may stand under the key.
std::size_t row_bytes(kernel::Key key) noexcept;
/// Table, row and subscriber, as TATP numbers them.
std::string describe(kernel::Key key);

/// Writes the row that is loaded under a key of `loaded_places`. The part of `value` that it takes.
std::span<const std::byte> write_loaded(kernel::Key key, std::span<std::byte> value) noexcept;

/// What is added up over all rows: how often each has been changed, and of a forwarding the number that it
/// leads to.
std::uint64_t loaded_number(kernel::Key key) noexcept;

struct Inspected {
  bool is_sound = false;  ///< the load, or a transaction, can have left it behind
  std::uint64_t number = 0;
};
Inspected inspect(kernel::Key key, std::span<const std::byte> value) noexcept;

}  // namespace upout::workloads::tatp
