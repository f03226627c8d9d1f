#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "kernel/heap.h"
#include "kernel/ordered_node.h"

namespace upout::kernel {

/// A leaf of an ordered index as somebody has seen it. The version changes with every key that comes into the
/// leaf or leaves it, and when the leaf is split, merged, or dies, and none is ever repeated: so a
/// transaction that remembers what it saw knows at its end whether a key has appeared or vanished in what it
/// has read (Tu et al., "Speedy Transactions in Multicore In-Memory Databases", SOSP 2013).
struct LeafVersion {
  const void* leaf = nullptr;
  std::uint64_t version = 0;
  friend bool operator==(const LeafVersion&, const LeafVersion&) = default;
};

/// What an insert did to leaves, for a transaction that has seen them and now causes the change itself.
/// Whoever remembers `own.before` of `own.leaf` may go on with `own.after`, but must then remember
/// `neighbour.after` as well, because a part of what the leaf held is there now; whoever remembers
/// `neighbour.before` may go on with `neighbour.after`.
struct LeafChange {
  struct Step {
    const void* leaf = nullptr;  ///< null: there is none
    std::uint64_t before = 0;    ///< 0: the leaf is new
    std::uint64_t after = 0;
  };
  Step own;        ///< the leaf that the key belonged to
  Step neighbour;  ///< the one that it was split into, or that took a share of it
};

enum class Direction : std::uint8_t { ascending, descending };

/// An ordered index from keys to records: a B+-tree with optimistic lock coupling (Leis, Haubenschild,
/// Neumann, "Optimistic Lock Coupling", IEEE Data Eng. Bull. 2019). Readers write nothing: they note a node's
/// version before they look and compare it afterwards. Writers latch the leaf; who has to change the
/// structure goes on to latch upwards, parent by parent, and neighbours only if they are free at once, so
/// that nobody waits for one who waits for him.
///
/// A node knows nothing of its own range and of its neighbours: ranges follow from the parents' keys, and a
/// scan goes from leaf to leaf through the parent. So a leaf can be taken out without a look at its
/// neighbours.
///
/// With the `Shared` policy any number of registered threads may call it, each with its own cache; references
/// that it returns are valid until the caller announces that it is quiescent. With `Exclusive` one thread may
/// call it, and a record is valid until a call that writes. The nodes are the heap's, which must outlive the
/// index.
template <class Policy>
class OrderedIndex {
 public:
  using Rec = Record<Policy>;
  struct Entry {
    Key key;
    Rec* record;
  };

  class Descent;
  class Scan;
  class Position;

  /// An empty index. Null if there is no memory.
  static std::unique_ptr<OrderedIndex> create(Heap::Cache& cache) noexcept;
  OrderedIndex(const OrderedIndex&) = delete;
  OrderedIndex& operator=(const OrderedIndex&) = delete;

  /// The record with this key, or null.
  Rec* find(Key key) const noexcept;
  /// A search in steps.
  Descent begin(Key key) const noexcept { return Descent(*this, key); }

  /// Whether the leaf is still as it was seen. Also false while somebody has it latched, who perhaps changes
  /// nothing.
  static bool is_current(const LeafVersion& seen) noexcept {
    return static_cast<const Node*>(seen.leaf)->is_still(NodeWord(seen.version));
  }

  /// Bytes in nodes. Any thread.
  std::size_t node_bytes() const noexcept { return nodes_.load() * sizeof(Node); }

 private:
  using Node = OrderedNode<Policy>;
  template <class T>
  using Cell = typename Policy::template Cell<T>;

  class Walk;
  class Latch;

  OrderedIndex() = default;

  Latch make_node(unsigned level, Heap::Cache& cache) noexcept;
  Latch make_root(Node& only_child, Heap::Cache& cache) noexcept;
  void discard(Latch& latch, Heap::Cache& cache) noexcept;
  void retire(Latch& latch, Heap::Cache& cache) noexcept;

  Latch latch_parent(const Node& child, Key key) noexcept;
  bool make_room(Latch& leaf, Key key, Heap::Cache& cache, Latch& neighbour) noexcept;
  static bool share(Latch& parent, Latch& leaf, Key key, Latch& neighbour) noexcept;
  bool split(Latch& node, Latch parent, Key key, Heap::Cache& cache, Latch& other) noexcept;
  void shrink(Latch node, Key key, Heap::Cache& cache) noexcept;
  void merge(Latch& parent, unsigned left_at, Latch& left, Latch& right, Heap::Cache& cache) noexcept;
  static Key spread(Latch& parent, unsigned left_at, Latch& left, Latch& right, unsigned count,
                    Key otherwise) noexcept;

