#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "kernel/hash.h"
#include "kernel/tag_match.h"
#include "keys.h"
#include "lazy.h"
#include "platform/memory.h"
#include "registry.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace upout::micro {

namespace {

using platform::Expected;
using platform::Region;

/// Far more than any cache holds.
constexpr std::size_t array_bytes = std::size_t{1} << 30;

std::span<std::uint64_t> words_of(const Region& region) {
  return {reinterpret_cast<std::uint64_t*>(region.bytes().data()),
          region.bytes().size() / sizeof(std::uint64_t)};
}

/// Every page written once: one that was only read would be the kernel's shared page of zeros.
Expected<Region> touched_array() {
  auto region = Region::map(array_bytes);
  if (region) std::ranges::fill(words_of(*region), 1);
  return region;
}

using Array = Lazy<Expected<Region>>;

/// Independent reads: the processor overlaps as many as its out-of-order window reaches.
std::uint64_t read_plain(std::span<const std::uint64_t> words, UniformNumbers& numbers) {
  std::uint64_t sum = 0;
  for (std::size_t read = 0; read < batch_size; ++read) sum += words[numbers.next()];
  return sum;
}

/// The same, all asked for before the first is read.
std::uint64_t read_prefetched(std::span<const std::uint64_t> words, UniformNumbers& numbers) {
  std::array<const std::uint64_t*, batch_size> addresses;
  for (auto& address : addresses) {
    address = &words[numbers.next()];
    __builtin_prefetch(address);
  }
  std::uint64_t sum = 0;
  for (const auto* address : addresses) sum += *address;
  return sum;
}

template <auto read_batch>
void random_read(benchmark::State& state, Array& array) {
  const auto& region = array.value();
  if (!region) {
    state.SkipWithError(region.error().to_string().c_str());
    return;
  }
  const std::span<const std::uint64_t> words = words_of(*region);
  UniformNumbers numbers(words.size());
  for (auto _ : state) benchmark::DoNotOptimize(read_batch(words, numbers));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_size));
}

/// As many lines as the hash index has buckets for record_count records, and as many records of one header
/// word, key and value of 8 bytes each. Every word of the lines is the place of a random record's first word.
constexpr std::size_t bucket_bytes = (std::size_t{1} << 21) * 64;
constexpr std::size_t record_words = 3;
constexpr std::size_t records_bytes = record_count * record_words * sizeof(std::uint64_t);

struct DependentArrays {
  Region buckets;
  Region records;
};

Expected<DependentArrays> filled_dependent_arrays() {
  auto buckets = Region::map(bucket_bytes);
  if (!buckets) return tl::unexpected(buckets.error());
  auto records = Region::map(records_bytes);
  if (!records) return tl::unexpected(records.error());
  UniformNumbers numbers(record_count, 2);
  for (std::uint64_t& place : words_of(*buckets)) place = numbers.next() * record_words;
  std::ranges::fill(words_of(*records), 1);
  return DependentArrays{std::move(*buckets), std::move(*records)};
}

/// Pairs of reads at random, the second where the first says.
class DependentReads {
 public:
  DependentReads(const DependentArrays& arrays, int thread)
      : buckets_(words_of(arrays.buckets)),
        records_(words_of(arrays.records)),
        numbers_(buckets_.size(), 1 + static_cast<std::uint64_t>(thread)) {}

  /// Where a new pair's first read goes.
  const std::uint64_t* first() {
    const auto* place = &buckets_[numbers_.next()];
    __builtin_prefetch(place);
    return place;
  }
  /// Reads there, and says where the second goes.
  const std::uint64_t* second(const std::uint64_t* first) const {
    const auto* place = &records_[*first];
    __builtin_prefetch(place);
    return place;
  }
  /// Reads there.
  static std::uint64_t last(const std::uint64_t* second) { return *second; }

 private:
  std::span<const std::uint64_t> buckets_;
  std::span<const std::uint64_t> records_;
  UniformNumbers numbers_;
};

/// The same, with the least that a get has to do on its way, whatever the index: a key and its hash instead
/// of a number, the tags of the first line compared, both ends of the record asked for (one of 24 bytes in
/// four lies across two lines), and header, key and value read. Nothing is decided by what is found, no
/// operation is filled in.
class LeastGets {
 public:
  LeastGets(const DependentArrays& arrays, int thread)
      : buckets_(words_of(arrays.buckets)),
        records_(words_of(arrays.records)),
        numbers_(record_count, 1 + static_cast<std::uint64_t>(thread)) {}

