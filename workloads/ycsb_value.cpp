#include "workloads/ycsb_value.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "workloads/random.h"

namespace upout::workloads {

namespace {

using kernel::Key;

constexpr std::size_t word_bytes = sizeof(std::uint64_t);

/// How a version is packed into the low bits of a word.
struct VersionBits {
  unsigned writer;
  unsigned sequence;

  std::uint64_t pack(Version version) const {
    return (version.writer & mask(writer)) | (version.sequence & mask(sequence)) << writer;
  }
  Version unpack(std::uint64_t word) const {
    return {static_cast<std::uint32_t>(word & mask(writer)), word >> writer & mask(sequence)};
  }
  static constexpr std::uint64_t mask(unsigned bits) { return (std::uint64_t{1} << bits) - 1; }
};

constexpr VersionBits full_bits{24, 40};
constexpr VersionBits packed_bits{16, 32};
constexpr unsigned packed_version_bits = packed_bits.writer + packed_bits.sequence;

/// The constants are arbitrary odd words; they keep the four inputs apart.
std::uint64_t checksum(Key key, std::size_t field, std::uint64_t version, std::size_t length) {
  const std::uint64_t place = mix64(key + 0x9e3779b97f4a7c15 * (field + 1));
  const std::uint64_t content = mix64(version + 0xd1b54a32d192ed03 * (length + 1));
  return fold_multiply(place ^ 0x8bb84b93962eacc9, content ^ 0x2d358dccaa6c78a5);
}

/// The i-th word of the bytes that a seed determines.
std::uint64_t filler(std::uint64_t seed, std::size_t i) {
  return fold_multiply(seed + 0xa0761d6478bd642f * (i + 1), seed ^ 0xe7037ed1a0b428db);
}

void write_filler(std::span<std::byte> bytes, std::uint64_t seed) {
  std::size_t i = 0;
  for (; (i + 1) * word_bytes <= bytes.size(); ++i) {
    const std::uint64_t word = filler(seed, i);
    std::memcpy(bytes.data() + i * word_bytes, &word, word_bytes);
  }
  if (const std::size_t rest = bytes.size() % word_bytes; rest != 0) {
    const std::uint64_t word = filler(seed, i);
    std::memcpy(bytes.data() + i * word_bytes, &word, rest);
  }
}

bool is_filler(std::span<const std::byte> bytes, std::uint64_t seed) {
  std::size_t i = 0;
  std::uint64_t difference = 0;
  for (; (i + 1) * word_bytes <= bytes.size(); ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i * word_bytes, word_bytes);
    difference |= word ^ filler(seed, i);
  }
  const std::uint64_t last = filler(seed, i);
  const std::size_t rest = bytes.size() % word_bytes;
  return difference == 0 && (rest == 0 || std::memcmp(bytes.data() + i * word_bytes, &last, rest) == 0);
}

std::uint64_t load_word(std::span<const std::byte> bytes, std::size_t i) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + i * word_bytes, word_bytes);
  return word;
}

void store_word(std::span<std::byte> bytes, std::size_t i, std::uint64_t word) {
  std::memcpy(bytes.data() + i * word_bytes, &word, word_bytes);
}

std::uint64_t packed_word(std::uint64_t version, std::uint64_t sum) {
  return version | sum << packed_version_bits;
}

std::optional<FieldFault> check_version(Version version, VersionBits bits, bool loaded,
                                        std::span<const WriterProgress> writers) {
  const bool cut_writers = writers.size() > VersionBits::mask(bits.writer) + 1;
  if (version.is_load() && version.writer == 0 && loaded) return std::nullopt;
  if (version.writer >= writers.size()) return FieldFault::unknown_writer;
  const std::uint64_t writes = writers[version.writer].writes;
  if (cut_writers || writes > VersionBits::mask(bits.sequence)) return std::nullopt;
  if (version.is_load()) return version.writer == 0 ? FieldFault::not_from_load : FieldFault::damaged;
  return version.sequence <= writes ? std::nullopt : std::optional(FieldFault::not_handed_out);
}

}  // namespace

std::string_view describe(FieldFault fault) {
  switch (fault) {
    case FieldFault::damaged:
      return "bytes that no write has made";
    case FieldFault::unknown_writer:
      return "a version of a worker that does not exist";
    case FieldFault::not_handed_out:
      return "a version that its worker has not handed out";
    case FieldFault::not_from_load:
      return "the load's version, though a worker added the record";
  }
  return "";
}