  Cell<Node*> root_;
  Cell<std::uint64_t>
      newborn_;  ///< the word that the next new node gets: greater than those of all dead ones
  Cell<std::size_t> nodes_;
};

/// The way from the root down. What has been read of a node counts only if its word is still the same; a
/// child is entered by noting its word first and then looking whether the parent still leads to it. So a walk
/// may rest between any two steps while others write, and for as long as it likes, if its thread does not
/// announce itself quiescent meanwhile; with `Exclusive` too, where memory of dead nodes is used again at
/// once: a node's word is compared before anything that was read from it is believed.
template <class Policy>
class OrderedIndex<Policy>::Walk {
 protected:
  Walk(const OrderedIndex& index, Key key) noexcept : index_(&index), key_(key) { restart(); }

  /// From the root down to the first node that may not be in cache.
  void restart() noexcept {
    while (!try_restart()) {
    }
  }
  /// False: the way has changed, and the walk has to be restarted.
  bool try_enter() noexcept {
    word_ = node_->unlatched_word();
    return parent_->is_still(parent_word_);
  }
  void ask_for_group() noexcept {
    group_ = node_->group_of(key_);
    node_->prefetch_group(group_);
    is_entered_ = true;
  }
  /// From the node that has been entered to the child. False: as above.
  bool try_descend() noexcept {
    // A node that is being written may claim to have no key as large as this one.
    const unsigned at = std::min(node_->lower_bound(group_, key_), Node::capacity - 1);
    const Node* child = node_->child(at);
    const Key high = node_->key(at);
    const Key low = at == 0 ? low_ : node_->key(at - 1) + 1;
    if (!node_->is_still(word_)) [[unlikely]]
      return false;
    parent_ = node_;
    parent_word_ = word_;
    at_ = at;
    high_ = std::min(high_, high);
    low_ = low;
    node_ = child;
    --level_;
    is_entered_ = false;
    return true;
  }

  /// Nodes of higher levels are so few that they are always in cache.
  static constexpr unsigned highest_level_to_wait_for = 1;

  const OrderedIndex* index_;
  Key key_;
  const Node* node_ = nullptr;
  NodeWord word_{0};
  unsigned level_ = 0;
  unsigned group_ = 0;
  bool is_entered_ = false;  ///< `word_` is the node's, and `group_` has been asked for
  unsigned at_ = 0;          ///< the node's place in the parent
  const Node* parent_ = nullptr;
  NodeWord parent_word_{0};
  Key low_ = 0;  ///< the keys that belong to the node: from low to high
  Key high_ = largest_key;

 private:
  bool try_restart() noexcept {
    node_ = index_->root_.load();
    word_ = node_->unlatched_word();
    if (index_->root_.load() != node_) return false;
    level_ = node_->level();
    low_ = 0;
    high_ = largest_key;
    ask_for_group();
    if (level_ <= highest_level_to_wait_for) return true;
    for (;;) {
      if (!try_descend()) return false;
      if (level_ <= highest_level_to_wait_for) return true;
      if (!try_enter()) return false;
      group_ = node_->group_of(key_);
    }
  }
};

/// A search for one key, in steps, so that the caller can do something else while lines are on their way:
/// between two steps he prefetches `next`. Who makes steps in many searches side by side does so in a loop of
/// its own: a prefetch holds up the instructions behind it until its address has been translated, and only
/// where prefetches stand close together, the processor translates for several at once.
template <class Policy>
class OrderedIndex<Policy>::Descent : private Walk {
 public:
  Descent(const OrderedIndex& index, Key key) noexcept : Walk(index, key), next_(this->node_) {}

  /// False: another step is to follow. True: the search is over.
  bool step() noexcept {
    if (!this->is_entered_) {
      if (this->try_enter()) [[likely]]
        this->ask_for_group();
      else
        restart();
      return false;
    }
    if (this->level_ == 0) {
      if (try_finish()) [[likely]]
        return true;
    } else if (this->try_descend()) [[likely]] {
      next_ = this->node_;
      return false;
    }
    restart();
    return false;
  }

  /// What the next step looks at; when the search is over, the record or null.
  const void* next() const noexcept { return next_; }

  Key key() const noexcept { return this->key_; }
  /// When the search is over: the record with the key, or null.
  Rec* record() const noexcept { return record_; }
  /// When the search is over: the leaf that holds the key or would, as it was seen.
  LeafVersion leaf_version() const noexcept { return {this->node_, this->word_.word()}; }

 private:
  friend class Position;

  void restart() noexcept {
    Walk::restart();
    next_ = this->node_;
  }
  bool try_finish() noexcept {
    const unsigned at = std::min(this->node_->lower_bound(this->group_, this->key_), Node::capacity - 1);
    const std::uint64_t slot = this->node_->slot(at);
    record_ = this->node_->key(at) == this->key_ ? reinterpret_cast<Rec*>(slot) : nullptr;
    next_ = record_;
    return this->node_->is_still(this->word_);
  }

