#include <algorithm>
#include <array>

#include "kernel/hash_window.h"
#include "kernel/log/redo.h"
#include "kernel/store.h"

namespace upout::kernel {

template <class Policy>
Status Store<Policy>::redo(Worker& worker, std::span<const Redo> changes) noexcept {
  constexpr std::size_t batch = 64;
  Status first_failure = Status::ok;
  const auto redo_one = [&](const Redo& change, Rec* hint) noexcept {
    const Status status = redo_at(worker, hint, change);
    if (first_failure == Status::ok) first_failure = status;
  };
  if (ordered_) {
    for (const Redo& change : changes) redo_one(change, nullptr);
    return first_failure;
  }
  // As operations, for the overlap of their misses.
  std::array<Operation, batch> operations;
  std::array<Operation*, batch> pointers;
  for (std::size_t begin = 0; begin < changes.size(); begin += batch) {
    const auto part = changes.subspan(begin, std::min(batch, changes.size() - begin));
    for (std::size_t i = 0; i < part.size(); ++i) {
      operations[i] = {.key = part[i].key, .input_offset = part[i].offset, .input = part[i].bytes};
      pointers[i] = &operations[i];
    }
    perform_interleaved(*hash_, std::span<Operation* const>(pointers).first(part.size()),
                        [&](Operation& operation, Rec* record) noexcept {
                          redo_one(part[static_cast<std::size_t>(&operation - operations.data())], record);
                        });
    if (hash_->is_growing()) hash_->help_growth(worker.cache());
  }
  return first_failure;
}

template <class Policy>
Status Store<Policy>::redo_at(Worker& worker, Rec* hint, const Redo& change) noexcept {
  switch (change.kind) {
    case RedoKind::put:
      return redo_put(worker, hint, change);
    case RedoKind::update:
      return redo_update(hint, change);
    case RedoKind::remove:
      return redo_remove(worker, hint, change);
  }
  return Status::ok;
}

template <class Policy>
Status Store<Policy>::redo_put(Worker& worker, Rec* hint, const Redo& change) noexcept {
  const Header after = Header::present(change.version, change.bytes.size());
  const Status status = with_locked(change.key, hint, [&](Rec& record, Header before, Status& result) {
    if (before.version() > change.version) return before;
    if (SizeClass::of(Rec::bytes_for(after.size())) == SizeClass::of(Rec::bytes_for(before.size()))) {
      record.write(0, change.bytes);
      return after;
    }
    Rec* replacement = make_record(worker, change.key, after, change.bytes);
    if (replacement == nullptr) {
      result = Status::out_of_memory;
      return before;
    }
    relink(&record, replacement);
    retire(worker, &record, before.size());
    return before.gone();
  });
  if (status != Status::not_found) return status;
  Rec* fresh = make_record(worker, change.key, after, change.bytes);
  if (fresh == nullptr) return Status::out_of_memory;
  Rec* other = nullptr;
  const Status linked = link(worker, fresh, other, nullptr, Version::own);
  if (linked == Status::ok) {
    count_insert(worker);
  } else {
    free_record(worker, fresh, after.size());
  }
  return linked;
}

template <class Policy>
Status Store<Policy>::redo_update(Rec* hint, const Redo& change) noexcept {
  return with_locked(change.key, hint, [&](Rec& record, Header before, Status& result) {
    // One change of a transaction may be several updates of one version.
    if (before.version() > change.version) return before;
    if (change.offset + change.bytes.size() > before.size()) {
      result = Status::out_of_range;
      return before;
    }
    record.write(change.offset, change.bytes);
    return Header::present(change.version, before.size());
  });
}

template <class Policy>
Status Store<Policy>::redo_remove(Worker& worker, Rec* hint, const Redo& change) noexcept {
  const Status status = with_locked(change.key, hint, [&](Rec& record, Header before, Status&) {
    if (before.version() > change.version) return before;
    unlink(worker, &record);
    count_remove(worker);
    retire(worker, &record, before.size());
    return Header::present(change.version, before.size()).absent();
  });
  // The key goes on with greater ones, if it comes back.
  removals_.add(change.key, change.version);
  return status == Status::not_found ? Status::ok : status;
}

#define UPOUT_INSTANTIATE(Policy)                                               \
  template Status Store<Policy>::redo(Worker&, std::span<const Redo>) noexcept; \
  template Status Store<Policy>::redo_at(Worker&, Rec*, const Redo&) noexcept;  \
  template Status Store<Policy>::redo_put(Worker&, Rec*, const Redo&) noexcept; \
  template Status Store<Policy>::redo_update(Rec*, const Redo&) noexcept;       \
  template Status Store<Policy>::redo_remove(Worker&, Rec*, const Redo&) noexcept;
UPOUT_INSTANTIATE(Shared)
UPOUT_INSTANTIATE(Exclusive)
#undef UPOUT_INSTANTIATE

}  // namespace upout::kernel
