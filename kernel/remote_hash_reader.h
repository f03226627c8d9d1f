#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernel/hash.h"
#include "kernel/hash_index.h"
#include "kernel/operation.h"
#include "kernel/policy.h"
#include "kernel/record.h"

namespace upout::kernel {

/// Addresses in another process that may be read: its window.
struct RemoteMemory {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  bool holds(std::uint64_t address, std::size_t bytes) const noexcept {
    return address % 8 == 0 && address >= begin && address <= end && bytes <= end - address;
  }
};

/// Where a hash index's table lies in its process and how many buckets it has, as one word, so that who reads
/// it while it changes reads the one table or the other.
class RemoteTable {
 public:
  RemoteTable() = default;  ///< none
  explicit RemoteTable(std::uint64_t word) noexcept : word_(word) {}
  /// The one that the index uses now. None of its buckets waits to be filled by a growth.
  static RemoteTable of(const HashIndex<Shared>& index) noexcept;

  std::uint64_t word() const noexcept { return word_; }
  std::uint64_t bucket(KeyHash hash) const noexcept;  ///< the address of the first bucket of the hash's chain
  /// The table that this one grows into.
  RemoteTable grown_into(std::uint64_t address) const noexcept {
    return RemoteTable(address | (buckets_log2() + 1));
  }

 private:
  static constexpr std::uint64_t log2_mask = 63;
  std::uint64_t buckets_log2() const noexcept { return word_ & log2_mask; }

  std::uint64_t word_ = 0;  ///< address, a multiple of 64, and the binary logarithm of the number of buckets
};

/// Reads one key's value out of a `Store<Shared>` with a hash index in another process, which does nothing
/// for it and goes on to write (as Pilaf, USENIX ATC 2013, and FaRM, NSDI 2014, do). It knows the layout, and
/// says what it wants to have fetched; who drives it knows how to fetch, and may do that for many readers at
/// once: all that is fetched for one call of `step` is a round.
///
///     auto result = reader.begin(table, memory, operation);
///     while (result == Result::more) { fetch all of reader.fetches(); result = reader.step(); }
///
/// **What is asked of fetching.** A fetch of a round begins after all of the round before have ended. Within
/// a round nothing has an order, neither the fetches nor the words of one. Each aligned word of 8 bytes
/// arrives whole, and with it whoever reads it sees, in later rounds, what its writer had written before it.
/// (So it is with processors that copy and adapters that read whole lines. MPI does not promise it; that
/// words arrive whole, mpi_window.h tries out.)
///
/// **What is asked of the store.** Records, overflow buckets and tables lie in the window, or the reader
/// gives up: an address is compared with the window's bounds before it is fetched, wherever it comes from.
/// Memory of tables is never used for anything else (platform::Reserve); a block of the heap may be freed at
/// any moment, as no grace period waits for this reader, and be used again, but only for a record or a bucket
/// that begins where the block begins. No serial transaction runs, for those write records without locking
/// them.
///
/// **Rounds and why each is needed.**
/// 1. *The bucket.* Its slot with the key's tag names a record; seven slots without it are a miss (see
/// below). If the
///    bucket has moved, its control word names the next table, and the round is had again there. A bucket
///    that has moved stays so for ever, and a bucket of a growing table is filled before the old one says
///    that it has moved, so a table of the past leads to where the record is now, however old it is. A full
///    bucket's overflow buckets are rounds of their own.
/// 2. *The header* of the record, alone: only what is read after it may be believed. It must be unlocked and
/// present.
/// 3. *Key and value, and the slot again.* 4. *The header and the chain's control word again.*
///
/// **A hit** is returned if the slot was the same in 3, the header the same in 2 and 4, and the chain had not
/// moved in 4. The header is the same only if nobody has locked the record in between: a block's versions
/// never repeat, whatever records it has held (Store::retire, Store::free_record), what is no record there
/// says that it is absent (HashIndex::moved_bit), and a record says that it is locked until it is wholly
/// written (Record::construct). So in 3 the key and all words of the value are of that version. But the block
/// may be another record by now than the one that the bucket had named: one not inserted yet, or never.
/// Therefore the slot: when it was read in 3, it named the block, and the header was that of 2. If the chain
/// had not moved in 4, bucket and slot were part of the index in 3, so the record was in the index, unlocked,
/// at a moment during the operation, which is where the read has its place. (An overflow bucket is taken out
/// of its chain only when the chain moves.)
///
/// **A miss** is returned if no slot of the chain has the key's tag, and the chain had not moved when the
/// last of its overflow buckets had been read (one more round, if there are any). A record stays in its slot
/// while it is in the index, and one that replaces it takes the same slot. If the key had been there all the
/// time, its slot would have been read then, whatever order the slots were read in; so there was a moment at
/// which it was not there. That is the local reader's argument (hash_index.h); and as it is about the slots
/// alone, a record with the same tag that has another key must not be passed over because of what stands in
/// its block by now: then the owner is asked, as with one read in some thousand.
///
/// After `most_attempts` vain ones the owner is asked, too. One reader is used by one thread; it keeps its
/// memory for the next operation.
class RemoteHashReader {
 public:
  static constexpr unsigned most_attempts = 16;
  /// Longer ranges are asked for.
  static constexpr std::size_t most_bytes = std::size_t{64} << 10;

