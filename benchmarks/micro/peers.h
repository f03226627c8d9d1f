#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "keys.h"
#include "lazy.h"

/// The harness of all peers: what is done is written once, so that they differ in the library alone.
///
/// A structure is measured through its Session: one thread's way into it, made by that thread before it is
/// timed, with whatever the library wants a thread to have. It has
///
///     using Structure, Value;
///     explicit Session(Structure&);
///     bool get(std::uint64_t key, Value& value);           copies the value out; false if there is none
///     void prefetch(std::uint64_t key);                    and those that the structure is measured by:
///     bool update(std::uint64_t key, const Value& value);  in place, or however the library does it
///     void scan(std::uint64_t key, auto&& visit);          from the first record that is not below key, in
///                                                          order, while visit(value) is true
namespace upout::micro {

using Value8 = std::uint64_t;
using Value100 = std::array<char, 100>;

/// The value of record `number`: the number, and zeros as far as the value reaches.
template <class Value>
Value value_of(std::uint64_t number) noexcept {
  Value value{};
  std::memcpy(&value, &number, sizeof number);
  return value;
}

/// The map with all records, inserted in an order that is random by key. Room is made by whoever calls.
template <class Map>
Map filled(Map map) {
  using Value = typename Map::mapped_type;
  for (std::uint64_t number = 0; number < record_count; ++number)
    map.emplace(key_of(number), value_of<Value>(number));
  return map;
}

struct Record8 {
  std::uint64_t key;
  Value8 value;
};

/// All records in the order of their keys, for libraries that are loaded best that way.
inline std::vector<Record8> sorted_records() {
  std::vector<Record8> records;
  records.reserve(record_count);
  for (std::uint64_t number = 0; number < record_count; ++number) records.push_back({key_of(number), number});
  std::ranges::sort(records, {}, &Record8::key);
  return records;
}

/// Whether some of the records are there and have their values: a figure of a structure that lost them would
/// be worthless.
template <class Session>
bool holds_its_records(Session& session) {
  for (std::uint64_t number = 0; number < record_count; number += record_count / 64) {
    typename Session::Value value{};
    if (!session.get(key_of(number), value)) return false;
    if (value != value_of<typename Session::Value>(number)) return false;
  }
  return true;
}

/// One thread's part of a benchmark: `batch(session, numbers)` does batch_size operations and returns how
/// many of them succeeded.
template <class Session>
void run_batches(benchmark::State& state, Lazy<typename Session::Structure>& structure, auto&& batch) {
  Session session(structure.value());
  if (!holds_its_records(session)) {
    state.SkipWithError("the structure does not hold its records");
    return;
  }
  UniformNumbers numbers(record_count, 1 + static_cast<std::uint64_t>(state.thread_index()));
  std::uint64_t succeeded = 0;
  for (auto _ : state) succeeded += batch(session, numbers);
  const auto operations = static_cast<std::uint64_t>(state.iterations()) * batch_size;
  if (succeeded != operations) state.SkipWithError("an operation found no record");
  state.SetItemsProcessed(static_cast<std::int64_t>(operations));
}

template <class Session>
void get(benchmark::State& state, Lazy<typename Session::Structure>& structure) {
  std::array<typename Session::Value, batch_size> values;
  run_batches<Session>(state, structure, [&](Session& session, UniformNumbers& numbers) {
    std::uint64_t found = 0;
    for (auto& value : values) found += session.get(key_of(numbers.next()), value);
    benchmark::DoNotOptimize(values);
    return found;
  });
}

template <class Session>
void get_prefetched(benchmark::State& state, Lazy<typename Session::Structure>& structure) {
  std::array<typename Session::Value, batch_size> values;
  run_batches<Session>(state, structure, [&](Session& session, UniformNumbers& numbers) {
    std::array<std::uint64_t, batch_size> keys;
    for (auto& key : keys) {
      key = key_of(numbers.next());
      session.prefetch(key);
    }
    std::uint64_t found = 0;
    for (std::size_t i = 0; i < batch_size; ++i) found += session.get(keys[i], values[i]);
    benchmark::DoNotOptimize(values);
    return found;
  });
}

/// Writes each record's own value, so that whatever runs next finds the records as they were.
template <class Session>
void update(benchmark::State& state, Lazy<typename Session::Structure>& structure) {
  run_batches<Session>(state, structure, [](Session& session, UniformNumbers& numbers) {
    std::uint64_t found = 0;
    for (std::size_t i = 0; i < batch_size; ++i) {
      const std::uint64_t number = numbers.next();
      found += session.update(key_of(number), value_of<typename Session::Value>(number));
    }
    benchmark::ClobberMemory();
    return found;
  });
}

/// Sums the values of `scan_length` records from a random one on. An item is a scan, not a record.
template <class Session>
void scan(benchmark::State& state, Lazy<typename Session::Structure>& structure) {
  run_batches<Session>(state, structure, [](Session& session, UniformNumbers& numbers) {
    std::uint64_t succeeded = 0;
    for (std::size_t i = 0; i < batch_size; ++i) {
      std::uint64_t sum = 0;
      std::size_t visited = 0;
      session.scan(key_of(numbers.next()), [&](Value8 value) {
        sum += value;
        return ++visited < scan_length;
      });
      benchmark::DoNotOptimize(sum);
      succeeded += visited > 0;  // fewer than scan_length only at the end of the keys
    }
    return succeeded;
  });
}

/// Registers the benchmarks of one structure, peer/NAME/..., each run by one thread unless told. Those of
/// several threads count by the clock on the wall, as their processor times add up, and say so in their names
/// (get/real_time/threads:2).
template <class Session>
class Peer {
 public:
  using Structure = typename Session::Structure;

