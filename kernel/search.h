#pragma once

#include <algorithm>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernel/interleaver.h"
#include "kernel/operation.h"
#include "kernel/prefetch.h"
#include "kernel/store.h"

namespace upout::kernel {

/// A search for one key's record, in steps, for an interleaver, or whoever else prefetches what `next` says
/// before each of them and does something else meanwhile. At its end the record's own lines are here too.
/// Nothing has to stay in place between two steps: others may write, and the index may grow.
template <class Policy>
class Search : public Interleaver::Waiting {
 public:
  using Rec = Record<Policy>;

  /// `bytes`: how much of the value will be looked at.
  Search(const Store<Policy>& store, Key key, std::size_t bytes) noexcept
      : store_(&store), key_(key), hash_(key), bytes_(bytes) {
    if (store.ordered() != nullptr) {
      descent_.emplace(*store.ordered(), key);
      next = descent_->next();
      step = [](Waiting& self) noexcept { return static_cast<Search&>(self).step_ordered(); };
    } else {
      next = store.hash()->first_bucket(hash_);
      step = [](Waiting& self) noexcept { return static_cast<Search&>(self).step_hash(); };
    }
  }

  Key key() const noexcept { return key_; }
  /// When the search is over: the record with the key, perhaps absent by now, or null.
  Rec* record() const noexcept {
    // An ordered search that has ended was right then; a hash's candidate has not been compared yet.
    return descent_ && candidate_ == nullptr ? nullptr : store_->find(key_, candidate_);
  }
  /// When the search is over: a record that may have the key, or null.
  const Rec* candidate() const noexcept { return candidate_; }
  /// When the search of an ordered store is over: the leaf that holds the key or would, as it was seen.
  LeafVersion leaf_version() const noexcept { return descent_->leaf_version(); }

 private:
  enum class Stage : std::uint8_t { bucket, overflow, record };

  bool step_hash() noexcept {
    if (stage_ == Stage::record) return true;
    if (stage_ == Stage::bucket) {
      const auto probe = store_->hash()->first_probe(store_->hash()->first_bucket(hash_), hash_);
      candidate_ = probe.candidate;
      if (candidate_ == nullptr) [[unlikely]] {
        if (probe.bucket == nullptr) return true;
        next = probe.bucket;
        stage_ = Stage::overflow;
        return false;
      }
    } else {
      candidate_ = store_->hash()->overflow_candidate(hash_);
      if (candidate_ == nullptr) return true;
    }
    return wait_for_record();
  }

  bool step_ordered() noexcept {
    if (stage_ == Stage::record) return true;
    if (!descent_->step()) {
      next = descent_->next();
      return false;
    }
    candidate_ = descent_->record();
    if (candidate_ == nullptr) return true;
    return wait_for_record();
  }

  bool wait_for_record() noexcept {
    next = candidate_;
    next_bytes = Rec::overhead_bytes + std::min(bytes_, most_prefetched_bytes);
    stage_ = Stage::record;
    return false;
  }

  const Store<Policy>* store_;
  Key key_;
  KeyHash hash_;
  std::size_t bytes_;
  Rec* candidate_ = nullptr;
  Stage stage_ = Stage::bucket;
  std::optional<typename OrderedIndex<Policy>::Descent> descent_;
};

/// Takes searches to their ends side by side and forgets them: their records, and what leads there, are near
/// then, for accesses that come one after the other and would each wait for memory.
template <class Policy>
void bring_near(std::vector<Search<Policy>>& searches) noexcept {
  while (!searches.empty()) {
    for (const Search<Policy>& search : searches) prefetch(search.next, search.next_bytes);
    for (std::size_t i = 0; i < searches.size();) {
      if (!searches[i].step(searches[i])) {
        ++i;
        continue;
      }
      searches[i] = searches.back();
      searches.pop_back();
    }
  }
}

/// Awaitable: a search, during which the worker's other coroutines run. `co_await` gives the record, perhaps
/// absent by now, or null.
template <class Policy>
class Located : public Search<Policy> {
 public:
  Located(const Store<Policy>& store, Worker& worker, Key key, std::size_t bytes) noexcept
      : Search<Policy>(store, key, bytes), interleaver_(&worker.interleaver()) {}

  bool await_ready() noexcept {
    if (interleaver_->is_running()) return false;
    search();
    return true;
  }
  void await_suspend(std::coroutine_handle<> self) noexcept { interleaver_->wait(*this, self); }
  Record<Policy>* await_resume() const noexcept { return this->record(); }

 protected:
  /// To its end, without giving way.
  void search() noexcept {
    while (!this->step(*this)) {
    }
  }

 private:
  Interleaver* interleaver_;
};

template <class Policy>
auto Store<Policy>::get_interleaved(Worker& worker, Key key, std::size_t offset, std::span<std::byte> output,
                                    std::uint32_t& copied) const noexcept {
  struct Get : Located<Policy> {
    Get(const Store& owner, Worker& on, Key of, std::size_t from, std::span<std::byte> to,
        std::uint32_t& count) noexcept
        : Located<Policy>(owner, on, of, from + to.size()),
          store(&owner),
          offset(from),
          output(to),
          copied(&count) {}
    Status await_resume() const noexcept {
      // Almost always the record is the right one and nobody writes it.
      const Key key = this->key();
      if (const Rec* record = this->candidate();
          record != nullptr && record->key() == key && record->try_read(offset, output, *copied)) [[likely]]
        return Status::ok;
      return store->get_at(this->record(), key, offset, output, *copied);
    }
    const Store* store;
    std::size_t offset;
    std::span<std::byte> output;
    std::uint32_t* copied;
  };
  return Get(*this, worker, key, offset, output, copied);
}

}  // namespace upout::kernel
