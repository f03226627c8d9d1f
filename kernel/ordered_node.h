#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernel/operation.h"
#include "kernel/policy.h"
#include "kernel/prefetch.h"
#include "kernel/record.h"

namespace upout::kernel {

inline constexpr Key largest_key = std::numeric_limits<Key>::max();

/// The first word of a node of the ordered index: latch and version in one (Leis et al., "The ART of
/// Practical Synchronization", DaMoN 2016).
///
///   63 | 62 ........... 3 | 2    | 1      | 0
///   1  | version          | dead | absent | latched
///
/// The absent bit is always set, so that a stale record pointer to memory that has become a node reads a
/// header that says absent. The top bit is always set too, which no record's header reaches, so that a stale
/// node pointer to memory that has become a record never reads a version that a node had.
class NodeWord {
 public:
  explicit constexpr NodeWord(std::uint64_t word) noexcept : word_(word) {}
  static constexpr NodeWord first() noexcept {
    return NodeWord(node_bit | Header::absent_bit | version_step);
  }

  constexpr std::uint64_t word() const noexcept { return word_; }
  constexpr bool is_latched() const noexcept { return (word_ & latched_bit) != 0; }

  constexpr NodeWord latched() const noexcept { return NodeWord(word_ | latched_bit); }
  /// The next version, not latched.
  constexpr NodeWord next() const noexcept { return NodeWord((word_ & ~latched_bit) + version_step); }
  /// The next version, of a node that has been taken out.
  constexpr NodeWord dead() const noexcept { return NodeWord(next().word_ | dead_bit); }
  /// Greater than every version of the node that dies with this one.
  constexpr NodeWord beyond() const noexcept { return NodeWord(next().word_ & ~dead_bit); }

 private:
  static constexpr std::uint64_t latched_bit = Header::locked_bit;
  static constexpr std::uint64_t dead_bit = 4;
  static constexpr std::uint64_t version_step = 8;
  static constexpr std::uint64_t node_bit = std::uint64_t{1} << 63;

  std::uint64_t word_;
};

/// A node of the ordered index: sorted keys, and beside each what it leads to, in seven groups of eight, each
/// group one line of keys and one line of slots. The last key of each group but the last one is repeated in
/// the node's first line, so that a search touches three lines of fifteen: this one, the group's keys, the
/// group's slots.
///
/// In a leaf (level 0) slots are records. In an inner node they are children, and a key is the greatest one
/// that belongs to its child; the last child's bound is the node's own and not known here. Places without a
/// key hold the largest one, and the last child's key is that too: so one search, for the number of keys that
/// are smaller, serves both, and needs no size.
///
/// Whoever writes holds the node's latch or is alone with it. Whoever reads without has read something only
/// if the word is the same afterwards as it was before, and not latched.
template <class Policy>
class alignas(64) OrderedNode {
 public:
  static constexpr unsigned capacity = 56;
  static constexpr unsigned group_size = 8;

  /// Makes an empty node of memory whose first word others may still compare with what they remember.
  void construct(unsigned level, NodeWord word) noexcept {
    word_.store(word.word());
    size_.store(0);
    level_ = level;
    for (auto& head : heads_) head.store(largest_key);
    for (auto& key : keys_) key.store(largest_key);
    for (auto& slot : slots_) slot.store(0);
  }

  NodeWord word() const noexcept { return NodeWord(word_.load()); }
  /// Waits until nobody holds the latch.
  NodeWord unlatched_word() const noexcept {
    NodeWord word = this->word();
    if constexpr (Policy::is_shared) {
      for (Backoff backoff; word.is_latched(); word = this->word()) [[unlikely]] backoff.wait();
    }
    return word;
  }
  bool is_still(NodeWord word) const noexcept { return word_.load() == word.word(); }
  /// False: the word is not `expected` any more. One thread alone needs no latch and takes none.
  bool try_latch(NodeWord expected) noexcept {
    if constexpr (!Policy::is_shared) return is_still(expected);
    std::uint64_t word = expected.word();
    return !expected.is_latched() && word_.compare_exchange(word, expected.latched().word());
  }
  void set_word(NodeWord word) noexcept { word_.store(word.word()); }

  /// 0 for a leaf; the same as long as the node lives.
  unsigned level() const noexcept { return level_; }
  bool is_leaf() const noexcept { return level_ == 0; }
  unsigned size() const noexcept { return size_.load(); }
  bool is_full() const noexcept { return size() == capacity; }
  Key key(unsigned i) const noexcept { return keys_[i].load(); }
  std::uint64_t slot(unsigned i) const noexcept { return slots_[i].load(); }
  OrderedNode* child(unsigned i) const noexcept { return reinterpret_cast<OrderedNode*>(slot(i)); }

