#include "kernel/ordered_index.h"

#include <algorithm>
#include <new>
#include <utility>

namespace upout::kernel {

namespace {

/// Leaves and nodes with no more entries than this look for a neighbour to merge or share with.
constexpr unsigned few_entries(unsigned capacity) {
  return capacity / 4;
}
/// Neighbours with more entries together than this stay two; a neighbour with more than this alone takes no
/// share of a full leaf. So a share makes room for several inserts, and a merged leaf has room too.
constexpr unsigned many_entries(unsigned capacity) {
  return capacity * 3 / 4;
}

}  // namespace

template <class Policy>
std::unique_ptr<OrderedIndex<Policy>> OrderedIndex<Policy>::create(Heap::Cache& cache) noexcept {
  std::unique_ptr<OrderedIndex> index(new (std::nothrow) OrderedIndex);
  if (index == nullptr) return nullptr;
  index->newborn_.store(NodeWord::first().word());
  const Latch root = index->make_node(0, cache);
  if (!root) return nullptr;
  index->root_.store(&*root);
  return index;
}

template <class Policy>
auto OrderedIndex<Policy>::find(Key key) const noexcept -> Rec* {
  Descent descent(*this, key);
  while (!descent.step()) {
  }
  return descent.record();
}

// Writing
// --------------------------------------------------------------------------------------------------------

template <class Policy>
OrderedIndex<Policy>::Position::Position(OrderedIndex& index, Descent descent) noexcept
    : index_(&index), key_(descent.key()) {
  for (;;) {
    while (!descent.step()) {
    }
    auto* leaf = const_cast<Node*>(descent.node_);
    if (leaf->try_latch(descent.word_)) {
      leaf_ = Latch(*leaf, descent.word_);
      return;
    }
    descent.restart();
  }
}

template <class Policy>
auto OrderedIndex<Policy>::Position::find() const noexcept -> Rec* {
  const unsigned at = leaf_->lower_bound(key_);
  if (at == Node::capacity || leaf_->key(at) != key_) return nullptr;
  return reinterpret_cast<Rec*>(leaf_->slot(at));
}

template <class Policy>
bool OrderedIndex<Policy>::Position::add(Rec* record, Heap::Cache& cache, LeafChange* change) noexcept {
  const Node* own = &*leaf_;
  Latch neighbour;
  if (leaf_->is_full() && !index_->make_room(leaf_, key_, cache, neighbour)) return false;
  const unsigned at = leaf_->lower_bound(key_);
  leaf_->insert(at, key_, at, reinterpret_cast<std::uintptr_t>(record));
  leaf_.mark_changed();
  if (change != nullptr) {
    *change = {leaf_.step(), neighbour.step()};
    if (&*leaf_ != own) std::swap(change->own, change->neighbour);
  }
  return true;
}

template <class Policy>
void OrderedIndex<Policy>::Position::replace(Rec* record) noexcept {
  assert(find() != nullptr);
  leaf_->set_slot(leaf_->lower_bound(key_), reinterpret_cast<std::uintptr_t>(record));
}

template <class Policy>
void OrderedIndex<Policy>::Position::erase(Heap::Cache& cache) noexcept {
  assert(find() != nullptr);
  const unsigned at = leaf_->lower_bound(key_);
  leaf_->erase(at, at);
  leaf_.mark_changed();
  if (leaf_->size() <= few_entries(Node::capacity))
    index_->shrink(std::move(leaf_), key_, cache);
  else
    leaf_.release();
}

// Structure
// ------------------------------------------------------------------------------------------------------

/// The node's parent, latched; none if the node is the root. The caller holds the node, to which the key
/// belongs, and nothing above it: so nobody waits in a circle.
template <class Policy>
auto OrderedIndex<Policy>::latch_parent(const Node& child, Key key) noexcept -> Latch {
  for (;;) {
    Node* node = root_.load();
    if (node == &child) return {};
    NodeWord word = node->unlatched_word();
    bool is_valid = root_.load() == node;
    while (is_valid && node->level() > child.level()) {
      Node* next = node->child(std::min(node->lower_bound(key), Node::capacity - 1));
      if (!node->is_still(word)) break;
      if (next == &child) {
        if (node->try_latch(word)) return Latch(*node, word);
        break;
      }
      const NodeWord next_word = next->unlatched_word();
      is_valid = node->is_still(word);
      node = next;
      word = next_word;
    }
  }
}

/// Makes room for the key, to which the full leaf belongs: gives a share to a neighbour or splits the leaf.
/// Then `leaf` is the one of the two that takes the key, and `neighbour` the other.
template <class Policy>
bool OrderedIndex<Policy>::make_room(Latch& leaf, Key key, Heap::Cache& cache, Latch& neighbour) noexcept {
  Latch parent = latch_parent(*leaf, key);
  if (parent && share(parent, leaf, key, neighbour)) return true;
  return split(leaf, std::move(parent), key, cache, neighbour);
}

/// Leaves that give to their neighbours before they split are fuller (Bayer and McCreight's overflow, Acta
/// Informatica 1972): 80 % instead of 69 % after random inserts.
template <class Policy>
bool OrderedIndex<Policy>::share(Latch& parent, Latch& leaf, Key key, Latch& neighbour) noexcept {
  const unsigned at = parent->lower_bound(key);
  for (const unsigned beside : {at + 1, at - 1}) {
    if (beside >= parent->size()) continue;
    Node& candidate = *parent->child(beside);
    if (candidate.size() > many_entries(Node::capacity)) continue;
    const NodeWord word = candidate.word();
    if (!candidate.try_latch(word)) continue;
    neighbour = Latch(candidate, word);
    const unsigned half = (leaf->size() + neighbour->size()) / 2;
    const bool leaf_is_left = beside > at;
    const Key bound = leaf_is_left ? spread(parent, at, leaf, neighbour, half, key)
                                   : spread(parent, beside, neighbour, leaf, half, key);
    if ((key <= bound) != leaf_is_left) std::swap(leaf, neighbour);
    return true;
  }
  return false;
}

/// Splits a full node; `parent` is none for the root. Then `node` is the half that the key belongs to, and
/// `other` the other one. False: no memory; nothing has changed.
template <class Policy>
bool OrderedIndex<Policy>::split(Latch& node, Latch parent, Key key, Heap::Cache& cache,
                                 Latch& other) noexcept {
  other = make_node(node->level(), cache);
  if (!other) return false;
  Latch upper;
  if (!parent) {
    parent = make_root(*node, cache);
  } else if (parent->is_full() && !split(parent, latch_parent(*parent, key), key, cache, upper)) {
    parent.release();
  }
  if (!parent) {
    discard(other, cache);
    return false;
  }
  // Where keys come in order, the node that is left behind stays full.
  const unsigned at = node->lower_bound(key);
  const unsigned size = node->size();
  unsigned count = size / 2;
  if (node->is_leaf()) {
    if (at == 0 || at == size) count = at;
  } else {
    if (at == 0) count = 1;
    if (at == size - 1) count = at;
  }
  const unsigned place = parent->lower_bound(key);
  parent->insert(place, largest_key, place + 1, reinterpret_cast<std::uintptr_t>(&*other));
  const Key bound = spread(parent, place, node, other, count, key);
  if (key > bound) std::swap(node, other);
  return true;
}

/// Moves entries between two neighbours, so that the left one has the first `count`, and sets the key between
/// them: the left one's greatest, or `otherwise` if it has none. Returns that key.
template <class Policy>
Key OrderedIndex<Policy>::spread(Latch& parent, unsigned left_at, Latch& left, Latch& right, unsigned count,
                                 Key otherwise) noexcept {
  // An inner node does not hold its last child's bound: that is the one in the parent.
  const bool is_leaf = left->is_leaf();
  if (!is_leaf) left->set_key(left->size() - 1, parent->key(left_at));
  Node::spread(*left, *right, count);
  const Key bound = count == 0 ? otherwise : left->key(count - 1);
  if (!is_leaf) left->set_key(count - 1, largest_key);
  parent->set_key(left_at, bound);
  parent.mark_changed();
  left.mark_changed();
  right.mark_changed();
  return bound;
}

/// Takes the node out if it is empty, or merges it with a neighbour, or takes a share from one. The key
/// belongs to the node. Upwards, as far as nodes get few entries.
template <class Policy>
void OrderedIndex<Policy>::shrink(Latch node, Key key, Heap::Cache& cache) noexcept {
  Latch parent = latch_parent(*node, key);
  if (!parent) {
    if (node->is_leaf() || node->size() > 1) return;
    root_.store(node->child(0));
    retire(node, cache);
    return;
  }
  const unsigned at = parent->lower_bound(key);
  if (node->size() == 0) {
    parent->erase_child(at);
    parent.mark_changed();
    retire(node, cache);
  } else if (parent->size() > 1) {
    const bool node_is_left = at + 1 < parent->size();
    Node& candidate = *parent->child(node_is_left ? at + 1 : at - 1);
    const NodeWord word = candidate.word();
    if (!candidate.try_latch(word)) return;
    Latch neighbour(candidate, word);
    if (!node_is_left) std::swap(node, neighbour);
    merge(parent, node_is_left ? at : at - 1, node, neighbour, cache);
    neighbour.release();
    node.release();
  }
  if (parent->size() <= few_entries(Node::capacity)) shrink(std::move(parent), key, cache);
}

/// Makes one of two neighbours, or evens them out if they are too many for one.
template <class Policy>
void OrderedIndex<Policy>::merge(Latch& parent, unsigned left_at, Latch& left, Latch& right,
                                 Heap::Cache& cache) noexcept {
  const unsigned total = left->size() + right->size();
  if (total > many_entries(Node::capacity)) {
    spread(parent, left_at, left, right, total / 2, 0);
    return;
  }
  spread(parent, left_at, left, right, total, 0);
  parent->erase(left_at, left_at + 1);
  retire(right, cache);
}

// Memory
// ---------------------------------------------------------------------------------------------------------

/// A node that nobody else can reach yet, latched. None: no memory.
template <class Policy>
auto OrderedIndex<Policy>::make_node(unsigned level, Heap::Cache& cache) noexcept -> Latch {
  void* memory = cache.allocate(SizeClass::of_index(sizeof(Node)));
  if (memory == nullptr) return {};
  const NodeWord word(newborn_.load());
  nodes_.fetch_add(1);
  auto* node = static_cast<Node*>(memory);
  node->construct(level, Policy::is_shared ? word.latched() : word);
  return Latch(*node, NodeWord(0), word);
}

/// A root above the one that there is, which the caller holds.
template <class Policy>
auto OrderedIndex<Policy>::make_root(Node& only_child, Heap::Cache& cache) noexcept -> Latch {
  Latch root = make_node(only_child.level() + 1, cache);
  if (!root) return root;
  root->insert(0, largest_key, 0, reinterpret_cast<std::uintptr_t>(&only_child));
  root_.store(&*root);
  return root;
}

/// Gives back a node that nobody has ever reached.
template <class Policy>
void OrderedIndex<Policy>::discard(Latch& latch, Heap::Cache& cache) noexcept {
  Node* node = &*latch;
  latch.release();
  nodes_.fetch_add(static_cast<std::size_t>(-1));
  cache.free(node, SizeClass::of_index(sizeof(Node)));
}

/// Gives back a node that nobody can reach from now on.
template <class Policy>
void OrderedIndex<Policy>::retire(Latch& latch, Heap::Cache& cache) noexcept {
  Node* node = &*latch;
  const std::uint64_t beyond = latch.kill().beyond().word();
  for (std::uint64_t word = newborn_.load(); word < beyond && !newborn_.compare_exchange(word, beyond);) {
  }
  nodes_.fetch_add(static_cast<std::size_t>(-1));
  if constexpr (Policy::is_shared) {
    cache.retire(node, SizeClass::of_index(sizeof(Node)));
  } else {
    cache.free(node, SizeClass::of_index(sizeof(Node)));
  }
}

template class OrderedIndex<Shared>;
template class OrderedIndex<Exclusive>;

}  // namespace upout::kernel
