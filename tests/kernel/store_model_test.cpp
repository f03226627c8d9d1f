#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>

#include "kernel/scan_entry.h"
#include "tests/kernel/values.h"

namespace upout::kernel {
namespace {

using testing::Bench;
using testing::Bytes;
using testing::pattern;

/// Random operations, one by one and by the batch, on a store and on std::map side by side.
template <class P, IndexKind index_kind>
struct Kind {
  using Policy = P;
  static constexpr IndexKind index = index_kind;
};

template <class StoreKind>
class StoreModelTest : public ::testing::Test {
  using Policy = typename StoreKind::Policy;

 protected:
  void run(std::uint64_t seed, std::size_t steps, Key keys) {
    std::mt19937_64 random(seed);
    Bench<Policy> bench({.index = StoreKind::index});
    std::map<Key, Bytes> model;
    for (std::size_t step = 0; step < steps; ++step) {
      SCOPED_TRACE(::testing::Message() << "seed " << seed << ", step " << step);
      if (random() % 4 == 0) {
        batch(random, bench, model, keys);
      } else {
        single(random, bench, model, keys);
      }
      ASSERT_EQ(bench.store->size(), model.size());
      if (HasFatalFailure()) return;
    }
    for (const auto& [key, expected] : model) {
      Bytes value;
      ASSERT_EQ(bench.get(key, value, 2000), Status::ok);
      ASSERT_EQ(value, expected);
    }
  }

 private:
  static Bytes random_value(std::mt19937_64& random) {
    return pattern(random() % 3 == 0 ? random() % 1500 : random() % 24, random());
  }

  static Status apply(std::map<Key, Bytes>& model, const Operation& operation, Bytes& output) {
    const auto found = model.find(operation.key);
    const Bytes input(operation.input.begin(), operation.input.end());
    switch (operation.kind) {
      case OperationKind::put:
        model[operation.key] = input;
        return Status::ok;
      case OperationKind::insert:
        return model.emplace(operation.key, input).second ? Status::ok : Status::exists;
      case OperationKind::remove:
        return model.erase(operation.key) != 0 ? Status::ok : Status::not_found;
      default:
        break;
    }
    if (found == model.end()) return Status::not_found;
    if (operation.kind != OperationKind::get &&
        operation.input_offset + input.size() > found->second.size()) {
      return Status::out_of_range;
    }
    if (operation.kind != OperationKind::update) output = found->second;
    if (operation.kind != OperationKind::get) {
      std::copy(input.begin(), input.end(), found->second.begin() + long(operation.input_offset));
    }
    return Status::ok;
  }

  /// What a scan writes into `output`: as many entries as are wanted, are there, and fit. `no_room`: there
  /// would be another one.
  static Status scan(const std::map<Key, Bytes>& model, const Operation& operation, Bytes& output) {
    std::size_t written = 0;
    Status status = Status::ok;
    std::uint32_t left = operation.limit;
    const auto take = [&](Key key, const Bytes& value) {
      if (left == 0) return false;
      if (written + scan_entry_bytes(value.size()) > output.size()) {
        status = Status::no_room;
        return false;
      }
      const ScanEntry entry{key, static_cast<std::uint32_t>(value.size())};
      std::memcpy(output.data() + written, &entry, sizeof(entry));
      std::copy(value.begin(), value.end(), output.begin() + long(written + sizeof(entry)));
      written += scan_entry_bytes(value.size());
      --left;
      return true;
    };
    if (operation.kind == OperationKind::scan) {
      for (auto it = model.lower_bound(operation.key); it != model.end() && take(it->first, it->second);)
        ++it;
    } else {
      for (auto it = model.upper_bound(operation.key); it != model.begin();) {
        --it;
        if (!take(it->first, it->second)) break;
      }
    }
    output.resize(written);
    return status;
  }

  static void check_scan(Bench<Policy>& bench, const std::map<Key, Bytes>& model, Operation& operation) {
    Bytes expected(operation.output.size());
    const Status status = scan(model, operation, expected);
    std::fill(operation.output.begin(), operation.output.end(), std::byte{0});
    Operation* pointer = &operation;
    bench.store->execute(bench.worker, std::span(&pointer, 1));
    if (StoreKind::index == IndexKind::hash) {
      ASSERT_EQ(operation.status, Status::unordered);
      return;
    }
    ASSERT_EQ(operation.status, status);
    const auto output = operation.output.first(operation.output_size);
    ASSERT_EQ(Bytes(output.begin(), output.end()), expected);
  }

  static Operation random_operation(std::mt19937_64& random, Key key, const Bytes& input, Bytes& output,
                                    std::size_t kinds) {
    Operation operation;
    operation.kind = static_cast<OperationKind>(random() % kinds);
    operation.limit = static_cast<std::uint32_t>(random() % 150);
    operation.key = key;
    operation.input = input;
    operation.input_offset = static_cast<std::uint32_t>(random() % 8);
    operation.output = output;
    return operation;
  }

  static void single(std::mt19937_64& random, Bench<Policy>& bench, std::map<Key, Bytes>& model, Key keys) {
    const Bytes input = random_value(random);
    Bytes output(2000);
    Operation operation = random_operation(random, random() % keys, input, output, operation_kinds);
    if (is_scan(operation.kind)) return check_scan(bench, model, operation);
    check(bench, model, std::span(&operation, 1), std::span(&output, 1));
  }

  static void batch(std::mt19937_64& random, Bench<Policy>& bench, std::map<Key, Bytes>& model, Key keys) {
    constexpr std::size_t size = 100;  // more than are staged at once
    std::vector<Bytes> inputs(size);
    std::vector<Bytes> outputs(size, Bytes(2000));
    std::vector<Operation> operations(size);
    // Different keys: operations of one batch are concurrent, so for equal keys no one outcome is the right
    // one.
    const Key first = random() % keys;
    for (std::size_t i = 0; i < size; ++i) {
      inputs[i] = random_value(random);
      operations[i] = random_operation(random, first + i, inputs[i], outputs[i], single_key_kinds);
    }
    check(bench, model, operations, outputs);
  }

  static void check(Bench<Policy>& bench, std::map<Key, Bytes>& model, std::span<Operation> operations,
                    std::span<Bytes> outputs) {
    std::vector<Operation*> pointers;
    for (Operation& operation : operations) pointers.push_back(&operation);
    bench.store->execute(bench.worker, pointers);
    for (std::size_t i = 0; i < operations.size(); ++i) {
      Bytes expected;
      ASSERT_EQ(operations[i].status, apply(model, operations[i], expected));
      if (expected.empty()) continue;
      outputs[i].resize(operations[i].output_size);
      ASSERT_EQ(outputs[i], expected);
    }
  }
};

using Kinds = ::testing::Types<Kind<Shared, IndexKind::hash>, Kind<Exclusive, IndexKind::hash>,
                               Kind<Shared, IndexKind::ordered>, Kind<Exclusive, IndexKind::ordered>>;
TYPED_TEST_SUITE(StoreModelTest, Kinds);

TYPED_TEST(StoreModelTest, BehavesAsAMapOnFewKeys) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) this->run(seed, 500, 30);
}

TYPED_TEST(StoreModelTest, BehavesAsAMapWhileItGrows) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) this->run(seed, 2000, 20'000);
}

}  // namespace
}  // namespace upout::kernel
