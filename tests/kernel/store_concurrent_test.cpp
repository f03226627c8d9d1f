#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "tests/kernel/values.h"

namespace upout::kernel {
namespace {

using testing::Bytes;

constexpr unsigned threads = 4;

/// Runs `work(store, worker, thread)` on some threads at once.
template <class Work>
void together(Store<Shared>& store, Work&& work) {
  std::vector<std::jthread> running;
  for (unsigned thread = 0; thread < threads; ++thread) {
    running.emplace_back([&, thread] {
      const ReaderRegistration registration;
      Worker worker(store.heap());
      work(worker, thread);
    });
  }
}

std::unique_ptr<Store<Shared>> make_store() {
  return std::move(*Store<Shared>::create({}));
}

/// A value that is one word over and over: a reader sees at once if it is of two writes.
Bytes uniform_value(std::size_t words, std::uint64_t word) {
  Bytes value(words * 8);
  for (std::size_t i = 0; i < words; ++i) std::memcpy(value.data() + 8 * i, &word, 8);
  return value;
}

bool is_uniform(std::span<const std::byte> value) {
  for (std::size_t i = 8; i + 8 <= value.size(); i += 8) {
    if (std::memcmp(value.data(), value.data() + i, 8) != 0) return false;
  }
  return true;
}

TEST(ConcurrentStore, NoUpdateIsLost) {
  const auto store = make_store();
  constexpr std::uint64_t increments = 5000;
  constexpr Key keys = 3;
  {
    const ReaderRegistration registration;
    Worker worker(store->heap());
    for (Key key = 0; key < keys; ++key) store->insert(worker, key, uniform_value(1, 0));
  }
  together(*store, [&](Worker& worker, unsigned) {
    for (std::uint64_t i = 0; i < increments; ++i) {
      store->read_modify_write(worker, i % keys, [](std::span<std::byte> value) {
        std::uint64_t count = 0;
        std::memcpy(&count, value.data(), 8);
        ++count;
        std::memcpy(value.data(), &count, 8);
      });
    }
  });
  std::uint64_t total = 0;
  for (Key key = 0; key < keys; ++key) {
    std::uint64_t count = 0;
    std::uint32_t copied = 0;
    const ReaderRegistration registration;
    ASSERT_EQ(store->get(key, 0, std::as_writable_bytes(std::span(&count, 1)), copied), Status::ok);
    total += count;
  }
  EXPECT_EQ(total, threads * increments);
}

TEST(ConcurrentStore, AReaderNeverSeesHalfAWrite) {
  const auto store = make_store();
  constexpr std::size_t words = 20;
  {
    const ReaderRegistration registration;
    Worker worker(store->heap());
    store->insert(worker, 1, uniform_value(words, 0));
  }
  std::atomic<std::uint64_t> torn{0};
  together(*store, [&](Worker& worker, unsigned thread) {
    for (std::uint64_t i = 0; i < 5000; ++i) {
      if (thread < 2) {
        // In place, and now and then with another size, so that the record is replaced.
        store->put(worker, 1, uniform_value(i % 16 == 0 ? 2 * words : words, i * threads + thread));
      } else {
        Bytes value(2 * words * 8);
        std::uint32_t copied = 0;
        if (store->get(1, 0, value, copied) != Status::ok || !is_uniform(std::span(value).first(copied)))
          ++torn;
      }
      announce_quiescent();
    }
  });
  EXPECT_EQ(torn, 0u);
}

TEST(ConcurrentStore, EachKeyIsInsertedOnce) {
  const auto store = make_store();
  constexpr Key keys = 20'000;
  std::atomic<std::uint64_t> inserted{0};
  together(*store, [&](Worker& worker, unsigned thread) {
    std::uint64_t own = 0;
    for (Key key = 0; key < keys; ++key) {
      if (store->insert(worker, key, uniform_value(1, thread)) == Status::ok) ++own;
      if (key % 64 == 0) announce_quiescent();
    }
    inserted += own;
  });
  EXPECT_EQ(inserted, keys);
  EXPECT_EQ(store->size(), keys);
}

TEST(ConcurrentStore, ReadersFindEveryOldRecordWhileTheIndexGrows) {
  const auto store = make_store();
  constexpr Key old_keys = 1000;
  {
    const ReaderRegistration registration;
    Worker worker(store->heap());
    for (Key key = 0; key < old_keys; ++key) store->insert(worker, key, uniform_value(1, key));
  }
  std::atomic<std::uint64_t> missed{0};
  std::atomic<unsigned> writing{2};
  together(*store, [&](Worker& worker, unsigned thread) {
    if (thread < 2) {
      for (Key key = 0; key < 20'000; ++key) {
        store->insert(worker, old_keys + key * 2 + thread, uniform_value(1, key));
        if (key % 64 == 0) announce_quiescent();
      }
      --writing;
      return;
    }
    std::vector<Operation> operations(16);
    std::vector<Operation*> batch;
    std::vector<std::uint64_t> values(operations.size());
    for (Operation& operation : operations) batch.push_back(&operation);
    for (std::uint64_t round = 0; writing != 0 || round < 100; ++round) {
      for (std::size_t i = 0; i < operations.size(); ++i) {
        operations[i].key = (round * 16 + i * 37) % old_keys;
        operations[i].output = std::as_writable_bytes(std::span(&values[i], 1));
      }
      store->execute(worker, batch);
      for (std::size_t i = 0; i < operations.size(); ++i) {
        if (operations[i].status != Status::ok || values[i] != operations[i].key) ++missed;
      }
    }
  });
  EXPECT_EQ(missed, 0u);
  EXPECT_EQ(store->size(), old_keys + 40'000);
}

TEST(ConcurrentStore, InsertsRemovesReplacementsAndReadsTogetherLeaveAWholeStore) {
  const auto store = make_store();
  constexpr Key keys = 64;
  std::array<std::atomic<std::int64_t>, keys> balance{};
  std::atomic<std::uint64_t> torn{0};
  together(*store, [&](Worker& worker, unsigned thread) {
    std::mt19937_64 random(thread);
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      const Key key = random() % keys;
      switch (random() % 4) {
        case 0:
          if (store->insert(worker, key, uniform_value(1 + random() % 8, i)) == Status::ok) ++balance[key];
          break;
        case 1:
          if (store->remove(worker, key) == Status::ok) --balance[key];
          break;
        case 2: {
          Bytes value(64);
          std::uint32_t copied = 0;
          if (store->get(key, 0, value, copied) == Status::ok && !is_uniform(std::span(value).first(copied)))
            ++torn;
          break;
        }
        default:
          store->read_modify_write(worker, key, [&](std::span<std::byte> value) {
            const Bytes next = uniform_value(value.size() / 8, i);
            std::copy(next.begin(), next.end(), value.begin());
          });
      }
      if (i % 16 == 0) store->execute(worker, {});
    }
  });
  EXPECT_EQ(torn, 0u);
  std::size_t present = 0;
  const ReaderRegistration registration;
  for (Key key = 0; key < keys; ++key) {
    Bytes value(64);
    std::uint32_t copied = 0;
    const bool is_there = store->get(key, 0, value, copied) == Status::ok;
    EXPECT_EQ(balance[key], is_there ? 1 : 0) << key;
    present += is_there ? 1 : 0;
  }
  EXPECT_EQ(store->size(), present);
}

}  // namespace
}  // namespace upout::kernel