  enum class Result : std::uint8_t {
    more,       ///< `fetches` are to be done, then `step` is to be called
    done,       ///< the operation has its result
    ask_owner,  ///< it has none: it could not be read this way
  };
  struct Fetch {
    std::uint64_t address;      ///< in the owner's process, a multiple of 8
    std::span<std::byte> into;  ///< whole words
  };

  /// `operation` is a get. `table`: which the store has, or has had.
  Result begin(RemoteTable table, const RemoteMemory& memory, Operation& operation);
  std::span<const Fetch> fetches() const noexcept { return std::span(fetches_).first(fetch_count_); }
  Result step();

  Operation& operation() const noexcept { return *operation_; }
  /// The table that `begin` was given is not used any more, or will not be for long.
  bool has_found_growth() const noexcept { return has_found_growth_; }

 private:
  using Index = HashIndex<Shared>;
  enum class Stage : std::uint8_t { bucket, end_of_chain, header, record, end_of_record };
  static constexpr std::size_t key_word = 0;  ///< of record_
  static constexpr std::size_t value_word = 1;

  Result read_home();
  Result try_again();
  Result read_bucket(std::uint64_t address);
  Result look_into_bucket();
  Result read_header();
  Result look_at_header(Header header);
  Result read_record();
  Result look_at_end();

  Result fetch(Stage stage) noexcept {
    stage_ = stage;
    return Result::more;
  }
  /// False: it is not in the window.
  bool add_fetch(std::uint64_t address, std::span<std::uint64_t> into) noexcept;
  bool has_moved() const noexcept { return (control_ & Index::moved_bit) != 0; }

  Operation* operation_ = nullptr;
  KeyHash hash_;
  RemoteTable table_;
  RemoteMemory memory_;
  Stage stage_ = Stage::bucket;
  bool has_found_growth_ = false;
  unsigned attempts_ = 0;
  std::size_t offset_ = 0;  ///< in the value, of what is read: a multiple of 8
  std::size_t fetch_count_ = 0;
  std::array<Fetch, 3> fetches_{};

  std::uint64_t home_ = 0;       ///< addresses: of the chain's first bucket,
  std::uint64_t at_ = 0;         ///< of the bucket that is looked into,
  std::uint64_t slot_ = 0;       ///< of its slot with the tag,
  std::uint64_t candidate_ = 0;  ///< and of the record
  std::uint64_t word_ = 0;       ///< what stood in the slot
  Header header_{0};             ///< and in the record's header

  // What is fetched
  alignas(64) std::array<std::uint64_t, 8> bucket_{};
  std::uint64_t control_ = 0;
  std::uint64_t header_again_ = 0;
  std::uint64_t slot_again_ = 0;
  std::vector<std::uint64_t> record_;  ///< key and a range of the value
};

}  // namespace upout::kernel
