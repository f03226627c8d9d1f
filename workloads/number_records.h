#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "workloads/record_streams.h"

namespace upout::workloads {

/// Records under the keys 0 .. records-1, each a number (eight bytes, as the machine has them) and bytes that
/// its key determines. Transactions change the numbers; what they come to in all is known, so that a lost
/// update shows, or half of a transaction. A value.
struct NumberRecords {
  static constexpr std::size_t number_bytes = sizeof(std::uint64_t);

  std::uint64_t records = 0;
  std::size_t value_bytes = number_bytes;      ///< at least that many
  std::uint64_t (*initial)(kernel::Key) = {};  ///< the number as it is loaded

  std::uint64_t initial_sum() const;
  void write_value(std::span<std::byte> value, kernel::Key key) const;
  /// Whether it has its size, and the bytes that its key determines.
  bool is_sound(std::span<const std::byte> value, kernel::Key key) const;
  static std::uint64_t number_of(std::span<const std::byte> value);
};

using NumberLoad = RecordLoad<NumberRecords>;
using NumberAudit = RecordAudit<NumberRecords>;

}  // namespace upout::workloads
