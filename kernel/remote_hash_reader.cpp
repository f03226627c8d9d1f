#include "kernel/remote_hash_reader.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace upout::kernel {

RemoteTable RemoteTable::of(const HashIndex<Shared>& index) noexcept {
  const std::span<const std::byte> table = index.table();
  const auto address = reinterpret_cast<std::uintptr_t>(table.data());
  assert((address & log2_mask) == 0);
  const std::size_t buckets = table.size() / sizeof(HashIndex<Shared>::Bucket);
  return RemoteTable(address | static_cast<std::uint64_t>(std::countr_zero(buckets)));
}

std::uint64_t RemoteTable::bucket(KeyHash hash) const noexcept {
  const std::uint64_t mask = (std::uint64_t{1} << buckets_log2()) - 1;
  return (word_ & ~log2_mask) + (hash.bucket_bits() & mask) * sizeof(HashIndex<Shared>::Bucket);
}

auto RemoteHashReader::begin(RemoteTable table, const RemoteMemory& memory, Operation& operation) -> Result {
  assert(operation.kind == OperationKind::get);
  operation_ = &operation;
  hash_ = KeyHash(operation.key);
  table_ = table;
  memory_ = memory;
  fetch_count_ = 0;
  has_found_growth_ = false;
  attempts_ = 0;
  offset_ = operation.output_offset / 8 * 8;
  return read_home();
}

auto RemoteHashReader::step() -> Result {
  fetch_count_ = 0;
  switch (stage_) {
    case Stage::bucket:
      return look_into_bucket();
    case Stage::end_of_chain:
      if (has_moved()) return try_again();
      operation_->status = Status::not_found;
      operation_->output_size = 0;
      return Result::done;
    case Stage::header:
      return look_at_header(Header(header_again_));
    case Stage::record:
      if (slot_again_ != word_) return try_again();
      if (!add_fetch(candidate_, {&header_again_, 1}) || !add_fetch(home_, {&control_, 1}))
        return Result::ask_owner;
      return fetch(Stage::end_of_record);
    case Stage::end_of_record:
      return look_at_end();
  }
  return Result::ask_owner;
}

auto RemoteHashReader::read_home() -> Result {
  home_ = table_.bucket(hash_);
  return read_bucket(home_);
}

auto RemoteHashReader::try_again() -> Result {
  if (++attempts_ == most_attempts) return Result::ask_owner;
  return read_home();
}

auto RemoteHashReader::read_bucket(std::uint64_t address) -> Result {
  at_ = address;
  return add_fetch(address, bucket_) ? fetch(Stage::bucket) : Result::ask_owner;
}

auto RemoteHashReader::look_into_bucket() -> Result {
  const std::uint64_t control = bucket_[0];
  const std::uint64_t next = control & ~Index::flag_bits;
  if (at_ == home_ && (control & Index::moved_bit) != 0) {
    table_ = table_.grown_into(next);
    has_found_growth_ = true;
    return try_again();
  }
  const auto found = std::find_if(bucket_.begin() + 1, bucket_.end(), [this](std::uint64_t slot) {
    return slot >> Index::tag_shift == hash_.tag();
  });
  if (found != bucket_.end()) {
    word_ = *found;
    slot_ = at_ + static_cast<std::uint64_t>(found - bucket_.begin()) * sizeof(word_);
    candidate_ = word_ & Index::address_mask;
    return read_header();
  }
  if (next != 0) {
    // What is no chain any more could lead round in a circle.
    return ++attempts_ == most_attempts ? Result::ask_owner : read_bucket(next);
  }
  // Of one bucket all was read while it had not moved: that is in its control word.
  control_ = control;
  if (at_ == home_) {
    stage_ = Stage::end_of_chain;
    return step();
  }
  return add_fetch(home_, {&control_, 1}) ? fetch(Stage::end_of_chain) : Result::ask_owner;
}

auto RemoteHashReader::read_header() -> Result {
  return add_fetch(candidate_, {&header_again_, 1}) ? fetch(Stage::header) : Result::ask_owner;
}

auto RemoteHashReader::look_at_header(Header header) -> Result {
  if (header.is_settled()) {
    header_ = header;
    return read_record();
  }
  if (!header.is_locked()) return try_again();  // gone: the index knows better by now
  return ++attempts_ == most_attempts ? Result::ask_owner : read_header();
}

auto RemoteHashReader::read_record() -> Result {
  const std::size_t end = std::min(operation_->output_offset + operation_->output.size(), header_.size());
  const std::size_t bytes = end > offset_ ? (end - offset_ + 7) / 8 * 8 : 0;
  if (bytes > most_bytes) return Result::ask_owner;
  if (record_.size() < value_word + bytes / 8) record_.resize(value_word + bytes / 8);
  const std::uint64_t value = candidate_ + Record<Shared>::overhead_bytes;
  const std::span words(record_);
  const std::uint64_t key = candidate_ + sizeof(std::uint64_t);
  bool is_within = add_fetch(slot_, {&slot_again_, 1});
  if (offset_ == 0) {
    is_within &= add_fetch(key, words.first(value_word + bytes / 8));
  } else {
    is_within &= add_fetch(key, words.first(value_word));
    is_within &= add_fetch(value + offset_, words.subspan(value_word, bytes / 8));
  }
  return is_within ? fetch(Stage::record) : Result::ask_owner;
}

auto RemoteHashReader::look_at_end() -> Result {
  if (has_moved()) return try_again();
  if (header_again_ != header_.word()) {
    if (++attempts_ == most_attempts) return Result::ask_owner;
    return look_at_header(Header(header_again_));
  }
  if (record_[key_word] != operation_->key) return Result::ask_owner;
  const std::size_t offset = operation_->output_offset;
  const std::size_t size = header_.size();
  const std::size_t length = offset < size ? std::min(operation_->output.size(), size - offset) : 0;
  if (length != 0)
    std::memcpy(operation_->output.data(),
                reinterpret_cast<const std::byte*>(record_.data() + value_word) + (offset - offset_), length);
  operation_->output_size = static_cast<std::uint32_t>(length);
  operation_->status = Status::ok;
  return Result::done;
}

bool RemoteHashReader::add_fetch(std::uint64_t address, std::span<std::uint64_t> into) noexcept {
  if (!memory_.holds(address, into.size_bytes())) return false;
  if (!into.empty()) fetches_[fetch_count_++] = {address, std::as_writable_bytes(into)};
  return true;
}

}  // namespace upout::kernel
