#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernel/concurrency_control.h"
#include "kernel/store.h"

namespace upout::kernel {

/// The serial half of `Transaction`: it is alone in the partition (Kallman et al., "H-Store", VLDB 2008), so
/// it writes in place and keeps only what it takes to undo that. Used by one thread, while it holds the
/// partition's lock.
template <class Policy>
class SerialTransaction {
 public:
  using Rec = Record<Policy>;

  SerialTransaction(Store<Policy>& store, Worker& worker) noexcept : store_(&store), worker_(&worker) {}

  /// These take the record that a search for the key has found, or null.
  Status read(Rec* found, std::size_t offset, std::span<std::byte> output, std::uint32_t& copied) const;
  Status update(Rec* found, std::size_t offset, std::span<const std::byte> input);
  Status insert(Rec* found, Key key, std::span<const std::byte> value);
  Status remove(Rec* found);

  /// Makes the changes final; nothing can fail any more.
  void install() noexcept;
  /// Undoes them.
  void abort() noexcept;

 private:
  enum class ChangeKind : std::uint8_t { update, insert, remove, replace };
  struct Change {
    ChangeKind kind;
    Rec* record;         ///< that was changed, put in, marked as removed, or put into the place of `other`
    Rec* other;          ///< replace: the removed one
    Header before;       ///< update, remove: of the record before; insert, replace: of the new one
    std::size_t offset;  ///< update: where `size` bytes stood in the value
    std::size_t size;
    std::size_t data;  ///< update: where the old bytes stand in `data_`
    bool is_replaced;  ///< remove: another record has its place by now
  };

  static Redo redo(const Change& change) noexcept;
  void log(LogWriter& log) noexcept;
  void undo(const Change& change) noexcept;

  Store<Policy>* store_;
  Worker* worker_;
  std::vector<Change> changes_;
  std::vector<std::byte> data_;
};

extern template class SerialTransaction<Shared>;
extern template class SerialTransaction<Exclusive>;

}  // namespace upout::kernel
