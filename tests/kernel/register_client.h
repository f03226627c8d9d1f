#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "kernel/operation.h"
#include "kernel/store.h"
#include "tests/history/linearizability.h"

namespace upout::kernel::testing {

/// How a register's 64-bit value stands in a record: its upper half in the first two words, which updates
/// overwrite; its lower half in all others, whose number follows from it, so that different values often need
/// memory of different sizes. A reader sees at once if what it read is of more than one write.
class RegisterValue {
 public:
  static constexpr std::size_t head_bytes = 16;
  static constexpr std::size_t most_bytes = 512;
  static constexpr std::uint64_t head_mask = std::uint64_t{0xffff'ffff} << 32;
  static constexpr std::uint64_t torn = ~std::uint64_t{0};  // no register ever has this value

  explicit RegisterValue(std::uint64_t value) {
    const std::uint64_t tail = value & ~head_mask;
    words_.fill(tail);
    words_[0] = words_[1] = value >> 32;
    size_ = bytes_of_tail(tail);
  }

  std::span<const std::byte> bytes() const noexcept { return std::as_bytes(std::span(words_)).first(size_); }
  std::span<const std::byte> head() const noexcept { return bytes().first(head_bytes); }

  static std::uint64_t read(std::span<const std::byte> bytes) {
    if (bytes.size() < 3 * sizeof(std::uint64_t)) return torn;
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
    std::memcpy(&head, bytes.data(), sizeof head);
    std::memcpy(&tail, bytes.data() + head_bytes, sizeof tail);
    const std::uint64_t value = head << 32 | tail;
    const RegisterValue whole(value);
    const bool is_whole =
        whole.size_ == bytes.size() && std::memcmp(whole.words_.data(), bytes.data(), whole.size_) == 0;
    return is_whole ? value : torn;
  }

 private:
  static std::size_t bytes_of_tail(std::uint64_t tail) { return head_bytes + 8 * (1 + tail % 62); }

  std::array<std::uint64_t, most_bytes / 8> words_{};
  std::size_t size_ = 0;
};

/// One client thread's random operations on a few keys, by the batch and one by one, recorded. A `StoreLike`
/// has the single-key operations of `Store<Shared>`.
template <class StoreLike>
class RegisterClient {
 public:
  using Log = history::Recorder<history::RegisterOperation>::Log;

  RegisterClient(StoreLike& store, Worker& worker, Log& log, std::uint64_t seed)
      : store_(store), worker_(worker), log_(log), random_(seed) {}

  void run(std::size_t steps, Key first_key, Key keys) {
    for (std::size_t step = 0; step < steps; ++step) {
      if (random_() % 4 == 0) {
        batch(2 + random_() % 3, first_key, keys);
      } else {
        one(first_key + random_() % keys);
      }
      // There are fewer cores than threads: so that each meets all others.
      if (random_() % 8 == 0) std::this_thread::yield();
    }
  }

 private:
  history::RegisterOperation random_operation(Key key) {
    history::RegisterOperation operation;
    operation.kind = static_cast<OperationKind>(random_() % single_key_kinds);
    operation.key = key;
    const history::Version version = log_.next_version();
    const std::uint64_t unique = std::uint64_t{version.worker + 1} << 24 | version.number;
    operation.written = unique << 32 | unique;
    const bool writes_head =
        operation.kind == OperationKind::update || operation.kind == OperationKind::read_modify_write;
    if (writes_head) operation.mask = RegisterValue::head_mask;
    return operation;
  }

  void one(Key key) {
    history::RegisterOperation& operation = log_.begin(random_operation(key));
    const RegisterValue value(operation.written);
    switch (operation.kind) {
      case OperationKind::get: {
        std::array<std::byte, RegisterValue::most_bytes> output{};
        std::uint32_t copied = 0;
        operation.status = store_.get(key, 0, output, copied);
        if (operation.status == Status::ok)
          operation.read = RegisterValue::read(std::span(output).first(copied));
        break;
      }
      case OperationKind::put:
        operation.status = store_.put(worker_, key, value.bytes());
        break;
      case OperationKind::insert:
        operation.status = store_.insert(worker_, key, value.bytes());
        break;
      case OperationKind::update:
        operation.status = store_.update(worker_, key, 0, value.head());
        break;
      case OperationKind::remove:
        operation.status = store_.remove(worker_, key);
        break;
      case OperationKind::read_modify_write:
        operation.status = store_.read_modify_write(worker_, key, [&](std::span<std::byte> bytes) {
          operation.read = RegisterValue::read(bytes);
          std::memcpy(bytes.data(), value.head().data(), RegisterValue::head_bytes);
        });
        break;
      case OperationKind::scan:
      case OperationKind::scan_backwards:
        break;  // not of a single key; never drawn
    }
    log_.end(operation);
  }

  void batch(std::size_t size, Key first_key, Key keys) {
    std::vector<history::RegisterOperation*> recorded;
    std::vector<RegisterValue> inputs;
    std::vector<std::array<std::byte, RegisterValue::most_bytes>> outputs(size);
    std::vector<Operation> operations(size);
    std::vector<Operation*> pointers;
    inputs.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
      recorded.push_back(&log_.begin(random_operation(first_key + random_() % keys)));
      const RegisterValue& input = inputs.emplace_back(recorded[i]->written);
      const bool writes_all = recorded[i]->mask == ~std::uint64_t{0};
      operations[i].kind = recorded[i]->kind;
      operations[i].key = recorded[i]->key;
      operations[i].input = writes_all ? input.bytes() : input.head();
      operations[i].output = outputs[i];
      pointers.push_back(&operations[i]);
    }
    store_.execute(worker_, pointers);
    for (std::size_t i = 0; i < size; ++i) {
      recorded[i]->status = operations[i].status;
      recorded[i]->read = RegisterValue::read(std::span(outputs[i]).first(operations[i].output_size));
      log_.end(*recorded[i]);
    }
  }

  StoreLike& store_;
  Worker& worker_;
  Log& log_;
  std::mt19937_64 random_;
};

}  // namespace upout::kernel::testing
