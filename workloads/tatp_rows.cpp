#include "workloads/tatp_rows.h"

#include <fmt/format.h>
#include <cstring>
#include <type_traits>

#include "workloads/random.h"

namespace upout::workloads::tatp {

using kernel::Key;

namespace {

constexpr std::uint64_t load_seed = 0x7a79;  // of all that is loaded: it is the same in every run

/// `count` of the numbers 0 .. of-1, by bit.
Places draw_places(Random& random, std::uint64_t count, unsigned of) noexcept {
  Places chosen = 0;
  while (count != 0) {
    const Places one = Places{1} << random.below(of);
    count -= (chosen & one) == 0 ? 1 : 0;
    chosen |= one;
  }
  return chosen;
}

/// What a row of the key is drawn from.
Random random_of(Key key) noexcept {
  return {load_seed + 1, key};
}

template <std::size_t size>
void draw_letters(Random& random, std::array<char, size>& letters) noexcept {
  for (char& letter : letters) letter = static_cast<char>('A' + random.below(26));
}

template <class Number>
Number draw(Random& random, std::uint64_t bound) noexcept {
  return static_cast<Number>(random.below(bound));
}

constexpr std::uint64_t subscriber_of(Key key) noexcept {
  return key / keys_each;
}

void write_digits(std::uint64_t number, std::array<char, 16>& digits) noexcept {
  digits = {};
  for (std::size_t at = 15; at-- > 0; number /= 10) digits[at] = static_cast<char>('0' + number % 10);
}

// Each row as it is loaded
// ------------------------------------------------------------------------------------------------------------

void load(Key key, SubscriberRow& row) noexcept {
  constexpr std::uint64_t locations = (std::uint64_t{1} << 32) - 1;  // from 1 on
  Random random = random_of(key);
  write_digits(subscriber_of(key) + 1, row.number);
  row.msc_location = 1 + draw<std::uint32_t>(random, locations);
  row.vlr_location = 1 + draw<std::uint32_t>(random, locations);
  row.bits = draw<std::uint16_t>(random, 1024);
  for (std::uint8_t& digit : row.hex) digit = draw<std::uint8_t>(random, 16);
  for (std::uint8_t& byte : row.byte2) byte = draw<std::uint8_t>(random, 256);
}

void load(Key key, NumberRow& row) noexcept {
  row.subscriber = subscriber_of(key);
}

void load(Key key, AccessRow& row) noexcept {
  Random random = random_of(key);
  row.data1 = draw<std::uint8_t>(random, 256);
  row.data2 = draw<std::uint8_t>(random, 256);
  draw_letters(random, row.data3);
  draw_letters(random, row.data4);
}

void load(Key key, FacilityRow& row) noexcept {
  Random random = random_of(key);
  row.is_active = random.below(100) < 85 ? 1 : 0;
  row.error_control = draw<std::uint8_t>(random, 256);
  row.data_a = draw<std::uint8_t>(random, 256);
  draw_letters(random, row.data_b);
}

void load(Key key, ForwardingRow& row) noexcept {
  Random random = random_of(key);
  row.number = random.below(numbers);
  row.end = start_hour(key) + 1 + random.below(hours_between_starts);
}

template <class Row>
Row loaded(Key key) noexcept {
  Row row;
  load(key, row);
  seal(key, row);
  return row;
}

// What transactions change in it
// ------------------------------------------------------------------------------------------------------------

std::uint64_t number_of(const SubscriberRow& row) noexcept {
  return row.changes;
}
std::uint64_t number_of(const NumberRow&) noexcept {
  return 0;
}
std::uint64_t number_of(const AccessRow&) noexcept {
  return 0;
}
std::uint64_t number_of(const FacilityRow& row) noexcept {
  return row.changes;
}
std::uint64_t number_of(const ForwardingRow& row) noexcept {
  return row.number;
}

/// Whether a row that is whole has nothing in it that no transaction writes.
template <class Row>
bool is_possible(Key key, const Row& row) noexcept {
  return row == loaded<Row>(key);
}

bool is_possible(Key key, const SubscriberRow& row) noexcept {
  auto expected = loaded<SubscriberRow>(key);
  if (row.changes == 0) return row == expected;
  expected.changes = row.changes;
  expected.vlr_location = row.vlr_location;
  expected.bits = static_cast<std::uint16_t>((expected.bits & ~1U) | (row.bits & 1U));
  seal(key, expected);
  return row == expected;
}

bool is_possible(Key key, const FacilityRow& row) noexcept {
  auto expected = loaded<FacilityRow>(key);
  if (row.changes == 0) return row == expected;
  expected.changes = row.changes;
  expected.data_a = row.data_a;
  seal(key, expected);
  return row == expected;
}

bool is_possible(Key, const ForwardingRow& row) noexcept {
  return row.number < numbers && row.end >= 1 && row.end <= hours;
}

/// Calls `use` with a row of the table that the key is of.
template <class Use>
auto with_row(Key key, Use&& use) noexcept {
  const auto place = static_cast<unsigned>(key % keys_each);
  if (place >= forwarding_place) return use(ForwardingRow());
  if (place >= facility_place) return use(FacilityRow());
  if (place >= access_place) return use(AccessRow());
  if (place == number_place) return use(NumberRow());
  return use(SubscriberRow());
}

}  // namespace

Places loaded_places(std::uint64_t subscriber) noexcept {
  Random random(load_seed, subscriber);
  Places places = Places{1} << subscriber_place | Places{1} << number_place;
  places |= draw_places(random, 1 + random.below(types), types) << access_place;
  const Places facilities = draw_places(random, 1 + random.below(types), types);
  places |= facilities << facility_place;
  for (unsigned type = 0; type < types; ++type) {
    if ((facilities >> type & 1) == 0) continue;
    places |= draw_places(random, random.below(starts + 1), starts) << (forwarding_place + 4 * type);
  }
  return places;
}

Places possible_places(std::uint64_t subscriber) noexcept {
  constexpr Places all_starts = (Places{1} << starts) - 1;
  Places places = loaded_places(subscriber);
  for (unsigned type = 0; type < types; ++type) {
    if ((places >> (facility_place + type) & 1) != 0) places |= all_starts << (forwarding_place + 4 * type);
  }
  return places;
}

ForwardingRow make_forwarding(Key key, std::uint64_t number, std::uint64_t end_hour) noexcept {
  ForwardingRow row{.number = number, .end = end_hour};
  seal(key, row);
  return row;
}

std::size_t row_bytes(Key key) noexcept {
  return with_row(key, [](const auto& row) { return sizeof(row); });
}

std::string describe(Key key) {
  const auto place = static_cast<unsigned>(key % keys_each);
  const std::uint64_t subscriber = subscriber_of(key) + 1;
  if (place >= forwarding_place) {
    return fmt::format("call_forwarding {} of special_facility {} of subscriber {}", start_hour(key),
                       1 + (place - forwarding_place) / 4, subscriber);
  }
  if (place >= facility_place)
    return fmt::format("special_facility {} of subscriber {}", 1 + place - facility_place, subscriber);
  if (place >= access_place)
    return fmt::format("access_info {} of subscriber {}", 1 + place - access_place, subscriber);
  return fmt::format("{} {}", place == number_place ? "number" : "subscriber", subscriber);
}

std::span<const std::byte> write_loaded(Key key, std::span<std::byte> value) noexcept {
  return with_row(key, [&](const auto& kind) -> std::span<const std::byte> {
    const auto row = loaded<std::remove_cvref_t<decltype(kind)>>(key);
    std::memcpy(value.data(), &row, sizeof(row));
    return value.first(sizeof(row));
  });
}

std::uint64_t loaded_number(Key key) noexcept {
  if (!may_be_absent(key)) return 0;  // nothing has been changed yet
  ForwardingRow row;
  load(key, row);
  return row.number;
}

Inspected inspect(Key key, std::span<const std::byte> value) noexcept {
  return with_row(key, [&](auto row) -> Inspected {
    if (value.size() != sizeof(row)) return {};
    std::memcpy(&row, value.data(), sizeof(row));
    return {is_whole(key, row) && is_possible(key, row), number_of(row)};
  });
}

}  // namespace upout::workloads::tatp
