#include "kernel/hash_index.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "kernel/prefetch.h"
#include "kernel/reclamation.h"

namespace upout::kernel {

namespace {

/// Above this share of used slots the table doubles: more would send too many reads to overflow buckets.
constexpr double greatest_load = 0.75;

}  // namespace

template <class Policy>
auto HashIndex<Policy>::make_table(std::size_t buckets, const platform::Region::Options& memory) noexcept
    -> Table* {
  platform::Expected<platform::Region> region = platform::Region::map(buckets * sizeof(Bucket), memory);
  if (!region) return nullptr;
  auto* table = new (std::nothrow) Table;
  if (table == nullptr) return nullptr;
  table->memory = std::move(*region);
  table->mask = buckets - 1;
  return table;
}

template <class Policy>
std::unique_ptr<HashIndex<Policy>> HashIndex<Policy>::create(
    std::size_t expected_records, const platform::Region::Options& memory) noexcept {
  const auto slots = static_cast<std::size_t>(static_cast<double>(expected_records) / greatest_load);
  const std::size_t buckets = std::bit_ceil(std::max(slots / slots_per_bucket + 1, smallest_table));
  Table* table = make_table(buckets, memory);
  if (table == nullptr) return nullptr;
  return std::unique_ptr<HashIndex>(new (std::nothrow) HashIndex(table, memory));
}

template <class Policy>
HashIndex<Policy>::~HashIndex() {
  for (Table* table = table_.load(); table != nullptr;) {
    const std::unique_ptr<Table> owned(table);
    table = table->next.load();
  }
}

template <class Policy>
auto HashIndex<Policy>::find(Key key) const noexcept -> Rec* {
  const KeyHash hash(key);
  std::uint64_t control = 0;
  for (const Bucket* bucket = &home(hash, control); bucket != nullptr;) {
    for (const auto& slot : bucket->slots) {
      const std::uint64_t word = slot.load();
      if (word >> tag_shift != hash.tag()) continue;
      if (Rec* candidate = record(word); candidate->key() == key) return candidate;
    }
    bucket = overflow(control);
    if (bucket != nullptr) control = bucket->control.load();
  }
  return nullptr;
}

template <class Policy>
auto HashIndex<Policy>::overflow_candidate(KeyHash hash) const noexcept -> Rec* {
  std::uint64_t control = 0;
  home(hash, control);
  for (const Bucket* bucket = overflow(control); bucket != nullptr;
       bucket = overflow(bucket->control.load())) {
    if (Rec* candidate = first_match(*bucket, hash); candidate != nullptr) return candidate;
  }
  return nullptr;
}

// Latching
// ------------------------------------------------------------------------------------------------------

template <class Policy>
HashIndex<Policy>::Position::Position(HashIndex& index, Key key) noexcept : key_(key), hash_(key) {
  Table* table = index.table_.load();
  Backoff backoff;
  for (;;) {
    first_ = &table->bucket(hash_);
    std::uint64_t control = first_->control.load();
    if ((control & moved_bit) != 0) {
      table = table->next.load();
    } else if ((control & latched_bit) == 0 &&
               first_->control.compare_exchange(control, control | latched_bit)) {
      return;
    } else {
      backoff.wait();
    }
  }
}

template <class Policy>
HashIndex<Policy>::Position::~Position() {
  first_->control.store(first_->control.load() & ~latched_bit);
}

template <class Policy>
auto HashIndex<Policy>::Position::find() noexcept -> Rec* {
  for (Bucket* bucket = first_; bucket != nullptr; bucket = overflow(bucket->control.load())) {
    for (auto& slot : bucket->slots) {
      const std::uint64_t word = slot.load();
      if (word >> tag_shift != hash_.tag()) continue;
      if (Rec* candidate = record(word); candidate->key() == key_) {
        found_ = &slot;
        return candidate;
      }
    }
  }
  return nullptr;
}

template <class Policy>
bool HashIndex<Policy>::Position::add(Rec* added, Heap::Cache& cache) noexcept {
  return add_to_chain(first_, slot_word(hash_, added), cache);
}

template <class Policy>
void HashIndex<Policy>::Position::replace(Rec* replacement) noexcept {
  assert(found_ != nullptr);
  found_->store(slot_word(hash_, replacement));
}

template <class Policy>
void HashIndex<Policy>::Position::erase() noexcept {
  assert(found_ != nullptr);
  found_->store(0);
}

template <class Policy>
bool HashIndex<Policy>::add_to_chain(Bucket* bucket, std::uint64_t word, Heap::Cache& cache) noexcept {
  for (;;) {
    for (auto& slot : bucket->slots) {
      if (slot.load() != 0) continue;
      slot.store(word);
      return true;
    }
    Bucket* next = overflow(bucket->control.load());
    if (next == nullptr) {
      void* memory = cache.allocate(SizeClass::of_index(sizeof(Bucket)));
      if (memory == nullptr) return false;
      // Others may still compare its first word with what they remember of a record that was here.
      next = static_cast<Bucket*>(memory);
      next->control.store(moved_bit);
      for (auto& slot : next->slots) slot.store(0);
      next->slots[0].store(word);
      bucket->control.store(reinterpret_cast<std::uintptr_t>(next) | (bucket->control.load() & flag_bits));
      return true;
    }
    bucket = next;
  }
}

// Growth
// --------------------------------------------------------------------------------------------------------

template <class Policy>
void HashIndex<Policy>::grow_if_needed(std::size_t records) noexcept {
  Table* table = table_.load();
  const double limit = greatest_load * static_cast<double>(table->size() * slots_per_bucket);
  if (static_cast<double>(records) <= limit) return;
  std::uint32_t idle = 0;
  if (growing_.load() != 0 || !growing_.compare_exchange(idle, 1)) return;
  // Another thread may have finished a growth between the two loads; what it left behind is looked at next
  // time.
  Table* next = table == table_.load() ? make_table(table->size() * 2, *memory_) : nullptr;
  if (next == nullptr) {
    growing_.store(0);
    return;
  }
  table->next.store(next);
}

template <class Policy>
void HashIndex<Policy>::help_growth(Heap::Cache& cache) noexcept {
  Table* from = table_.load();
  Table* to = from->next.load();
  if (to == nullptr || from->claimed.load() >= from->size()) return;
  const std::size_t first = from->claimed.fetch_add(buckets_a_step);
  if (first >= from->size()) return;
  prefetch_for_move(*from, first);
  std::size_t moved = 0;
  bool is_refused = false;
  for (std::size_t i = first; i < first + buckets_a_step; ++i) {
    const Move move = move_bucket(*from, *to, i, cache);
    moved += move == Move::done ? 1 : 0;
    is_refused |= move == Move::refused;
  }
  // What found no memory is tried again, and those behind it are looked at once more.
  if (is_refused) {
    for (std::size_t claimed = from->claimed.load(); claimed > first;) {
      if (from->claimed.compare_exchange(claimed, first)) break;
    }
  }
  if (moved != 0 && from->moved.fetch_add(moved) + moved == from->size()) {
    table_.store(to);
    growing_.store(0);
    retire(from);
  }
}

template <class Policy>
void HashIndex<Policy>::prefetch_for_move(const Table& from, std::size_t first) const noexcept {
  for (std::size_t i = first; i < first + buckets_a_step; ++i) prefetch(&from.at(i));
  for (std::size_t i = first; i < first + buckets_a_step; ++i) {
    for (const auto& slot : from.at(i).slots) prefetch(record(slot.load()));
  }
}

/// Refused: there was no memory for an overflow bucket; the bucket stays where it is and goes on to serve.
template <class Policy>
auto HashIndex<Policy>::move_bucket(Table& from, Table& to, std::size_t i, Heap::Cache& cache) noexcept
    -> Move {
  Bucket& home = from.at(i);
  Backoff backoff;
  std::uint64_t control = 0;
  for (;;) {
    control = home.control.load();
    if ((control & moved_bit) != 0) return Move::done_before;
    if ((control & latched_bit) == 0 && home.control.compare_exchange(control, control | latched_bit)) break;
    backoff.wait();
  }
  // Nobody else reaches the two buckets of the next table before this one says that it has moved.
  Bucket* targets[2] = {&to.at(i), &to.at(i + from.size())};
  for (const Bucket* bucket = &home; bucket != nullptr; bucket = overflow(bucket->control.load())) {
    for (const auto& slot : bucket->slots) {
      const std::uint64_t word = slot.load();
      if (word == 0) continue;
      const KeyHash hash(record(word)->key());
      Bucket* target = targets[(hash.bucket_bits() & from.size()) != 0 ? 1 : 0];
      if (add_to_chain(target, word, cache)) continue;
      for (Bucket* partial : targets) clear_chain(partial);
      home.control.store(control);
      return Move::refused;
    }
  }
  Bucket* rest = overflow(control);
  home.control.store(reinterpret_cast<std::uintptr_t>(to.memory.bytes().data()) | moved_bit);
  while (rest != nullptr) {
    Bucket* next = overflow(rest->control.load());
    retire_overflow(rest, cache);
    rest = next;
  }
  return Move::done;
}

template <class Policy>
void HashIndex<Policy>::clear_chain(Bucket* bucket) noexcept {
  for (; bucket != nullptr; bucket = overflow(bucket->control.load())) {
    for (auto& slot : bucket->slots) slot.store(0);
  }
}

template <class Policy>
void HashIndex<Policy>::retire_overflow(Bucket* bucket, Heap::Cache& cache) noexcept {
  if constexpr (Policy::is_shared) {
    cache.retire(bucket, SizeClass::of_index(sizeof(Bucket)));
  } else {
    cache.free(bucket, SizeClass::of_index(sizeof(Bucket)));
  }
}

template <class Policy>
void HashIndex<Policy>::retire(Table* table) noexcept {
  if constexpr (Policy::is_shared) {
    after_grace_period([table] { delete table; });
  } else {
    delete table;
  }
}

template class HashIndex<Shared>;
template class HashIndex<Exclusive>;

}  // namespace upout::kernel