  // Searching, in two steps with a miss between them; without branches, because where a key sits cannot be
  // predicted.

  /// The group in which the first key that is not smaller stands, if there is one.
  unsigned group_of(Key key) const noexcept {
    unsigned group = 0;
#pragma GCC unroll 8
    for (const auto& head : heads_) group += head.load() < key ? 1U : 0U;
    return group;
  }
  void prefetch_group(unsigned group) const noexcept {
    prefetch(&keys_[group * group_size]);
    prefetch(&slots_[group * group_size]);
  }
  /// How many keys of the node are smaller, given the group.
  unsigned lower_bound(unsigned group, Key key) const noexcept {
    const auto* keys = &keys_[group * group_size];
    unsigned smaller = 0;
#pragma GCC unroll 8
    for (unsigned i = 0; i < group_size; ++i) smaller += keys[i].load() < key ? 1U : 0U;
    return group * group_size + smaller;
  }
  unsigned lower_bound(Key key) const noexcept {
    return lower_bound(group_of(key), key);
  }

  // Writing

  void set_key(unsigned i, Key key) noexcept {
    keys_[i].store(key);
    repeat_heads(i);
  }
  void set_slot(unsigned i, std::uint64_t slot) noexcept {
    slots_[i].store(slot);
  }
  /// The key comes to stand at `key_at`, the slot at `slot_at`; the node is not full.
  void insert(unsigned key_at, Key key, unsigned slot_at, std::uint64_t slot) noexcept {
    const unsigned size = this->size();
    for (unsigned i = size; i > key_at; --i) keys_[i].store(keys_[i - 1].load());
    for (unsigned i = size; i > slot_at; --i) slots_[i].store(slots_[i - 1].load());
    keys_[key_at].store(key);
    slots_[slot_at].store(slot);
    size_.store(size + 1);
    repeat_heads(key_at);
  }
  void erase(unsigned key_at, unsigned slot_at) noexcept {
    const unsigned last = size() - 1;
    for (unsigned i = key_at; i < last; ++i) keys_[i].store(keys_[i + 1].load());
    for (unsigned i = slot_at; i < last; ++i) slots_[i].store(slots_[i + 1].load());
    clear(last, last + 1);
    size_.store(last);
    repeat_heads(key_at);
  }
  /// Takes the child out; a neighbour's range grows by its range.
  void erase_child(unsigned i) noexcept {
    erase(i == 0 ? 0 : i - 1, i);
  }

  /// Moves entries between neighbours, so that the left one keeps or gets the first `count` of both.
  static void spread(OrderedNode& left, OrderedNode& right, unsigned count) noexcept {
    const unsigned left_size = left.size();
    const unsigned right_size = right.size();
    if (count < left_size) {
      const unsigned moved = left_size - count;
      for (unsigned i = right_size; i-- > 0;) right.copy(i + moved, right, i);
      for (unsigned i = 0; i < moved; ++i) right.copy(i, left, count + i);
      left.clear(count, left_size);
    } else {
      const unsigned moved = count - left_size;
      for (unsigned i = 0; i < moved; ++i) left.copy(left_size + i, right, i);
      for (unsigned i = moved; i < right_size; ++i) right.copy(i - moved, right, i);
      right.clear(right_size - moved, right_size);
    }
    left.size_.store(count);
    right.size_.store(left_size + right_size - count);
    left.repeat_heads(0);
    right.repeat_heads(0);
  }

 private:
  static constexpr unsigned groups = capacity / group_size;

  void copy(unsigned to, const OrderedNode& from, unsigned i) noexcept {
    keys_[to].store(from.keys_[i].load());
    slots_[to].store(from.slots_[i].load());
  }
  void clear(unsigned begin, unsigned end) noexcept {
    for (unsigned i = begin; i < end; ++i) {
      keys_[i].store(largest_key);
      slots_[i].store(0);
    }
  }
  /// After keys from `first` on have changed.
  void repeat_heads(unsigned first) noexcept {
    for (unsigned group = first / group_size; group + 1 < groups; ++group)
      heads_[group].store(keys_[group * group_size + group_size - 1].load());
  }

  template <class T>
  using Cell = typename Policy::template Cell<T>;

  Cell<std::uint64_t> word_;
  Cell<std::uint32_t> size_;
  std::uint32_t level_;
  std::array<Cell<Key>, groups - 1> heads_;
  std::array<Cell<Key>, capacity> keys_;
  std::array<Cell<std::uint64_t>, capacity> slots_;
};
static_assert(sizeof(OrderedNode<Shared>) == 960 && sizeof(OrderedNode<Exclusive>) == 960);

}  // namespace upout::kernel
