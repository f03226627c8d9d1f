#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace upout::harness {

/// Latencies in nanoseconds, counted in log-linear buckets (as HdrHistogram does): exact below 128 ns, above
/// that a bucket is at most 1/64 (1.6 %) of its values wide. Holds every 64-bit value. Histograms are merged
/// by adding their counts; percentiles are never averaged. One writer at a time; no allocation after
/// construction.
class Histogram {
 public:
  void record(std::uint64_t nanoseconds, std::uint64_t times = 1) noexcept {
    counts_[bucket_of(nanoseconds)] += times;
    max_ = nanoseconds > max_ ? nanoseconds : max_;
  }

  std::uint64_t count() const noexcept;
  std::uint64_t max() const noexcept { return max_; }
  /// The smallest bucket's upper end at or below which at least `fraction` (0..1) of the values lie, at most
  /// `max()`; 0 if empty.
  std::uint64_t quantile(double fraction) const noexcept;

  /// For merging across workers and ranks: add the counts element by element, take the greater maximum.
  std::span<std::uint64_t> counts() noexcept { return counts_; }
  std::span<const std::uint64_t> counts() const noexcept { return counts_; }
  void set_max(std::uint64_t nanoseconds) noexcept { max_ = nanoseconds; }
  void merge(const Histogram& other) noexcept;

  /// A power of two of values is split into 2^sub_bucket_bits buckets; below 2^(sub_bucket_bits + 1) a bucket
  /// is one value.
  static constexpr unsigned sub_bucket_bits = 6;
  static constexpr std::size_t buckets = std::size_t{65 - sub_bucket_bits} << sub_bucket_bits;

  static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
    // `| linear_end` makes the linear part look like the first octave, so that no branch is needed.
    const unsigned shift = unsigned(std::bit_width(value | linear_end)) - (sub_bucket_bits + 1);
    return (std::size_t{shift} << sub_bucket_bits) + std::size_t(value >> shift);
  }

  /// The greatest value that is counted in `bucket`.
  static constexpr std::uint64_t upper_end(std::size_t bucket) noexcept {
    constexpr std::size_t octave = std::size_t{1} << sub_bucket_bits;
    const std::size_t shift = bucket < 2 * octave ? 0 : (bucket >> sub_bucket_bits) - 1;
    return ((bucket - shift * octave + 1) << shift) - 1;
  }

 private:
  static constexpr std::uint64_t linear_end = std::uint64_t{1} << sub_bucket_bits;

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t max_ = 0;
};

/// What results say of a histogram, in nanoseconds.
struct Percentiles {
  std::uint64_t p50 = 0;
  std::uint64_t p90 = 0;
  std::uint64_t p99 = 0;
  std::uint64_t p999 = 0;
  std::uint64_t max = 0;
  std::uint64_t count = 0;
};

Percentiles percentiles_of(const Histogram& histogram) noexcept;

static_assert(Histogram::bucket_of(~std::uint64_t{0}) == Histogram::buckets - 1);
static_assert(Histogram::upper_end(Histogram::buckets - 1) == ~std::uint64_t{0});

}  // namespace upout::harness
