#pragma once

#include <absl/strings/escaping.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

/// Reads logs of HdrHistogram, by its formats and by nothing of the suite's.
namespace upout::harness {

/// A reader of HdrHistogram's version 2, for any number of significant digits: the counts of values, each the
/// greatest one that its bucket holds.
class HdrReader {
 public:
  explicit HdrReader(const std::string& base64) {
    std::string outer;
    EXPECT_TRUE(absl::Base64Unescape(base64, &outer));
    bytes_ = outer;
    EXPECT_EQ(number(4), 0x1c849314u) << "compressed";
    const std::size_t length = number(4);
    EXPECT_EQ(outer.size(), 8 + length);
    uLongf size = 1 << 20;
    std::string inner(size, '\0');
    EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(inner.data()), &size,
                         reinterpret_cast<const Bytef*>(outer.data() + 8), length),
              Z_OK);
    inner.resize(size);
    bytes_ = inner;
    at_ = 0;
    read();
  }

  std::uint64_t count() const {
    std::uint64_t sum = 0;
    for (const auto& [value, times] : counts_) sum += times;
    return sum;
  }

  /// As HdrHistogram's getValueAtPercentile has it.
  std::uint64_t quantile(double fraction) const {
    const auto wanted = std::max<std::uint64_t>(
        1,
        static_cast<std::uint64_t>(std::ceil(std::nextafter(fraction * static_cast<double>(count()), 0.0))));
    std::uint64_t seen = 0;
    for (const auto& [value, times] : counts_) {
      seen += times;
      if (seen >= wanted) return value;
    }
    return 0;
  }

  void merge(const HdrReader& other) {
    for (const auto& [value, times] : other.counts_) counts_[value] += times;
  }

  std::uint64_t highest_trackable() const { return highest_; }

 private:
  std::uint64_t number(int size) {
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes_.at(at_++));
    return value;
  }

  std::int64_t zigzag() {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const std::uint64_t byte = number(1);
      value |= (shift == 56 ? byte : byte & 0x7f) << shift;
      if (shift == 56 || byte < 0x80) break;
    }
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }

  void read() {
    EXPECT_EQ(number(4), 0x1c849313u) << "version 2";
    const std::size_t payload = number(4);
    EXPECT_EQ(number(4), 0u);
    digits_ = static_cast<int>(number(4));
    EXPECT_EQ(number(8), 1u);
    highest_ = number(8);
    EXPECT_EQ(std::bit_cast<double>(number(8)), 1.0);
    EXPECT_EQ(bytes_.size(), at_ + payload);
    for (std::size_t index = 0; at_ < bytes_.size();) {
      const std::int64_t count = zigzag();
      if (count < 0) {
        index += static_cast<std::size_t>(-count);
      } else {
        counts_[greatest_of(index++)] = static_cast<std::uint64_t>(count);
      }
    }
  }

  /// Of a bucket, as the format has them: twice 10^digits values and more one by one, then half as many
  /// buckets an octave.
  std::uint64_t greatest_of(std::size_t index) const {
    const auto linear = std::bit_ceil(static_cast<std::uint64_t>(2 * std::pow(10, digits_)));
    const std::uint64_t half = linear / 2;
    if (index < linear) return index;
    const std::uint64_t octave = index / half - 1;
    return ((half + index % half + 1) << octave) - 1;
  }

  std::string bytes_;
  std::size_t at_ = 0;
  int digits_ = 0;
  std::uint64_t highest_ = 0;
  std::map<std::uint64_t, std::uint64_t> counts_;
};

/// As the tools read them; comments and the legend are not among them.
struct LogLine {
  std::string tag;
  double begin = 0;
  double seconds = 0;
  double max_ms = 0;
  std::string hdr;
};

inline std::vector<LogLine> log_lines(const std::string& log) {
  std::vector<LogLine> lines;
  std::istringstream text(log);
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with('#') || line.starts_with('"')) continue;
    LogLine& read = lines.emplace_back();
    if (line.starts_with("Tag=")) {
      read.tag = line.substr(4, line.find(',') - 4);
      line = line.substr(line.find(',') + 1);
    }
    char comma = 0;
    std::istringstream(line) >> read.begin >> comma >> read.seconds >> comma >> read.max_ms >> comma >>
        read.hdr;
  }
  return lines;
}

}  // namespace upout::harness
