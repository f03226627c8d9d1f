#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "engines/executor.h"
#include "tests/engines/session_checks.h"

namespace upout::engines::testing {

/// Runs `make(0)`, `make(1)` … `make(count - 1)`.
template <class E, class Make>
void run_each(E& executor, std::size_t count, Make&& make) {
  std::size_t begun = 0;
  executor.run([&]() -> std::optional<std::invoke_result_t<Make&, std::size_t>> {
    if (begun == count) return std::nullopt;
    return make(begun++);
  });
}

inline std::span<const std::byte> bytes_of(const std::uint64_t& value) {
  return std::as_bytes(std::span(&value, 1));
}
inline std::span<std::byte> bytes_of(std::uint64_t& value) {
  return std::as_writable_bytes(std::span(&value, 1));
}

/// Records whose values are keys of others: `size` of them, in one circle.
struct Circle {
  kernel::Key first_key;
  std::size_t size;
  kernel::Key key(std::size_t i) const { return first_key + i; }
  kernel::Key after(kernel::Key at) const { return first_key + (at - first_key + 7) % size; }
};

template <class E>
kernel::Task<bool> insert_new(E& executor, kernel::Key key, std::uint64_t value) {
  std::uint64_t found = 0;
  std::uint32_t copied = 0;
  kernel::Status status = co_await executor.get(key, bytes_of(found), copied);
  EXPECT_EQ(status, kernel::Status::not_found);
  status = co_await executor.insert(key, bytes_of(std::as_const(value)));
  EXPECT_EQ(status, kernel::Status::ok);
  status = co_await executor.insert(key, bytes_of(std::as_const(value)));
  EXPECT_EQ(status, kernel::Status::exists);
  co_return true;
}

/// Each read has the next one's key.
template <class E>
kernel::Task<bool> follow(E& executor, const Circle& circle, kernel::Key at, std::size_t steps) {
  for (std::size_t step = 0; step < steps; ++step) {
    std::uint64_t next = 0;
    std::uint32_t copied = 0;
    const kernel::Status status = co_await executor.get(at, bytes_of(next), copied);
    EXPECT_EQ(status, kernel::Status::ok);
    EXPECT_EQ(copied, sizeof(next));
    EXPECT_EQ(next, circle.after(at));
    at = circle.after(at);
  }
  co_return true;
}

/// A task that tasks await.
template <class E>
kernel::Task<std::uint64_t> read(E& executor, kernel::Key key) {
  std::uint64_t value = 0;
  std::uint32_t copied = 0;
  const kernel::Status status = co_await executor.get(key, bytes_of(value), copied);
  EXPECT_EQ(status, kernel::Status::ok);
  co_return value;
}

/// Reads, adds and writes back, and does so in one step; then replaces the value.
template <class E>
kernel::Task<bool> count_up(E& executor, kernel::Key key, std::uint64_t rounds) {
  const std::uint64_t begun = co_await read(executor, key);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    std::uint64_t value = co_await read(executor, key);
    ++value;
    kernel::Status status = co_await executor.update(key, bytes_of(std::as_const(value)));
    EXPECT_EQ(status, kernel::Status::ok);
    const std::uint64_t next = value + 1;
    std::uint64_t before = 0;
    std::uint32_t copied = 0;
    status = co_await executor.exchange(key, bytes_of(next), bytes_of(before), copied);
    EXPECT_EQ(status, kernel::Status::ok);
    EXPECT_EQ(copied, sizeof(before));
    EXPECT_EQ(before, value);
  }
  const std::uint64_t ended = co_await read(executor, key);
  EXPECT_EQ(ended, begun + 2 * rounds);
  const kernel::Status status = co_await executor.put(key, bytes_of(begun));
  EXPECT_EQ(status, kernel::Status::ok);
  const std::uint64_t replaced = co_await read(executor, key);
  EXPECT_EQ(replaced, begun);
  co_return true;
}

template <class E>
kernel::Task<bool> remove(E& executor, kernel::Key key) {
  kernel::Status status = co_await executor.remove(key);
  EXPECT_EQ(status, kernel::Status::ok);
  std::uint64_t value = 0;
  std::uint32_t copied = 0;
  status = co_await executor.get(key, bytes_of(value), copied);
  EXPECT_EQ(status, kernel::Status::not_found);
  status = co_await executor.remove(key);
  EXPECT_EQ(status, kernel::Status::not_found);
  co_return true;
}

/// The same text for every engine, on keys that nobody else uses. Leaves half of them behind.
template <Session S>
void exercise_coroutines(S& session, const Circle& circle, std::size_t depth) {
  Executor executor(session, depth);
  const auto each = [&](auto&& make) { run_each(executor, circle.size, make); };
  each([&](std::size_t i) { return insert_new(executor, circle.key(i), circle.after(circle.key(i))); });
  each([&](std::size_t i) { return follow(executor, circle, circle.key(i), 50); });
  each([&](std::size_t i) { return count_up(executor, circle.key(i), 5); });
  run_each(executor, circle.size / 2, [&](std::size_t i) { return remove(executor, circle.key(2 * i)); });
}

/// Scans what `insert_for_scans` has inserted, up and down.
template <class E>
kernel::Task<bool> scan(E& executor, std::size_t number) {
  std::vector<std::byte> output(bytes_of_scans);
  kernel::Operation operation{.kind = kernel::OperationKind::scan,
                              .key = scanned_key(number * 25) + 1,
                              .limit = static_cast<std::uint32_t>(10 * number),
                              .output = output};
  kernel::Status status = co_await executor.execute(operation);
  EXPECT_EQ(status, operation.status);
  check_scan(operation, number * 25 + 1, true);

  operation.kind = kernel::OperationKind::scan_backwards;
  status = co_await executor.execute(operation);
  EXPECT_EQ(status, operation.status);
  check_scan(operation, number * 25, false);

  operation.output_size = 0;
  operation.status = co_await executor.scan(operation.key, operation.limit, output, operation.output_size);
  check_scan(operation, number * 25 + 1, true);
  co_return true;
}

template <Session S>
void exercise_scanning_coroutines(S& session, std::size_t depth) {
  Executor executor(session, depth);
  run_each(executor, 20, [&](std::size_t i) { return scan(executor, i); });
}

}  // namespace upout::engines::testing
