#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "kernel/hash.h"
#include "kernel/heap.h"
#include "kernel/part.h"
#include "kernel/policy.h"
#include "kernel/record.h"
#include "kernel/tag_match.h"
#include "platform/memory.h"

namespace upout::kernel {

/// An unordered index from keys to records: a table of 64-byte buckets, each with seven slots that hold a
/// 16-bit tag of the key's hash beside the record's address, so that a probe costs one line and a miss hardly
/// ever a second one. A full bucket is continued by overflow buckets.
///
/// Readers write nothing and take no latch: a record stays in its slot from insert to remove, so a reader
/// that scans the slots once finds every record that was there all the time. Writers latch the first bucket
/// of the chain. Growth doubles the table bucket by bucket while it is in use: writers that meet a growing
/// table move a few buckets each; a bucket that has moved says so in its control word, and readers follow to
/// the next table.
///
/// With the `Shared` policy any number of registered threads may call it, each with its own cache; references
/// that it returns are valid until the caller announces that it is quiescent. With `Exclusive` one thread may
/// call it, and a reference is valid until the next call that writes.
template <class Policy>
class HashIndex {
 public:
  using Rec = Record<Policy>;
  static constexpr std::size_t slots_per_bucket = 7;

  struct alignas(64) Bucket {
    typename Policy::template Cell<std::uint64_t>
        control;  ///< address of the overflow bucket, and flags in its low bits
    std::array<typename Policy::template Cell<std::uint64_t>, slots_per_bucket> slots;
  };
  static_assert(sizeof(Bucket) == 64);

  /// An index that takes `expected_records` without growing. Null if the memory cannot be had. `memory` is
  /// how its tables are mapped, and must outlive it.
  static std::unique_ptr<HashIndex> create(std::size_t expected_records,
                                           const platform::Region::Options& memory) noexcept;
  ~HashIndex();
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;

  /// A search in steps, so that the caller can do something else while a line is on its way.
  struct Probe {
    const Bucket* bucket;  ///< the bucket to look into next; null at the chain's end
    Rec* candidate;        ///< a record with the key's tag, perhaps not the key itself, or null
  };
  /// The bucket at which the search begins; nothing of it is looked at yet. With `Exclusive`, valid until a
  /// call that writes.
  const Bucket* first_bucket(KeyHash hash) const noexcept { return &table_.load()->bucket(hash); }
  /// Looks into `first_bucket`, or where that has moved to.
  Probe first_probe(const Bucket* bucket, KeyHash hash) const noexcept {
    std::uint64_t control = bucket->control.load();
    if ((control & moved_bit) != 0) [[unlikely]]
      bucket = &home(hash, control);
    return {overflow(control), first_match(*bucket, hash)};
  }
  /// Looks into the overflow buckets, beginning again at the first one, so that nothing has to stay in place
  /// between two steps: a record with the key's tag, or null.
  Rec* overflow_candidate(KeyHash hash) const noexcept;

  /// The record with this key, or null.
  Rec* find(Key key) const noexcept;

  /// The latched chain of buckets that holds a key or would. Its thread must not search the index while it
  /// has one.
  class Position {
   public:
    Position(HashIndex& index, Key key) noexcept;
    ~Position();
    Position(const Position&) = delete;
    Position& operator=(const Position&) = delete;

    Rec* find() noexcept;  ///< and remembers its slot for `replace` and `erase`
    /// Publishes a record whose key is not in the index. False: an overflow bucket was needed and there is no
    /// memory; the index is as it was.
    bool add(Rec* record, Heap::Cache& cache) noexcept;
    void replace(Rec* record) noexcept;  ///< puts another record with the same key into the slot last found
    void erase() noexcept;               ///< empties the slot last found

   private:
    using Slot = typename Policy::template Cell<std::uint64_t>;
    Bucket* first_;
    Key key_;
    KeyHash hash_;
    Slot* found_ = nullptr;
  };

  bool is_growing() const noexcept { return table_.load()->next.load() != nullptr; }
  /// Begins to grow if there are more than `records` can be held well. Any writer may call it.
  void grow_if_needed(std::size_t records) noexcept;
  /// Moves a few buckets to the next table, if the index is growing.
  void help_growth(Heap::Cache& cache) noexcept;

  /// Calls `use(record)` for each record in a part of the buckets, in their order. Parts go together as long
  /// as nobody writes.
  template <class Use>
  void for_each(Part part, Use&& use) const {
    const Table& table = *table_.load();
    for (std::size_t i = part.begin(table.size()); i < part.end(table.size()); ++i)
      for_each_of_chain(table, i, use);
  }

