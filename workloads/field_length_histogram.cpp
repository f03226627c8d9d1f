#include "workloads/field_length_histogram.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>

#include "kernel/operation.h"
#include "workloads/digest.h"

namespace upout::workloads {

using platform::Expected;

namespace {

/// As in YCSB, whose numbers are Java's int.
constexpr std::uint64_t most_counts = std::numeric_limits<std::int32_t>::max();

/// Lines of two columns; as in YCSB, further ones are comments.
class Lines {
 public:
  Lines(std::string_view text, const std::string& path) : rest_(text), path_(path) {}

  bool has_more() const { return !rest_.empty(); }
  void advance() {
    ++number_;
    const std::size_t end = rest_.find('\n');
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line_.ends_with('\r')) line_.remove_suffix(1);
  }
  std::string_view first() const { return line_.substr(0, line_.find('\t')); }
  std::string_view second() const {
    const std::size_t tab = line_.find('\t');
    if (tab == std::string_view::npos) return {};
    const std::string_view behind = line_.substr(tab + 1);
    return behind.substr(0, behind.find('\t'));
  }
  auto refuse(const std::string& expected) const {
    constexpr std::size_t most = 60;
    const std::string_view shown = line_.substr(0, most);
    return platform::unexpected(fmt::format("{}:{}", path_, number_),
                                fmt::format("'{}{}'", shown, shown.size() < line_.size() ? "..." : ""),
                                expected);
  }

 private:
  std::string_view rest_;
  std::string_view line_;
  std::size_t number_ = 0;
  const std::string& path_;
};

std::optional<std::uint64_t> number_of(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  return is_whole && number >= least && number <= most ? std::optional(number) : std::nullopt;
}

Expected<std::uint64_t> read_block_size(Lines& lines) {
  lines.advance();
  const auto size = number_of(lines.second(), 1, kernel::max_value_bytes);
  if (lines.first() == "BlockSize" && size) return *size;
  return lines.refuse(
      fmt::format("'BlockSize', a tab and a whole number from 1 to {}", kernel::max_value_bytes));
}

Expected<std::vector<std::uint64_t>> read_counts(Lines& lines) {
  std::vector<std::uint64_t> counts;
  while (lines.has_more()) {
    lines.advance();
    const auto count = number_of(lines.second(), 0, most_counts);
    if (number_of(lines.first(), counts.size(), counts.size()) && count) {
      counts.push_back(*count);
    } else {
      return lines.refuse(
          fmt::format("the bucket's number, {}, a tab and a count from 0 to {}", counts.size(), most_counts));
    }
  }
  return counts;
}

}  // namespace

Expected<FieldLengthHistogram> FieldLengthHistogram::parse(std::string_view text, const std::string& path) {
  Lines lines(text, path);
  const auto block_size = read_block_size(lines);
  if (!block_size) return tl::unexpected(block_size.error());
  const auto counts = read_counts(lines);
  if (!counts) return tl::unexpected(counts.error());
  std::uint64_t all = 0;
  for (const std::uint64_t count : *counts) all += count;
  if (all == 0) return platform::unexpected(path, "no counts at all", "a bucket with a count above 0");
  if (counts->size() == 1) {
    return platform::unexpected(path, "one bucket, of which YCSB makes fields of 0 bytes",
                                "two buckets or more, or fieldlengthdistribution=constant");
  }

  FieldLengthHistogram histogram;
  std::uint64_t before = 0;
  std::uint64_t counted = 0;
  const std::size_t last = counts->size() - 1;
  for (std::size_t i = 0; i <= last; ++i) {
    counted += (*counts)[i];
    const std::uint64_t bound = i == last ? all : std::min(counted + 1, all);
    const std::size_t length = std::min(i + 1, last) * *block_size;
    if (bound == before) continue;
    if (!histogram.steps_.empty() && histogram.steps_.back().length == length) {
      histogram.steps_.back().bound = bound;
    } else {
      histogram.steps_.push_back({bound, length});
    }
    before = bound;
  }
  histogram.file_name_ = std::filesystem::path(path).filename().string();
  histogram.content_hash_ = fmt::format("{:016x}", digest_of(0, std::as_bytes(std::span(text))));
  return histogram;
}

double FieldLengthHistogram::mean() const noexcept {
  double sum = 0;
  std::uint64_t before = 0;
  for (const Step& step : steps_) {
    sum += static_cast<double>(step.bound - before) * static_cast<double>(step.length);
    before = step.bound;
  }
  return sum / static_cast<double>(before);
}

std::size_t FieldLengthHistogram::draw(Random& random) const noexcept {
  const std::uint64_t number = random.below(steps_.back().bound);
  return std::ranges::upper_bound(steps_, number, {}, &Step::bound)->length;
}

}  // namespace upout::workloads
