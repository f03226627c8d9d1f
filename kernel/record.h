#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "kernel/operation.h"
#include "kernel/policy.h"
#include "kernel/prefetch.h"

namespace upout::kernel {

/// The header word of a record: one load says whether it is being written, whether it is still there, how
/// long its value is, and which version that is. (Silo's TID word, SOSP 2013, with the value's size beside
/// the version.)
///
///   63 ............ 23 | 22 ........ 2 | 1      | 0
///   version (41 bits)  | value size    | absent | locked
class Header {
 public:
  static constexpr std::uint64_t locked_bit = 1;
  static constexpr std::uint64_t absent_bit = 2;

  explicit constexpr Header(std::uint64_t word) noexcept : word_(word) {}
  static constexpr Header present(std::uint64_t version, std::size_t size) noexcept {
    return Header(version << version_shift | std::uint64_t{size} << size_shift);
  }

  constexpr std::uint64_t word() const noexcept { return word_; }
  constexpr bool is_locked() const noexcept { return (word_ & locked_bit) != 0; }
  constexpr bool is_absent() const noexcept { return (word_ & absent_bit) != 0; }
  /// Absent for good. (One that is absent and locked is being inserted.)
  constexpr bool is_gone() const noexcept { return (word_ & (absent_bit | locked_bit)) == absent_bit; }
  /// There, and nobody writes it.
  constexpr bool is_settled() const noexcept { return (word_ & (absent_bit | locked_bit)) == 0; }
  constexpr std::size_t size() const noexcept { return (word_ >> size_shift) & size_mask; }
  constexpr std::uint64_t version() const noexcept { return word_ >> version_shift; }

  constexpr Header locked() const noexcept { return Header(word_ | locked_bit); }
  constexpr Header absent() const noexcept { return Header(word_ | absent_bit); }
  /// The same version, present and not locked.
  constexpr Header revealed() const noexcept { return Header(word_ & ~(locked_bit | absent_bit)); }
  /// All else as it is.
  constexpr Header with_version(std::uint64_t version) const noexcept {
    return Header((word_ & ((std::uint64_t{1} << version_shift) - 1)) | version << version_shift);
  }
  /// The next version, unlocked, with a value of `size` bytes.
  constexpr Header next(std::size_t size) const noexcept { return present(version() + 1, size); }
  /// The next version, unlocked, of a record that has been taken out.
  constexpr Header gone() const noexcept { return Header(next(size()).word_ | absent_bit); }

 private:
  static constexpr unsigned size_shift = 2;
  static constexpr unsigned version_shift = 23;
  static constexpr std::uint64_t size_mask = (std::uint64_t{1} << (version_shift - size_shift)) - 1;
  static_assert(max_value_bytes <= size_mask);

  std::uint64_t word_;
};

/// One record: header, key and value inline, in memory of the store's heap. All access goes through words, so
/// that an optimistic reader and a writer may meet: the reader copies, then finds the header changed and
/// starts again.
///
/// Invariants: the value's words are written only while the header is locked, or the record is not in an
/// index yet; a record that is absent and not locked never becomes present again before its memory has been
/// reclaimed (one that is absent and locked is being inserted by a transaction); the memory always holds at
/// least the value's size rounded up to whole words.
template <class Policy>
class Record {
 public:
  static constexpr std::size_t overhead_bytes = 2 * sizeof(std::uint64_t);
  static constexpr std::size_t bytes_for(std::size_t value_size) noexcept {
    return overhead_bytes + (value_size + 7) / 8 * 8;
  }

  Key key() const noexcept { return key_.load(); }
  Header header() const noexcept { return Header(header_.load()); }

  /// Fills memory that no other thread of this process can reach yet. Another process's reader may still have
  /// the address of what was here before (remote_hash_reader.h): it must not see the header before all is
  /// written.
  void construct(Key key, Header header, std::span<const std::byte> value) noexcept {
    if constexpr (Policy::is_shared) header_.store(header.locked().word());
    key_.store(key);
    write(0, value);
    header_.store(header.word());
  }

  /// Waits until nobody writes or inserts the record and locks it. `not_found`: the record is gone;
  /// `conflict`: it was locked each of `looks` times.
  Status lock(Header& before, unsigned looks) noexcept {
    Patience patience(looks);
    std::uint64_t word = header_.load();
    for (;;) {
      if (Header(word).is_gone()) return Status::not_found;
      if (Header(word).is_locked()) {
        if (!patience.wait()) return Status::conflict;
        word = header_.load();
      } else if (header_.compare_exchange(word, Header(word).locked().word())) {
        before = Header(word);
        return Status::ok;
      }
    }
  }
  /// Locks the record if it is still as it was seen, unlocked and there: for those who hold other locks and
  /// so must not wait, and who do not know whether this is still the record that it was.
  bool try_lock(Header seen) noexcept {
    std::uint64_t word = seen.word();
    return header_.compare_exchange(word, seen.locked().word());
  }
  void unlock(Header after) noexcept { header_.store(after.word()); }