  Peer(std::string name, std::function<Structure()> build)
      : name_(std::move(name)), structure_(std::make_shared<Lazy<Structure>>(std::move(build))) {}

  const Peer& get(int threads = 1) const { return add("get", micro::get<Session>, threads); }
  const Peer& get_prefetched() const {
    return add("get_prefetched_" + std::to_string(batch_size), micro::get_prefetched<Session>, 1);
  }
  const Peer& update(int threads = 1) const { return add("update", micro::update<Session>, threads); }
  const Peer& scan(int threads = 1) const {
    return add("scan_" + std::to_string(scan_length), micro::scan<Session>, threads);
  }

 private:
  const Peer& add(const std::string& operation, void (*measure)(benchmark::State&, Lazy<Structure>&),
                  int threads) const {
    auto* benchmark = benchmark::RegisterBenchmark(
        ("peer/" + name_ + "/" + operation).c_str(),
        [structure = structure_, measure](benchmark::State& state) { measure(state, *structure); });
    if (threads > 1) benchmark->Threads(threads)->UseRealTime();
    return *this;
  }

  std::string name_;
  std::shared_ptr<Lazy<Structure>> structure_;
};

/// One thread's way into a map with the standard library's interface.
template <class Map>
class MapSession {
 public:
  using Structure = Map;
  using Value = typename Map::mapped_type;

  explicit MapSession(Map& map) : map_(map) {}

  bool get(std::uint64_t key, Value& value) {
    const auto found = map_.find(key);
    if (found == map_.end()) return false;
    value = found->second;
    return true;
  }
  bool update(std::uint64_t key, const Value& value) {
    const auto found = map_.find(key);
    if (found == map_.end()) return false;
    found->second = value;
    return true;
  }
  /// Always inlined: g++ takes a function that does nothing but prefetch for one without effect.
  [[gnu::always_inline]] void prefetch(std::uint64_t key) { map_.prefetch(key); }
  void scan(std::uint64_t key, auto&& visit) {
    for (auto next = map_.lower_bound(key); next != map_.end() && visit(next->second); ++next) {
    }
  }

 private:
  Map& map_;
};

}  // namespace upout::micro
