#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/error.h"
#include "workloads/random.h"

namespace upout::workloads {

/// Lengths of fields as a file counts them, in the format of YCSB's fieldlengthhistogram:
///
///     BlockSize<tab>n     first line
///     i<tab>count         a line for each bucket, i = 0, 1, 2 …
///
/// They are drawn as YCSB draws them, with both peculiarities of that: a number from 0 to the sum of all
/// counts (less 1) belongs to the first bucket i whose counts, with those before it, come to that number *or
/// more*, so that the first one gets one count too many; and the last bucket has the length of the one before
/// it. Length of bucket i: (i + 1) blocks. Immutable; any thread may use it.
class FieldLengthHistogram {
 public:
  /// Errors of a line name `path` and its number; one of the whole file, that it has no counts for example,
  /// `path`.
  static platform::Expected<FieldLengthHistogram> parse(std::string_view text, const std::string& path);

  std::size_t least() const noexcept { return steps_.front().length; }
  std::size_t greatest() const noexcept { return steps_.back().length; }
  /// Of what is drawn.
  double mean() const noexcept;
  std::size_t draw(Random& random) const noexcept;

  /// Which file this was, without its folder, and what was in it: XXH3 (64 bits), in 16 hexadecimal digits.
  const std::string& file_name() const noexcept { return file_name_; }
  const std::string& content_hash() const noexcept { return content_hash_; }

 private:
  /// Numbers below this bound, and not below that of the step before, mean this length.
  struct Step {
    std::uint64_t bound;
    std::size_t length;
  };

  FieldLengthHistogram() = default;

  std::vector<Step> steps_;  ///< ascending; none is empty
  std::string file_name_;
  std::string content_hash_;
};

}  // namespace upout::workloads
