#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernel/concurrency_control.h"
#include "kernel/store.h"

namespace upout::kernel {

/// The optimistic half of `Transaction`: what it has read and is going to write, and Silo's commit (Tu et
/// al., SOSP 2013). Nothing that it does is visible before `lock`. Reads are of committed versions but,
/// until `validate` has said so, perhaps not of one moment. Used by one thread. Records and leaves that it
/// has read may go, and their memory be used again, while it remembers them: their versions are not.
///
/// Keys that were found missing are looked for again in `lock` and in `validate`, with nothing of their
/// group removed in between; ranges are protected by the versions of the leaves that were read.
template <class Policy>
class OccTransaction {
 public:
  using Rec = Record<Policy>;

  OccTransaction(Store<Policy>& store, Worker& worker) noexcept : store_(&store), worker_(&worker) {}

  /// These take the record that a search for the key has found, or null. They throw std::bad_alloc if there
  /// is no room for what has to be remembered; the transaction can only be aborted then.
  Status read(Rec* found, Key key, std::size_t offset, std::span<std::byte> output, std::uint32_t& copied);
  Status update(Rec* found, Key key, std::size_t offset, std::span<const std::byte> input);
  Status insert(Rec* found, Key key, std::span<const std::byte> value);
  Status remove(Rec* found, Key key);

  /// For scans: remembers a leaf as it was read.
  Status note_leaf(const LeafVersion& seen) {
    leaves_.push_back(seen);
    return Status::ok;
  }
  /// The next key from `from` on, in `direction`, that this transaction inserts; false: there is none.
  bool next_insert(Key from, Direction direction, Key& key) const noexcept;

  /// Locks what is to be written. Whatever these two say, the transaction has not been aborted.
  bool lock() noexcept;
  /// Whether what was read is still so, and the transaction can commit, whatever others do.
  bool validate() noexcept;
  void install() noexcept;
  void abort() noexcept;
  /// After a step that failed, or an operation that met a `conflict`.
  AbortCause cause() const noexcept { return cause_; }

 private:
  enum class WriteKind : std::uint8_t { update, insert, remove, replace, nothing };
  struct Write {
    Key key;
    Rec* record;       ///< in the store; none for an insert
    Rec* fresh;        ///< insert, replace: the new record, written by nobody else before `install`
    std::size_t size;  ///< of the fresh record's value
    Header before;     ///< of `record`, when it was read
    WriteKind kind;
    bool is_held;  ///< `record` is locked, or `fresh` is linked
  };
  struct Read {
    Rec* record;
    std::uint64_t header;
  };
  struct Missing {
    Key key;
    std::uint64_t removals;  ///< `Store::removals`, when it was looked for in `lock`
  };
  /// Bytes that an update is going to write.
  struct Patch {
    std::size_t write;  ///< index into `writes_`
    std::size_t offset;
    std::size_t size;
    std::size_t data;  ///< where they stand in `data_`
  };

  Write* own_write(Key key) noexcept;
  Status read_own(const Write& write, std::size_t offset, std::span<std::byte> output, std::uint32_t& copied);
  Status read_record(Rec* found, Key key, std::size_t offset, std::span<std::byte> output,
                     std::uint32_t& copied, Header& seen);
  Status conflict(std::uint32_t& copied, AbortCause cause) noexcept;
  Rec* make_fresh(Key key, std::span<const std::byte> value) noexcept;
  void add_patch(std::size_t write, std::size_t offset, std::span<const std::byte> input);

  bool lock_writes() noexcept;
  bool hold(Write& write);
  void follow(const LeafChange& change) noexcept;
  bool holds(const Rec* record) const noexcept;
  bool inserts(const Rec* record) const noexcept;
  bool is_missing(Key key) noexcept;
  bool find_missing() noexcept;
  bool find_missing_still() noexcept;
  void log(RedoKind kind, Key key, Header after, std::size_t offset,
           std::span<const std::byte> bytes) noexcept;
  void reveal(const Write& write, Header after) noexcept;
  void install(Write& write) noexcept;
  void release(Write& write) noexcept;
  bool fail(AbortCause cause) noexcept {
    cause_ = cause;
    return false;
  }
  void forget() noexcept;

  Store<Policy>* store_;
  Worker* worker_;
  std::vector<Read> reads_;
  std::vector<Missing> missing_;
  std::vector<LeafVersion> leaves_;
  std::vector<Write> writes_;
  std::vector<Patch> patches_;
  std::vector<std::byte> data_;
  AbortCause cause_ = AbortCause::requested;
  Epoch epoch_ = 0;  ///< of its moment
};

extern template class OccTransaction<Shared>;
extern template class OccTransaction<Exclusive>;

}  // namespace upout::kernel
