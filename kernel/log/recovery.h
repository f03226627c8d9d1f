#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "kernel/hash.h"
#include "kernel/log/log_image.h"
#include "kernel/part.h"
#include "kernel/store.h"
#include "platform/error.h"

namespace upout::kernel {

/// Where the changes of a key belong.
template <class Policy>
struct RecoveryTarget {
  Store<Policy>* store;   ///< null: to none of those that are brought back
  Worker* worker;         ///< of the store and the calling thread; logs nothing
  std::size_t index = 0;  ///< among those that are brought back
};

/// Brings back into empty stores what a log has: first the checkpoint, then, key by key in the order of
/// versions, what was changed after it. Of a value that was written over and over, only the last one is
/// written, and what was updated in it since. (Zheng et al., OSDI 2014, who have whole values in their log
/// and so need no order.)
///
/// The work comes in pieces, for as many threads as there are: `for_each(count, use)` calls `use(i,
/// target_of)` for each i below `count`, and returns when all have returned; `target_of(key)` says where
/// changes of the key belong. Pieces have changes of the same stores: for several threads these are `Shared`.
/// May throw std::bad_alloc.
template <class Policy>
class Recovery {
 public:
  /// The image outlives it.
  explicit Recovery(const LogImage& image) : image_(&image) {}

  template <class ForEach>
  platform::Expected<void> run(ForEach&& for_each) {
    for_each(image_->checkpoint_groups(),
             [this](std::size_t group, auto&& target_of) { redo_checkpoint(group, target_of); });
    stretches_.resize(std::min(image_->log_groups(), most_stretches));
    for_each(stretches_.size(), [this](std::size_t stretch, auto&&) { sort_out(stretch); });
    for_each(parts, [this](std::size_t part, auto&& target_of) { redo_part(part, target_of); });
    if (is_unsound_)
      return platform::unexpected("the log", "what is no change, with the right checksum",
                                  "one that this version has written");
    if (is_foreign_)
      return platform::unexpected("the log", "changes of keys that do not belong here",
                                  "the log of the same rank, of as many");
    if (const Status status = status_.load(); status != Status::ok)
      return platform::unexpected("the log", status == Status::out_of_memory ? "no memory" : "a gap",
                                  status == Status::out_of_memory ? "room for all records" : "all changes");
    return {};
  }

  /// Changes that count, in the checkpoint and in the log.
  std::uint64_t changes() const noexcept { return changes_.load(); }

 private:
  static constexpr std::size_t parts = 64;
  static constexpr std::size_t most_stretches = 64;
  static constexpr std::size_t batch = 64;

  /// A change where it stands in the log.
  struct Change {
    Key key;
    std::uint64_t version;
    const std::byte* bytes;  ///< behind its header

    Redo redo() const noexcept {
      RedoHeader header;
      std::memcpy(&header, bytes - sizeof(header), sizeof(header));
      return {.kind = static_cast<RedoKind>(header.what & 3),
              .key = key,
              .version = version,
              .offset = header.offset,
              .bytes = {bytes, header.size}};
    }
    bool makes_earlier_ones_void() const noexcept { return redo().kind != RedoKind::update; }
  };
  /// Groups that follow each other: their changes, by part.
  using Stretch = std::vector<std::vector<Change>>;

  /// Changes of different keys, to be done at once: one batch a store.
  template <class TargetOf>
  class Batches {
   public:
    Batches(Recovery& owner, TargetOf& target_of) : owner_(&owner), target_of_(&target_of) {}
    ~Batches() {
      for (Batch& each : batches_) {
        if (!each.changes.empty()) end(each);
      }
    }
    Batches(const Batches&) = delete;
    Batches& operator=(const Batches&) = delete;

    void add(const Redo& change) {
      const RecoveryTarget<Policy> target = (*target_of_)(change.key);
      if (target.store == nullptr) {
        owner_->is_foreign_ = true;
        return;
      }
      if (batches_.size() <= target.index) batches_.resize(target.index + 1);
      Batch& into = batches_[target.index];
      into.target = target;
      if (into.changes.size() == batch || (!into.changes.empty() && into.changes.back().key == change.key))
        end(into);
      into.changes.push_back(change);
    }

   private:
    struct Batch {
      RecoveryTarget<Policy> target;
      std::vector<Redo> changes;
    };
    void end(Batch& of) {
      owner_->note(of.target.store->redo(*of.target.worker, of.changes), of.changes.size());
      of.changes.clear();
      if constexpr (Policy::is_shared) announce_quiescent();
    }
    Recovery* owner_;
    TargetOf* target_of_;
    std::vector<Batch> batches_;  ///< by the stores' index
  };

  void note(Status status, std::size_t changes) noexcept {
    changes_.fetch_add(changes, std::memory_order_relaxed);
    Status ok = Status::ok;
    if (status != Status::ok) status_.compare_exchange_strong(ok, status);
  }

  template <class TargetOf>
  void redo_checkpoint(std::size_t group, TargetOf& target_of) {
    Batches changes(*this, target_of);
    if (!image_->for_each_of_checkpoint(group, [&](const Redo& put) { changes.add(put); }))
      is_unsound_ = true;
  }

  void sort_out(std::size_t stretch) {
    stretches_[stretch].resize(parts);
    const Part part{stretch, stretches_.size()};
    for (std::size_t group = part.begin(image_->log_groups()); group < part.end(image_->log_groups());
         ++group) {
      const bool is_sound = image_->for_each_of_log(group, [&](const Redo& redo) {
        stretches_[stretch][KeyHash(redo.key).partition(parts)].push_back(
            {redo.key, redo.version, redo.bytes.data()});
      });
      if (!is_sound) is_unsound_ = true;
    }
  }

  template <class TargetOf>
  void redo_part(std::size_t part, TargetOf& target_of) {
    std::vector<Change> changes;
    for (Stretch& stretch : stretches_) {
      changes.insert(changes.end(), stretch[part].begin(), stretch[part].end());
      stretch[part] = {};
    }
    // Updates of one version are a transaction's, in its own order.
    std::ranges::stable_sort(changes, [](const Change& a, const Change& b) {
      return a.key != b.key ? a.key < b.key : a.version < b.version;
    });
    Batches redone(*this, target_of);
    for (auto begin = changes.begin(); begin != changes.end();) {
      const auto end =
          std::find_if(begin, changes.end(), [&](const Change& change) { return change.key != begin->key; });
      auto first = end - 1;
      while (first != begin && !first->makes_earlier_ones_void()) --first;
      for (; first != end; ++first) redone.add(first->redo());
      begin = end;
    }
  }

  const LogImage* image_;
  std::vector<Stretch> stretches_;
  std::atomic<std::uint64_t> changes_{0};
  std::atomic<Status> status_{Status::ok};
  std::atomic<bool> is_unsound_{false};
  std::atomic<bool> is_foreign_{false};
};

}  // namespace upout::kernel
