#include "workloads/number_records.h"

#include <algorithm>
#include <cstring>

namespace upout::workloads {

using kernel::Key;

std::uint64_t NumberRecords::initial_sum() const {
  std::uint64_t sum = 0;
  for (Key key = 0; key < records; ++key) sum += initial(key);
  return sum;
}

void NumberRecords::write_value(std::span<std::byte> value, Key key) const {
  const std::uint64_t number = initial(key);
  std::memcpy(value.data(), &number, number_bytes);
  write_fill(value, key, number_bytes);
}

bool NumberRecords::is_sound(std::span<const std::byte> value, Key key) const {
  return value.size() == value_bytes && is_fill(value, key, number_bytes);
}

std::uint64_t NumberRecords::number_of(std::span<const std::byte> value) {
  std::uint64_t number = 0;
  std::memcpy(&number, value.data(), std::min(number_bytes, value.size()));
  return number;
}

}  // namespace upout::workloads
