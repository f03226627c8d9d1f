#include <algorithm>
#include <cassert>
#include <utility>

#include "kernel/ordered_index.h"

namespace upout::kernel {

template <class Policy>
bool OrderedIndex<Policy>::Scan::step() noexcept {
  if (!this->is_entered_) {
    if (!this->try_enter()) [[unlikely]] {
      asked_for_entries_ = false;
      this->restart();
      return false;
    }
    this->is_entered_ = true;
    if (this->level_ != 0) {
      this->ask_for_group();
      return false;
    }
    return std::exchange(asked_for_entries_, true) || (ask_for_entries(), false);
  }
  if (this->level_ == 0) return true;
  const Key low = this->low_;
  const Key high = this->high_;
  if (this->try_descend()) [[likely]] {
    parent_low_ = low;
    parent_high_ = high;
  } else {
    this->restart();
  }
  return false;
}

/// The lines of the leaf from the key on, as many as it is likely to take.
template <class Policy>
void OrderedIndex<Policy>::Scan::ask_for_entries() noexcept {
  const unsigned size = this->node_->size();
  if (size == 0) return;
  const unsigned last = (std::min(size, Node::capacity) - 1) / Node::group_size;
  const unsigned from = std::min(this->node_->group_of(this->key_), last);
  const auto more =
      static_cast<unsigned>(std::min<std::size_t>(left_, Node::capacity) / Node::group_size) + 1;
  if (is_ascending_) {
    for (unsigned group = from; group <= std::min(last, from + more); ++group)
      this->node_->prefetch_group(group);
  } else {
    for (unsigned group = from + 1; group-- > 0 && group + more >= from;) this->node_->prefetch_group(group);
  }
}

template <class Policy>
std::size_t OrderedIndex<Policy>::Scan::read(std::span<Entry> out) noexcept {
  assert(!out.empty());
  out = out.first(std::min(out.size(), left_));
  const Node& leaf = *this->node_;
  const unsigned size = std::min(leaf.size(), Node::capacity);
  const unsigned at = std::min(leaf.lower_bound(this->key_), size);
  unsigned available = size - at;
  if (!is_ascending_) available = at + (at < size && leaf.key(at) == this->key_ ? 1 : 0);
  const std::size_t count = std::min<std::size_t>(out.size(), available);
  for (unsigned i = 0; i < count; ++i) {
    const unsigned from = is_ascending_ ? at + i : available - 1 - i;
    out[i] = {leaf.key(from), reinterpret_cast<Rec*>(leaf.slot(from))};
  }
  if (!leaf.is_still(this->word_)) [[unlikely]] {
    seen_ = {};
    asked_for_entries_ = false;
    this->restart();
    return 0;
  }
  seen_ = {&leaf, this->word_.word()};
  left_ -= count;
  if (count < available) {
    this->key_ = is_ascending_ ? out[count - 1].key + 1 : out[count - 1].key - 1;
  } else if (this->is_ascending_ ? this->high_ == largest_key : this->low_ == 0) {
    is_at_end_ = true;
    left_ = 0;
  } else {
    this->key_ = is_ascending_ ? this->high_ + 1 : this->low_ - 1;
    if (left_ != 0) go_to_neighbour();
  }
  return count;
}

template <class Policy>
void OrderedIndex<Policy>::Scan::make_up_for(std::size_t count) noexcept {
  if (is_at_end_ || count == 0) return;
  if (left_ == 0) {  // it has stopped where it was
    asked_for_entries_ = false;
    this->restart();
  }
  left_ += count;
}

/// To the leaf that holds the key, which is the one beside this one: through the parent, if it is still as it
/// was and has that leaf too.
template <class Policy>
void OrderedIndex<Policy>::Scan::go_to_neighbour() noexcept {
  asked_for_entries_ = false;
  const Node* parent = this->parent_;
  const unsigned at = is_ascending_ ? this->at_ + 1 : this->at_ - 1;
  if (parent == nullptr || at >= std::min(parent->size(), Node::capacity)) return this->restart();
  const Node* leaf = parent->child(at);
  const Key high = std::min(parent_high_, parent->key(at));
  const Key low = at == 0 ? parent_low_ : parent->key(at - 1) + 1;
  if (!parent->is_still(this->parent_word_)) return this->restart();
  this->node_ = leaf;
  this->at_ = at;
  this->low_ = low;
  this->high_ = high;
  this->is_entered_ = false;
  prefetch(leaf);
  // Of a leaf that is read from its end, nobody knows yet where that is.
  const std::size_t wanted = is_ascending_ ? left_ : Node::capacity;
  for (unsigned group = 0; group * Node::group_size < std::min<std::size_t>(wanted, Node::capacity); ++group)
    leaf->prefetch_group(group);
  asked_for_entries_ = true;
}

template class OrderedIndex<Shared>::Scan;
template class OrderedIndex<Exclusive>::Scan;

}  // namespace upout::kernel