  const std::uint64_t* first() {
    const kernel::KeyHash hash(key_of(numbers_.next()));
    const std::size_t bucket = hash.bucket_bits() % (buckets_.size() / bucket_words);
    const auto* place = &buckets_[bucket * bucket_words + hash.tag() % bucket_words];
    __builtin_prefetch(place);
    return place;
  }
  const std::uint64_t* second(const std::uint64_t* first) const {
    const auto line = reinterpret_cast<std::uintptr_t>(first) / bucket_line_bytes * bucket_line_bytes;
    // No word has this tag, but that is known only when all have been looked at.
    const unsigned matches =
        kernel::match_tags(reinterpret_cast<const std::atomic<std::uint64_t>*>(line), 0x8001);
    const auto* place = &records_[*first + matches];
    __builtin_prefetch(place);
    __builtin_prefetch(reinterpret_cast<const std::byte*>(place + record_words) - 1);
    return place;
  }
  static std::uint64_t last(const std::uint64_t* second) { return second[0] + second[1] + second[2]; }

 private:
  static constexpr std::size_t bucket_line_bytes = 64;
  static constexpr std::size_t bucket_words = bucket_line_bytes / sizeof(std::uint64_t);

  std::span<const std::uint64_t> buckets_;
  std::span<const std::uint64_t> records_;
  UniformNumbers numbers_;
};

/// All first lines asked for, then all second ones, then all read: two latencies of the memory a batch are
/// waited for, as they are by whoever serves a batch stage by stage. The processor looks ahead, though: these
/// few instructions leave it room to ask for much of the next batch while it waits for this one, so that more
/// than `width` pairs are in flight. If the batches are `separate`, it is kept from that.
template <std::size_t width, bool separate = false>
class Batches {
 public:
  static constexpr std::size_t pairs = width;

  Batches(const DependentArrays& arrays, int thread) : reads_(arrays, thread) {}

  std::uint64_t turn() {
    std::array<const std::uint64_t*, width> places;
    for (auto& place : places) place = reads_.first();
    for (auto& place : places) place = reads_.second(place);
    std::uint64_t sum = 0;
    for (const auto* place : places) sum += *place;
    if constexpr (separate) wait_for_reads();
    return sum;
  }

 private:
  static void wait_for_reads() noexcept {
#if defined(__SSE2__)
    _mm_lfence();
#elif defined(__aarch64__)
    asm volatile("dsb ld\n\tisb" ::: "memory");
#endif
  }

  DependentReads reads_;
};

/// Never more than `width` pairs in flight by the program's order, and never fewer than `width - group`: as a
/// group ends another one takes its slots, while the group half a turn away goes from its first line to its
/// second. Every read has half a turn between the question and the use. (Software-pipelined prefetching:
/// Chen, Ailamaki, Gibbons and Mowry, ICDE 2004.)
template <class Reads, std::size_t width, std::size_t group>
class Rolling {
 public:
  static constexpr std::size_t pairs = width;

  Rolling(const DependentArrays& arrays, int thread) : reads_(arrays, thread) {
    for (auto& place : places_) place = reads_.first();
    for (std::size_t slot = 0; slot < width / 2; ++slot) places_[slot] = reads_.second(places_[slot]);
  }

  std::uint64_t turn() {
    static_assert(width / 2 % group == 0);
    std::uint64_t sum = 0;
    for (std::size_t begin = 0; begin < width; begin += group) {
      const std::size_t opposite = (begin + width / 2) % width;
      for (std::size_t i = 0; i < group; ++i) sum += Reads::last(places_[begin + i]);
      for (std::size_t i = 0; i < group; ++i) places_[begin + i] = reads_.first();
      for (std::size_t i = 0; i < group; ++i) places_[opposite + i] = reads_.second(places_[opposite + i]);
    }
    return sum;
  }

 private:
  Reads reads_;
  std::array<const std::uint64_t*, width> places_;  ///< a slot's next read
};

