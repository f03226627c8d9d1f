#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <utility>

#include "engines/session.h"
#include "kernel/operation.h"

/// Processes with an engine that keeps a log, which are killed while they write, over and over.
namespace upout::engines::killed {

inline constexpr unsigned keys_a_worker = 64;
inline constexpr unsigned workers = 2;
inline constexpr std::size_t depth = 16;

/// A number, and bytes that follow from it.
using Value = std::array<std::uint64_t, 12>;
inline Value value_of(std::uint64_t number) {
  Value value;
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = number * (2 * i + 1);
  return value;
}

/// What clients know, in memory that outlives the process that is killed.
struct Ledger {
  struct Entry {
    std::atomic<std::uint64_t> submitted;     ///< the last number that may be there
    std::atomic<std::uint64_t> acknowledged;  ///< the least one
  };
  std::array<Entry, keys_a_worker * workers> entries;
  std::atomic<std::uint64_t> acknowledged;  ///< in all
  std::atomic<std::uint64_t> lost;
  std::atomic<std::uint64_t> damaged;
  std::atomic<std::uint64_t> torn;  ///< pairs that one transaction has changed, of which a part came back

  static Ledger* create() {
    void* memory = mmap(nullptr, sizeof(Ledger), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : new (memory) Ledger();
  }
  void acknowledge(kernel::Key key, std::uint64_t number) {
    entries[key].acknowledged = number;
    ++acknowledged;
  }
};

/// What is there of a key, which is what is known of it from now on. 0: nothing.
template <class Session>
std::uint64_t check_key(Session& session, kernel::Key key, Ledger& ledger) {
  Value value{};
  kernel::Operation get{.key = key, .output = std::as_writable_bytes(std::span(value))};
  kernel::Operation* pointer = &get;
  Completed done;
  session.submit({&pointer, 1}, done);
  while (done.empty()) session.poll(done);
  std::uint64_t found = 0;
  if (get.status != kernel::Status::not_found) found = value == value_of(value[0]) ? value[0] : ~0ULL;
  Ledger::Entry& entry = ledger.entries[key];
  if (found < entry.acknowledged) ++ledger.lost;
  if (found > entry.submitted) ++ledger.damaged;
  entry.submitted = found;
  entry.acknowledged = found;
  return found;
}

/// Writes all keys of that worker, some at a time, until the process is killed.
template <class Session>
void put_for_ever(Session& session, unsigned worker, Ledger& ledger) {
  const kernel::Key first = kernel::Key{worker} * keys_a_worker;
  std::array<Value, depth> values;
  std::array<kernel::Operation, depth> operations;
  Completed done;
  const auto submit = [&](std::uint32_t slot, kernel::Key key) {
    const std::uint64_t number = ++ledger.entries[key].submitted;
    values[slot] = value_of(number);
    operations[slot] = {.kind = kernel::OperationKind::put,
                        .slot = slot,
                        .key = key,
                        .input = std::as_bytes(std::span(values[slot]))};
    kernel::Operation* pointer = &operations[slot];
    session.submit({&pointer, 1}, done);
  };
  for (std::uint32_t slot = 0; slot < depth; ++slot) submit(slot, first + slot);
  for (Completed now;;) {
    session.poll(done);
    std::swap(now, done);
    done.clear();
    for (const kernel::Operation* operation : now) {
      if (operation->status == kernel::Status::ok)
        ledger.acknowledge(operation->key, values[operation->slot][0]);
      submit(operation->slot, first + (operation->key - first + depth) % keys_a_worker);
    }
  }
}

/// `live(ledger, writes)`: recovers and checks, and then writes until it is killed, or ends. It is killed at
/// random moments, wherever the log, the epoch or a file just is.
inline void expect_nothing_lost(const std::function<void(Ledger&, bool)>& live) {
  Ledger* const ledger = Ledger::create();
  ASSERT_NE(ledger, nullptr);
  const auto begin_life = [&](bool writes) {
    const pid_t child = fork();
    if (child != 0) return child;
    live(*ledger, writes);
    _exit(0);
  };
  std::mt19937 random(std::random_device{}());
  for (int life = 0; life < 6; ++life) {
    const std::uint64_t before = ledger->acknowledged;
    const pid_t child = begin_life(true);
    const std::uint64_t some = before + random() % 500 + 1;
    while (ledger->acknowledged < some && waitpid(child, nullptr, WNOHANG) == 0) usleep(200);
    usleep(static_cast<useconds_t>(random() % 20'000));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
  }
  int status = 0;
  ASSERT_GT(waitpid(begin_life(false), &status, 0), 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(ledger->lost, 0U) << "of " << ledger->acknowledged;
  EXPECT_EQ(ledger->damaged, 0U);
  EXPECT_EQ(ledger->torn, 0U);
  EXPECT_GT(ledger->acknowledged, 100U);
}

}  // namespace upout::engines::killed