  /// Copies up to `out.size()` bytes of the value from `offset` on, all of one version, in one attempt.
  /// False: the record is absent, or somebody was writing it.
  bool try_read(std::size_t offset, std::span<std::byte> out, std::uint32_t& copied) const noexcept {
    const Header before = header();
    if (!before.is_settled()) return false;
    const std::size_t size = before.size();
    std::size_t length = out.size();
    if (offset + length > size) [[unlikely]]
      length = offset < size ? size - offset : 0;
    copy_out(offset, out.first(length));
    copied = static_cast<std::uint32_t>(length);
    return !Policy::is_shared || header().word() == before.word();
  }

  /// The same; copies the value if `out` takes all of it, and tells its size and version either way.
  bool try_read_whole(std::span<std::byte> out, Header& seen) const noexcept {
    seen = header();
    if (!seen.is_settled()) return false;
    if (seen.size() <= out.size()) copy_out(0, out.first(seen.size()));
    return !Policy::is_shared || header().word() == seen.word();
  }

  /// Calls `attempt`, one of the above, until it succeeds. A record that is being inserted is waited for as
  /// one that is being written: its transaction may have its place before others that have ended already.
  /// `not_found`: the record is gone; `conflict`: it was locked each of `looks` times.
  template <class Attempt>
  Status wait_for(unsigned looks, Attempt&& attempt) const noexcept {
    if (attempt()) [[likely]]
      return Status::ok;
    for (Patience patience(looks);;) {
      if (header().is_gone()) return Status::not_found;
      if (!patience.wait()) return Status::conflict;
      if (attempt()) return Status::ok;
    }
  }

  /// Copies a range that lies within the value. The record is locked by the caller, or the caller validates
  /// the header afterwards.
  void copy_out(std::size_t offset, std::span<std::byte> out) const noexcept {
    const Word* word = words() + offset / 8;
    std::byte* to = out.data();
    std::size_t left = out.size();
    if (const std::size_t skip = offset % 8; skip != 0 && left != 0) [[unlikely]] {
      const std::uint64_t value = word++->load();
      const std::size_t length = std::min(left, 8 - skip);
      std::memcpy(to, reinterpret_cast<const std::byte*>(&value) + skip, length);
      to += length;
      left -= length;
    }
    for (; left >= 8; to += 8, left -= 8) {
      const std::uint64_t value = word++->load();
      std::memcpy(to, &value, 8);
    }
    if (left != 0) {
      const std::uint64_t value = word->load();
      std::memcpy(to, &value, left);
    }
  }

  /// The first bytes of the value where they stand, which nobody overwrites meanwhile.
  std::span<const std::byte> bytes(std::size_t size) const noexcept {
    return {reinterpret_cast<const std::byte*>(words()), size};
  }

  /// Overwrites a range that lies within the record's memory. The record is locked by the caller, or not yet
  /// published.
  void write(std::size_t offset, std::span<const std::byte> in) noexcept {
    Word* word = words() + offset / 8;
    if (const std::size_t skip = offset % 8; skip != 0 && !in.empty()) [[unlikely]] {
      const std::size_t length = std::min(in.size(), 8 - skip);
      patch(*word++, skip, in.first(length));
      in = in.subspan(length);
    }
    for (; in.size() >= 8; in = in.subspan(8)) {
      std::uint64_t value = 0;
      std::memcpy(&value, in.data(), 8);
      word++->store(value);
    }
    if (!in.empty()) patch(*word, 0, in);
  }

 private:
  using Word = typename Policy::template Cell<std::uint64_t>;

  const Word* words() const noexcept { return reinterpret_cast<const Word*>(this + 1); }
  Word* words() noexcept { return reinterpret_cast<Word*>(this + 1); }
  static void patch(Word& word, std::size_t offset, std::span<const std::byte> in) noexcept {
    std::uint64_t value = word.load();
    std::memcpy(reinterpret_cast<std::byte*>(&value) + offset, in.data(), in.size());
    word.store(value);
  }

  Word header_;
  Word key_;
};

/// Asks for the lines of its record that an operation will touch. How long the value is stands in the record,
/// which is not here yet.
template <class Policy>
[[gnu::always_inline]] inline void prefetch_touched(const Record<Policy>& record,
                                                    const Operation& operation) noexcept {
  const std::size_t reading = operation.output_offset + operation.output.size();
  const std::size_t writing = operation.input_offset + operation.input.size();
  const std::size_t bytes = std::max(reading, writing);
  prefetch(&record, std::min(bytes, most_prefetched_bytes) + Record<Policy>::overhead_bytes);
}

}  // namespace upout::kernel