template <class Schedule>
void two_dependent_reads(benchmark::State& state, Lazy<Expected<DependentArrays>>& lazy) {
  const auto& arrays = lazy.value();
  if (!arrays) {
    state.SkipWithError(arrays.error().to_string().c_str());
    return;
  }
  Schedule schedule(*arrays, state.thread_index());
  for (auto _ : state) benchmark::DoNotOptimize(schedule.turn());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Schedule::pairs));
}

constexpr std::size_t line_words = 8;

/// By ordinary stores: the processor reads each line of the destination before it is overwritten
/// (write-allocate), which moves half as many bytes again as are counted.
void copy_line(std::uint64_t* to, const std::uint64_t* from) {
  std::copy_n(from, line_words, to);
}

#if defined(__SSE2__)
/// By non-temporal stores, past the caches: what is counted is what is moved.
void copy_line_past_caches(std::uint64_t* to, const std::uint64_t* from) {
  const auto* source = reinterpret_cast<const __m128i*>(from);
  auto* destination = reinterpret_cast<__m128i*>(to);
  for (int i = 0; i < 4; ++i) _mm_stream_si128(destination + i, _mm_load_si128(source + i));
}
#endif

/// STREAM's copy (McCalpin, 1995): one half of the array to the other; bytes read and bytes written both
/// count.
template <auto copy>
void stream_copy(benchmark::State& state, Array& array) {
  const auto& region = array.value();
  if (!region) {
    state.SkipWithError(region.error().to_string().c_str());
    return;
  }
  const std::span<std::uint64_t> words = words_of(*region);
  const std::span<std::uint64_t> from = words.first(words.size() / 2);
  const std::span<std::uint64_t> to = words.last(from.size());
  for (auto _ : state) {
    for (std::size_t word = 0; word < from.size(); word += line_words) {
      copy(&to[word], &from[word]);
      // Keeps the compiler from making the loop a call of memcpy, whose stores are of either kind by size.
      benchmark::ClobberMemory();
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(array_bytes));
}

void register_random_read(const std::shared_ptr<Array>& array) {
  benchmark::RegisterBenchmark("limit/random_read/plain",
                               [array](benchmark::State& state) { random_read<read_plain>(state, *array); });
  benchmark::RegisterBenchmark("limit/random_read/prefetched_16", [array](benchmark::State& state) {
    random_read<read_prefetched>(state, *array);
  });
}

void register_stream_copy(const std::shared_ptr<Array>& array) {
  benchmark::RegisterBenchmark("limit/stream_copy/write_allocate",
                               [array](benchmark::State& state) { stream_copy<copy_line>(state, *array); });
#if defined(__SSE2__)
  benchmark::RegisterBenchmark("limit/stream_copy/non_temporal", [array](benchmark::State& state) {
    stream_copy<copy_line_past_caches>(state, *array);
  });
#endif
}

template <class Schedule>
benchmark::internal::Benchmark* register_schedule(
    const char* name, const std::shared_ptr<Lazy<Expected<DependentArrays>>>& arrays) {
  return benchmark::RegisterBenchmark(
      name, [arrays](benchmark::State& state) { two_dependent_reads<Schedule>(state, *arrays); });
}

void register_two_dependent_reads() {
  const auto arrays = std::make_shared<Lazy<Expected<DependentArrays>>>(filled_dependent_arrays);
  register_schedule<Batches<16>>("limit/two_dependent_random_reads/batches_16", arrays);
  register_schedule<Batches<64>>("limit/two_dependent_random_reads/batches_64", arrays);
  register_schedule<Batches<16, true>>("limit/two_dependent_random_reads/separate_batches_16", arrays);
  register_schedule<Batches<64, true>>("limit/two_dependent_random_reads/separate_batches_64", arrays);
  // Groups of 1, 2, 4 and 8 were tried: 2 is the fastest.
  register_schedule<Rolling<DependentReads, 16, 2>>("limit/two_dependent_random_reads/rolling_16", arrays);
  register_schedule<Rolling<DependentReads, 16, 2>>("limit/two_dependent_random_reads/rolling_16", arrays)
      ->Threads(2)
      ->UseRealTime();
  register_schedule<Rolling<LeastGets, 16, 2>>("limit/least_get/rolling_16", arrays);
}

}  // namespace

void register_limits() {
  const auto array = std::make_shared<Array>(touched_array);
  register_random_read(array);
  register_stream_copy(array);
  register_two_dependent_reads();
}

}  // namespace upout::micro
