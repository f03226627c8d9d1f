#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/kernel/values.h"

namespace upout::kernel {
namespace {

using testing::Bench;
using testing::Bytes;
using testing::pattern;

/// Random operations, one by one and by the batch, on a store and on std::map side by side.
template <class Policy>
class StoreModelTest : public ::testing::Test {
 protected:
  void run(std::uint64_t seed, std::size_t steps, Key keys) {
    std::mt19937_64 random(seed);
    Bench<Policy> bench;
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

  static Operation random_operation(std::mt19937_64& random, Key key, const Bytes& input, Bytes& output) {
    Operation operation;
    operation.kind = static_cast<OperationKind>(random() % operation_kinds);
    operation.key = key;
    operation.input = input;
    operation.input_offset = static_cast<std::uint32_t>(random() % 8);
    operation.output = output;
    return operation;
  }

  static void single(std::mt19937_64& random, Bench<Policy>& bench, std::map<Key, Bytes>& model, Key keys) {
    const Bytes input = random_value(random);
    Bytes output(2000);
    Operation operation = random_operation(random, random() % keys, input, output);
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
      operations[i] = random_operation(random, first + i, inputs[i], outputs[i]);
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

using Policies = ::testing::Types<Shared, Exclusive>;
TYPED_TEST_SUITE(StoreModelTest, Policies);

TYPED_TEST(StoreModelTest, BehavesAsAMapOnFewKeys) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) this->run(seed, 500, 30);
}

TYPED_TEST(StoreModelTest, BehavesAsAMapWhileItGrows) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) this->run(seed, 2000, 20'000);
}

}  // namespace
}  // namespace upout::kernel
