#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace upout::kernel {

using Key = std::uint64_t;

/// The longest value that a record holds: 1 MiB.
inline constexpr std::size_t max_value_bytes = std::size_t{1} << 20;

enum class OperationKind : std::uint8_t {
  get,                ///< copies a range of the value into `output`
  put,                ///< inserts, or replaces the whole value by `input`
  insert,             ///< like put, but `exists` if the key is there
  update,             ///< overwrites a range of an existing value with `input`, in place
  remove,             ///< takes the record out
  read_modify_write,  ///< get and update in one atomic step: `output` holds the range as it was before
  scan,               ///< copies up to `limit` records with keys from `key` upwards into `output`
  scan_backwards,     ///< the same downwards
};
inline constexpr std::size_t operation_kinds = 8;
/// Those before the scans.
inline constexpr std::size_t single_key_kinds = 6;

constexpr bool is_scan(OperationKind kind) noexcept {
  return kind == OperationKind::scan || kind == OperationKind::scan_backwards;
}

constexpr bool is_write(OperationKind kind) noexcept {
  return kind != OperationKind::get && !is_scan(kind);
}

enum class Status : std::uint8_t {
  ok,
  not_found,
  exists,        ///< insert of a key that is there
  out_of_range,  ///< update of a range that reaches beyond the value's end
  too_large,     ///< a value of more than `max_value_bytes`
  out_of_memory,
  unordered,  ///< scan of a store that keeps no order
  no_room,    ///< scan: `output` had no room for the next record; those before it are there
  conflict,   ///< a transaction holds what is needed. In a transaction: it cannot commit any more, and should
              ///< end now. Alone: nothing has been done (of a scan, what is copied is right), try again later
  no_answer,  ///< the rank that has the key did not answer in time: it may have been done, or be done later
};
inline constexpr std::size_t statuses = 10;

/// One operation on one key, as plain values. The caller owns it and the memory that its spans point to, and
/// leaves both alone from the moment that it is handed to a store or session until it is handed back.
struct Operation {
  OperationKind kind = OperationKind::get;
  Status status = Status::ok;  ///< out
  std::uint32_t slot = 0;      ///< the driver's number for this operation, 0 .. depth-1; never changed
  Key key = 0;
  std::uint32_t output_size = 0;  ///< out: how many bytes of `output` were filled
  std::uint32_t output_offset =
      0;  ///< where in the value reading starts; at most output.size() bytes are read
  std::uint32_t input_offset = 0;  ///< where in the value `input` goes (update, read_modify_write)
  std::uint32_t limit = 0;         ///< the most records that a scan copies
  std::span<const std::byte> input = {};
  std::span<std::byte> output = {};
};

}  // namespace upout::kernel