  std::size_t bucket_count() const noexcept { return table_.load()->size(); }
  /// The same for the buckets whose number leaves `remainder` when divided by `stride`, which is what
  /// `bucket_count` has been at some time. However the table grows in between, each record is in the buckets
  /// of one and the same remainder.
  template <class Use>
  void for_each_congruent(std::size_t remainder, std::size_t stride, Use&& use) const {
    const Table& table = *table_.load();
    for (std::size_t i = remainder; i < table.size(); i += stride) for_each_of_chain(table, i, use);
  }

  std::span<const std::byte> table() const noexcept { return table_.load()->memory.bytes(); }

 private:
  friend class RemoteHashReader;

  struct Table {
    platform::Region memory;
    std::size_t mask = 0;  ///< number of buckets - 1
    typename Policy::template Cell<Table*> next;
    typename Policy::template Cell<std::size_t> claimed;  ///< buckets that somebody has tried to move
    typename Policy::template Cell<std::size_t> moved;    ///< buckets that have been moved

    std::size_t size() const noexcept { return mask + 1; }
    Bucket& at(std::size_t i) const noexcept { return reinterpret_cast<Bucket*>(memory.bytes().data())[i]; }
    Bucket& bucket(KeyHash hash) const noexcept { return at(hash.bucket_bits() & mask); }
  };

  static constexpr std::uint64_t latched_bit = 1;
  /// In the first bucket of a chain: it has moved to the next table, whose address takes the place of the
  /// overflow bucket's, for readers in other processes (remote_hash_reader.h). Always set in overflow
  /// buckets, where it means nothing to the index, so that a stale record pointer to memory that has become
  /// one reads a header that says absent.
  static constexpr std::uint64_t moved_bit = Header::absent_bit;
  static constexpr std::uint64_t flag_bits = 63;
  static constexpr unsigned tag_shift = 48;
  static constexpr std::uint64_t address_mask = (std::uint64_t{1} << tag_shift) - 1;
  static constexpr std::size_t smallest_table = 8;
  static constexpr std::size_t buckets_a_step = 8;  ///< moved by one call of `help_growth`

  static Bucket* overflow(std::uint64_t control) noexcept {
    return reinterpret_cast<Bucket*>(control & ~flag_bits);
  }
  static Rec* record(std::uint64_t slot) noexcept { return reinterpret_cast<Rec*>(slot & address_mask); }
  static std::uint64_t slot_word(KeyHash hash, const Rec* record) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(record);
    assert((address & ~address_mask) == 0);
    return hash.tag() << tag_shift | address;
  }

  static Table* make_table(std::size_t buckets, const platform::Region::Options& memory) noexcept;
  static bool add_to_chain(Bucket* bucket, std::uint64_t word, Heap::Cache& cache) noexcept;
  static void clear_chain(Bucket* bucket) noexcept;

  /// Where the hash's chain begins now, and that bucket's control word.
  const Bucket& home(KeyHash hash, std::uint64_t& control) const noexcept {
    const Table* table = table_.load();
    for (;;) {
      const Bucket& bucket = table->bucket(hash);
      control = bucket.control.load();
      if ((control & moved_bit) == 0) return bucket;
      table = table->next.load();
    }
  }
  static Rec* first_match(const Bucket& bucket, KeyHash hash) noexcept {
    // Word 0 is the control word, whose upper bits could look like a tag.
    const unsigned mask = match_tags(&bucket.control, hash.tag()) & ~1U;
    if (mask == 0) return nullptr;
    return record(bucket.slots[static_cast<unsigned>(std::countr_zero(mask)) - 1].load());
  }
  template <class Use>
  static void for_each_of_chain(const Table& table, std::size_t i, Use& use) {
    const Bucket& home = table.at(i);
    std::uint64_t control = home.control.load();
    if ((control & moved_bit) != 0) {
      const Table& next = *table.next.load();
      for_each_of_chain(next, i, use);
      for_each_of_chain(next, i + table.size(), use);
      return;
    }
    for (const Bucket* bucket = &home;; control = bucket->control.load()) {
      for (const auto& slot : bucket->slots) {
        if (const std::uint64_t word = slot.load(); word != 0) use(*record(word));
      }
      bucket = overflow(control);
      if (bucket == nullptr) return;
    }
  }
  void prefetch_for_move(const Table& from, std::size_t first) const noexcept;
  enum class Move : std::uint8_t { done, done_before, refused };
  static Move move_bucket(Table& from, Table& to, std::size_t i, Heap::Cache& cache) noexcept;
  void retire(Table* table) noexcept;
  static void retire_overflow(Bucket* bucket, Heap::Cache& cache) noexcept;

  HashIndex(Table* table, const platform::Region::Options& memory) noexcept : memory_(&memory) {
    table_.store(table);
  }

  const platform::Region::Options* memory_;
  typename Policy::template Cell<Table*> table_;
  typename Policy::template Cell<std::uint32_t>
      growing_;  ///< 1: somebody makes the next table, or it is being filled
};

extern template class HashIndex<Shared>;
extern template class HashIndex<Exclusive>;

}  // namespace upout::kernel