std::size_t ValueFormat::length_before(Key key, std::size_t field) const {
  std::size_t length = 0;
  for (std::size_t before = 0; before < field; ++before) length += field_length(key, before);
  return length;
}

void ValueFormat::write_field(std::span<std::byte> bytes, Key key, std::size_t field, Version version) const {
  assert(bytes.size() == field_length(key, field));
  if (bytes.size() >= 2 * word_bytes) {
    const std::uint64_t packed = full_bits.pack(version);
    const std::uint64_t sum = checksum(key, field, packed, bytes.size());
    store_word(bytes, 0, packed);
    store_word(bytes, 1, sum);
    write_filler(bytes.subspan(2 * word_bytes), sum);
  } else if (bytes.size() >= word_bytes) {
    const std::uint64_t packed = packed_bits.pack(version);
    const std::uint64_t sum = checksum(key, field, packed, bytes.size());
    store_word(bytes, 0, packed_word(packed, sum));
    write_filler(bytes.subspan(word_bytes), sum);
  } else {
    write_filler(bytes, checksum(key, field, 0, bytes.size()));
  }
}

void ValueFormat::write_value(std::span<std::byte> bytes, Key key, Version version) const {
  assert(bytes.size() == value_bytes(key));
  for (std::size_t field = 0; field < field_count_; ++field) {
    const std::size_t length = field_length(key, field);
    write_field(bytes.first(length), key, field, version);
    bytes = bytes.subspan(length);
  }
}

std::optional<Version> ValueFormat::field_version(std::span<const std::byte> bytes, Key key,
                                                  std::size_t field) {
  if (bytes.size() >= 2 * word_bytes) {
    const std::uint64_t packed = load_word(bytes, 0);
    const std::uint64_t sum = checksum(key, field, packed, bytes.size());
    if (load_word(bytes, 1) != sum || !is_filler(bytes.subspan(2 * word_bytes), sum)) return std::nullopt;
    return full_bits.unpack(packed);
  }
  if (bytes.size() < least_versioned_length) return std::nullopt;
  const std::uint64_t packed = load_word(bytes, 0) & VersionBits::mask(packed_version_bits);
  const std::uint64_t sum = checksum(key, field, packed, bytes.size());
  if (load_word(bytes, 0) != packed_word(packed, sum) || !is_filler(bytes.subspan(word_bytes), sum))
    return std::nullopt;
  return packed_bits.unpack(packed);
}

std::optional<FieldFault> ValueFormat::check_field(std::span<const std::byte> bytes, Key key,
                                                   std::size_t field, bool loaded,
                                                   std::span<const WriterProgress> writers) const {
  assert(bytes.size() == field_length(key, field));
  if (bytes.size() < least_versioned_length) {
    const bool matches = is_filler(bytes, checksum(key, field, 0, bytes.size()));
    return matches ? std::nullopt : std::optional(FieldFault::damaged);
  }
  const auto version = field_version(bytes, key, field);
  if (!version) return FieldFault::damaged;
  return check_version(*version, bytes.size() >= 2 * word_bytes ? full_bits : packed_bits, loaded, writers);
}

std::optional<Version> ValueFormat::version_of(std::span<const std::byte> bytes, Key key,
                                               std::size_t offset) const {
  std::optional<Version> of_all;
  std::size_t before = offset;  // bytes of the value that are still to be passed over
  for (std::size_t field = 0; field < field_count_ && !bytes.empty(); ++field) {
    const std::size_t length = field_length(key, field);
    if (length > (before > 0 ? before : bytes.size())) return std::nullopt;
    if (before > 0) {
      before -= length;
      continue;
    }
    const auto version = field_version(bytes.first(length), key, field);
    if (!version || (of_all && *of_all != *version)) return std::nullopt;
    of_all = version;
    bytes = bytes.subspan(length);
  }
  return bytes.empty() ? of_all : std::nullopt;
}

std::optional<ValueFormat::ValueFault> ValueFormat::check_value(
    std::span<const std::byte> bytes, Key key, bool loaded, std::span<const WriterProgress> writers) const {
  assert(bytes.size() == value_bytes(key));
  for (std::size_t field = 0; field < field_count_; ++field) {
    const std::size_t length = field_length(key, field);
    const auto fault = check_field(bytes.first(length), key, field, loaded, writers);
    if (fault) return ValueFault{field, *fault};
    bytes = bytes.subspan(length);
  }
  return std::nullopt;
}

}  // namespace upout::workloads
