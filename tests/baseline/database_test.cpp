#include "benchmarks/baseline/database.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "benchmarks/baseline/hash_table.h"
#include "benchmarks/baseline/inline_table.h"
#include "benchmarks/baseline/ordered_table.h"

namespace upout::baseline {
namespace {

using kernel::Key;
using kernel::Operation;
using kernel::OperationKind;
using kernel::Status;
using Bytes = std::vector<std::byte>;
using Model = std::map<Key, Bytes>;

constexpr std::size_t longest_value = 100;

/// Random operations on a database and on std::map side by side.
template <class Table>
class DatabaseTest : public ::testing::Test {
 protected:
  Database<Table> database_ = *Database<Table>::create(4, longest_value);
  Model model_;
  std::mt19937_64 random_{42};

  Bytes random_bytes(std::size_t size) {
    Bytes bytes(size);
    for (std::byte& each : bytes) each = std::byte(random_());
    return bytes;
  }
  /// Keys that share the slots of a small table, so that searches meet each other.
  Key random_key() { return random_() % 300; }

  void expect_all() {
    Model found;
    database_.for_each([&](Key key, std::span<const std::byte> value) {
      EXPECT_TRUE(found.emplace(key, Bytes(value.begin(), value.end())).second) << key << " twice";
    });
    EXPECT_EQ(found, model_);
    EXPECT_EQ(database_.size(), model_.size());
  }
};

using Tables = ::testing::Types<InlineTable, HashTable, OrderedTable>;
TYPED_TEST_SUITE(DatabaseTest, Tables);

/// What the model says to an operation, and `output` as it ought to be.
Status apply(Model& model, const Operation& operation, Bytes& output) {
  const Bytes input(operation.input.begin(), operation.input.end());
  const auto found = model.find(operation.key);
  const bool is_there = found != model.end();
  if (operation.kind == OperationKind::put) return model[operation.key] = input, Status::ok;
  if (operation.kind == OperationKind::insert) {
    if (!is_there) model[operation.key] = input;
    return is_there ? Status::exists : Status::ok;
  }
  if (!is_there) return Status::not_found;
  Bytes& value = found->second;
  if (kernel::is_write(operation.kind) && operation.kind != OperationKind::remove &&
      operation.input_offset + input.size() > value.size())
    return Status::out_of_range;
  if (operation.kind == OperationKind::get || operation.kind == OperationKind::read_modify_write) {
    const std::size_t from = std::min<std::size_t>(operation.output_offset, value.size());
    output.assign(value.begin() + std::ptrdiff_t(from), value.end());
    output.resize(std::min(output.size(), operation.output.size()));
  }
  if (operation.kind == OperationKind::update || operation.kind == OperationKind::read_modify_write)
    std::ranges::copy(input, value.begin() + operation.input_offset);
  if (operation.kind == OperationKind::remove) model.erase(found);
  return Status::ok;
}

TYPED_TEST(DatabaseTest, DoesWhatAMapDoes) {
  for (int step = 0; step < 20000; ++step) {
    const Bytes input = this->random_bytes(this->random_() % 3 == 0 ? this->random_() % longest_value : 8);
    std::array<std::byte, 40> room{};
    Operation operation{.kind = OperationKind(this->random_() % kernel::single_key_kinds),
                        .key = this->random_key(),
                        .output_offset = std::uint32_t(this->random_() % 20),
                        .input_offset = std::uint32_t(this->random_() % 20)};
    if (kernel::is_write(operation.kind)) operation.input = input;
    if (operation.kind == OperationKind::get || operation.kind == OperationKind::read_modify_write)
      operation.output = room;
    Bytes expected;
    const Status status = apply(this->model_, operation, expected);
    Operation* const batch[] = {&operation};
    this->database_.execute(batch);
    ASSERT_EQ(operation.status, status) << "step " << step;
    const std::span<const std::byte> read = std::span(room).first(operation.output_size);
    ASSERT_TRUE(status != Status::ok || std::ranges::equal(read, expected)) << "step " << step;
  }
  this->expect_all();
}

/// Of a batch, each key's operations take place in the order in which they stand: a stricter order than is
/// promised, which the model has too.
TYPED_TEST(DatabaseTest, DoesBatchesOfAllKindsThatMoveRecordsWhileOthersWait) {
  for (int step = 0; step < 1000; ++step) {
    std::array<Operation, 50> operations;
    std::vector<Bytes> inputs;
    std::vector<Operation*> batch;
    for (Operation& operation : operations) {
      inputs.push_back(this->random_bytes(this->random_() % longest_value));
      const std::array kinds{OperationKind::put, OperationKind::insert, OperationKind::remove};
      operation = {.kind = kinds[this->random_() % kinds.size()], .key = this->random_key()};
      batch.push_back(&operation);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (operations[i].kind != OperationKind::remove) operations[i].input = inputs[i];
    }
    this->database_.execute(batch);
    for (const Operation& operation : operations) {
      Bytes output;
      ASSERT_EQ(operation.status, apply(this->model_, operation, output)) << "step " << step;
    }
  }
  this->expect_all();
}

TYPED_TEST(DatabaseTest, GrowsAndKeepsAllRecords) {
  for (Key key = 0; key < 5000; ++key) {
    this->model_[key * key] = this->random_bytes(key % longest_value);
    ASSERT_EQ(this->database_.insert(key * key, this->model_[key * key]), Status::ok);
  }
  this->expect_all();
}

/// Entries as the kernel's stores write them.
std::vector<Key> keys_in(std::span<const std::byte> output) {
  std::vector<Key> keys;
  kernel::ScanReader reader(output);
  Key key = 0;
  std::span<const std::byte> value;
  while (reader.next(key, value)) keys.push_back(key);
  return keys;
}

TEST(OrderedDatabase, ScansBothWaysUpToALimitAndUntilThereIsNoRoom) {
  auto database = *Database<OrderedTable>::create(0, 8);
  const std::array<std::byte, 8> value{};
  for (Key key = 0; key < 1000; key += 10) ASSERT_EQ(database.insert(key, value), Status::ok);
  std::array<std::byte, 1000> room;
  Operation scan{.kind = OperationKind::scan, .key = 15, .limit = 3, .output = room};
  Operation* const batch[] = {&scan};
  const auto scanned = [&] {
    database.execute(batch);
    return keys_in(std::span(room).first(scan.output_size));
  };
  EXPECT_EQ(scanned(), (std::vector<Key>{20, 30, 40}));
  scan.key = 985;
  EXPECT_EQ(scanned(), (std::vector<Key>{990})) << "there are no more";
  EXPECT_EQ(scan.status, Status::ok);
  scan.kind = OperationKind::scan_backwards;
  scan.key = 20;
  EXPECT_EQ(scanned(), (std::vector<Key>{20, 10, 0}));
  scan.output = std::span(room).first(60);
  EXPECT_EQ(scanned(), (std::vector<Key>{20, 10})) << "24 bytes each";
  EXPECT_EQ(scan.status, Status::no_room);
}

TEST(HashDatabase, RefusesScans) {
  auto database = *Database<HashTable>::create(0, 8);
  Operation scan{.kind = OperationKind::scan, .limit = 3};
  Operation* const batch[] = {&scan};
  database.execute(batch);
  EXPECT_EQ(scan.status, Status::unordered);
}

}  // namespace
}  // namespace upout::baseline