  Rec* record_ = nullptr;
  const void* next_;
};

/// A scan from a key upwards or downwards, leaf by leaf and in steps. Each `read` copies entries of one leaf
/// as they were at one moment; between two reads others may write. A key that is there all the time is always
/// read, none is read twice, and all come in order.
template <class Policy>
class OrderedIndex<Policy>::Scan : private Walk {
 public:
  /// Of keys from `start` on, `start` included, at most `limit` entries.
  Scan(const OrderedIndex& index, Key start, Direction direction, std::size_t limit) noexcept
      : Walk(index, start), left_(limit), is_ascending_(direction == Direction::ascending) {}

  /// No entries are left.
  bool is_over() const noexcept { return left_ == 0; }
  /// False: another step is to follow. True: `read` may be called.
  bool step() noexcept;
  /// What the next step looks at, or, after `read`, has been asked for already.
  const void* next() const noexcept { return this->node_; }
  /// Copies the next entries, all of one leaf, and asks for the lines of the next one if this one is done.
  /// May copy none. Afterwards, `step` is due again.
  std::size_t read(std::span<Entry> out) noexcept;
  /// Of the entries that have been read, `count` were in vain, because their records have gone since: as many
  /// more are wanted.
  void make_up_for(std::size_t count) noexcept;
  /// What the last `read` saw; the leaf is null if that read was in vain, because somebody wrote the leaf.
  LeafVersion leaf_version() const noexcept { return seen_; }

 private:
  void ask_for_entries() noexcept;
  void go_to_neighbour() noexcept;

  std::size_t left_;  ///< entries that are still wanted; 0 at the index's end
  LeafVersion seen_;
  Key parent_low_ = 0;
  Key parent_high_ = largest_key;
  bool is_ascending_;
  bool asked_for_entries_ = false;
  bool is_at_end_ = false;  ///< there are no entries beyond those that have been read
};

/// A latched node, or none. What is stored on release says whether it has been changed.
template <class Policy>
class OrderedIndex<Policy>::Latch {
 public:
  Latch() = default;
  /// A node that has been latched at this word.
  Latch(Node& node, NodeWord before) noexcept : node_(&node), before_(before), after_(before) {}
  /// A node that is new.
  Latch(Node& node, NodeWord before, NodeWord after) noexcept
      : node_(&node), before_(before), after_(after) {}
  Latch(Latch&& other) noexcept
      : node_(std::exchange(other.node_, nullptr)), before_(other.before_), after_(other.after_) {}
  Latch& operator=(Latch&& other) noexcept {
    release();
    node_ = std::exchange(other.node_, nullptr);
    before_ = other.before_;
    after_ = other.after_;
    return *this;
  }
  ~Latch() { release(); }

  explicit operator bool() const noexcept { return node_ != nullptr; }
  Node& operator*() const noexcept { return *node_; }
  Node* operator->() const noexcept { return node_; }
  LeafChange::Step step() const noexcept { return {node_, before_.word(), after_.word()}; }

  void mark_changed() noexcept {
    if (after_.word() == before_.word()) after_ = before_.next();
  }
  void release() noexcept {
    if (Node* node = std::exchange(node_, nullptr); node != nullptr) node->set_word(after_);
  }
  /// Releases a node that nobody will reach any more. Returns the word that it dies with.
  NodeWord kill() noexcept {
    after_ = after_.dead();
    release();
    return after_;
  }

 private:
  Node* node_ = nullptr;
  NodeWord before_{0};
  NodeWord after_{0};
};

/// The latched leaf that holds a key or would. Its thread must not search the index while it has one.
template <class Policy>
class OrderedIndex<Policy>::Position {
 public:
  Position(OrderedIndex& index, Key key) noexcept : Position(index, Descent(index, key)) {}
  /// With a search that may have ended some time ago, or be under way.
  Position(OrderedIndex& index, Descent descent) noexcept;

  Rec* find() const noexcept;
  /// Publishes a record whose key is not in the index. False: a leaf was needed and there is no memory; the
  /// index is as it was.
  bool add(Rec* record, Heap::Cache& cache, LeafChange* change = nullptr) noexcept;
  /// Puts another record with the same key into the place of the one that is there.
  void replace(Rec* record) noexcept;
  /// Takes the key, which is there, out. The position is done then, and must not be used again.
  void erase(Heap::Cache& cache) noexcept;

 private:
  OrderedIndex* index_;
  Key key_;
  Latch leaf_;
};

extern template class OrderedIndex<Shared>::Scan;
extern template class OrderedIndex<Exclusive>::Scan;
extern template class OrderedIndex<Shared>;
extern template class OrderedIndex<Exclusive>;

}  // namespace upout::kernel
