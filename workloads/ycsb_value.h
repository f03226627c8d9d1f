#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "kernel/operation.h"
#include "workloads/field_lengths.h"
#include "workloads/workload.h"

namespace upout::workloads {

/// Which write a value comes from: the n-th that a worker has handed out, counted from 1. The load is 0 of 0.
struct Version {
  std::uint32_t writer = 0;
  std::uint64_t sequence = 0;

  bool is_load() const { return sequence == 0; }
  bool operator==(const Version&) const = default;
};

/// What a field that no write can have left behind shows.
enum class FieldFault : std::uint8_t {
  damaged,         ///< its bytes do not belong together, or to this key and field
  unknown_writer,  ///< a worker that does not exist
  not_handed_out,  ///< a version that its worker has not reached
  not_from_load,   ///< the load's version, in a record that the load did not write
};

std::string_view describe(FieldFault fault);

/// How the fields of a record are filled so that they can be checked on their own, by the length of a field:
///
///     16 bytes and more   8 bytes version (24 bits writer, 40 bits sequence), 8 bytes checksum over key,
///     field,
///                         version and length, then bytes that the checksum determines
///     8 to 15 bytes       16 bits writer, 32 bits sequence, 16 bits checksum, then bytes that key, field and
///                         version determine
///     fewer               bytes that key and field determine, the same for every version
///
/// so that a byte of another version, key or field does not pass. A writer or sequence too great for its bits
/// is cut to them, and then checked as far as they go. A value; any thread may use it.
class ValueFormat {
 public:
  ValueFormat(std::size_t field_count, FieldLengths lengths) : field_count_(field_count), lengths_(lengths) {}

  /// Of a field that tells its version.
  static constexpr std::size_t least_versioned_length = 8;

  std::size_t field_count() const { return field_count_; }
  bool has_one_length() const { return lengths_.are_constant(); }

  std::size_t field_length(kernel::Key key, std::size_t field) const { return lengths_.of(key, field); }
  /// Where a field begins; the field behind the last one, where the value ends.
  std::size_t field_offset(kernel::Key key, std::size_t field) const {
    return has_one_length() ? field * lengths_.greatest() : length_before(key, field);
  }
  std::size_t value_bytes(kernel::Key key) const { return field_offset(key, field_count_); }

  /// Fills a field (`field_length(key, field)` bytes) as the write `version` leaves it.
  void write_field(std::span<std::byte> bytes, kernel::Key key, std::size_t field, Version version) const;

  /// Fills all fields (`value_bytes(key)` bytes).
  void write_value(std::span<std::byte> bytes, kernel::Key key, Version version) const;

  /// Nothing if the load (only if `loaded`) or a write that one of `writers` has handed out can have left
  /// these bytes in this field.
  std::optional<FieldFault> check_field(std::span<const std::byte> bytes, kernel::Key key, std::size_t field,
                                        bool loaded, std::span<const WriterProgress> writers) const;

  struct ValueFault {
    std::size_t field;
    FieldFault fault;
  };
  /// The first field of a whole value (`value_bytes(key)` bytes) that is at fault.
  std::optional<ValueFault> check_value(std::span<const std::byte> bytes, kernel::Key key, bool loaded,
                                        std::span<const WriterProgress> writers) const;

  /// The version that all of these bytes are of, which are whole fields and begin at `offset` of the value;
  /// nothing if there is no single one, or if a field is too short to tell.
  std::optional<Version> version_of(std::span<const std::byte> bytes, kernel::Key key,
                                    std::size_t offset) const;

 private:
  /// Nothing if no write has made these bytes, or if they are too few to tell.
  static std::optional<Version> field_version(std::span<const std::byte> bytes, kernel::Key key,
                                              std::size_t field);
  std::size_t length_before(kernel::Key key, std::size_t field) const;

  std::size_t field_count_;
  FieldLengths lengths_;
};

}  // namespace upout::workloads
