#include "harness/hdr_encoding.h"

#include <absl/strings/escaping.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <new>
#include <vector>

namespace upout::harness {

namespace {

constexpr std::uint32_t plain_cookie = 0x1c849313;
constexpr std::uint32_t compressed_cookie = 0x1c849314;
constexpr std::uint32_t significant_digits = 2;
/// Of that many digits: values below 256 are counted one by one, octaves above in 128 buckets each.
constexpr unsigned half_bits = 7;

/// Most readers make room for this much, an hour in nanoseconds, whatever there is.
constexpr std::uint64_t usual_highest = 3'600'000'000'000;

std::size_t hdr_bucket_of(std::uint64_t value) {
  constexpr std::uint64_t linear = (std::uint64_t{2} << half_bits) - 1;
  const unsigned octave = static_cast<unsigned>(std::bit_width(value | linear)) - (half_bits + 1);
  return (std::size_t{octave} << half_bits) + static_cast<std::size_t>(value >> octave);
}

std::vector<std::uint64_t> hdr_counts(const Histogram& histogram) {
  std::vector<std::uint64_t> counts(hdr_bucket_of(histogram.max()) + 1);
  const auto ours = histogram.counts();
  for (std::size_t bucket = 0; bucket < ours.size(); ++bucket) {
    if (ours[bucket] == 0) continue;
    counts[hdr_bucket_of(std::min(Histogram::upper_end(bucket), histogram.max()))] += ours[bucket];
  }
  return counts;
}

template <class Integer>
void append_big_endian(std::string& bytes, Integer value) {
  for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8)
    bytes += static_cast<char>(value >> shift);
}

/// Seven bits a byte, the lowest first, and eight in a ninth; small numbers of either sign are short
/// (ZigZag).
void append_zigzag(std::string& bytes, std::int64_t number) {
  auto rest = (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
  constexpr int longest = 8;
  for (int i = 0; i < longest && rest >= 0x80; ++i, rest >>= 7) bytes += static_cast<char>(rest | 0x80);
  bytes += static_cast<char>(rest);
}

/// Counts, and minus the number of those that are 0 where some are.
std::string payload_of(const std::vector<std::uint64_t>& counts) {
  std::string bytes;
  for (std::size_t i = 0; i < counts.size();) {
    std::size_t next = i;
    while (next < counts.size() && counts[next] == 0) ++next;
    if (next > i) {
      append_zigzag(bytes, -static_cast<std::int64_t>(next - i));
      i = next;
    } else {
      append_zigzag(bytes, static_cast<std::int64_t>(counts[i++]));
    }
  }
  return bytes;
}

std::string plain(const Histogram& histogram) {
  const std::string payload = payload_of(hdr_counts(histogram));
  std::string bytes;
  append_big_endian(bytes, plain_cookie);
  append_big_endian(bytes, static_cast<std::uint32_t>(payload.size()));
  append_big_endian(bytes, std::uint32_t{0});  // no shift of the buckets
  append_big_endian(bytes, significant_digits);
  append_big_endian(bytes, std::uint64_t{1});  // the lowest value that is told from 0
  append_big_endian(bytes, std::max(usual_highest, histogram.max()));
  append_big_endian(bytes, std::bit_cast<std::uint64_t>(1.0));  // of values that are no integers
  return bytes + payload;
}

std::string deflated(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string made(size, '\0');
  if (compress(reinterpret_cast<Bytef*>(made.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
               bytes.size()) != Z_OK) {
    throw std::bad_alloc();  // no other failure with so much room
  }
  made.resize(size);
  return made;
}

}  // namespace

std::string encode_hdr(const Histogram& histogram) {
  const std::string contents = deflated(plain(histogram));
  std::string bytes;
  append_big_endian(bytes, compressed_cookie);
  append_big_endian(bytes, static_cast<std::uint32_t>(contents.size()));
  return absl::Base64Escape(bytes + contents);
}

}  // namespace upout::harness
