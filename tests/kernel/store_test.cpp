#include "kernel/store.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/kernel/values.h"

namespace upout::kernel {
namespace {

using testing::Bench;
using testing::Bytes;
using testing::bytes_of;
using testing::pattern;

template <class Policy>
class StoreTest : public ::testing::Test, public Bench<Policy> {};
using Policies = ::testing::Types<Shared, Exclusive>;
TYPED_TEST_SUITE(StoreTest, Policies);

TYPED_TEST(StoreTest, FindsWhatWasInserted) {
  EXPECT_EQ(this->insert(1, bytes_of("one")), Status::ok);
  Bytes value;
  EXPECT_EQ(this->get(1, value), Status::ok);
  EXPECT_EQ(value, bytes_of("one"));
  EXPECT_EQ(this->get(2, value), Status::not_found);
  EXPECT_EQ(this->store->size(), 1u);
}

TYPED_TEST(StoreTest, InsertLeavesAnExistingRecordAlone) {
  this->insert(1, bytes_of("one"));
  EXPECT_EQ(this->insert(1, bytes_of("two")), Status::exists);
  Bytes value;
  this->get(1, value);
  EXPECT_EQ(value, bytes_of("one"));
  EXPECT_EQ(this->store->size(), 1u);
}

TYPED_TEST(StoreTest, PutReplacesValuesByShorterAndLongerOnes) {
  for (const std::size_t size : {8u, 100u, 100000u, 0u, 8u, 9u, 1000u}) {
    ASSERT_EQ(this->put(1, pattern(size, size)), Status::ok);
    Bytes value;
    ASSERT_EQ(this->get(1, value), Status::ok);
    ASSERT_EQ(value, pattern(size, size));
  }
  EXPECT_EQ(this->store->size(), 1u);
}

TYPED_TEST(StoreTest, HoldsValuesOfEverySizeUpToOneMebibyte) {
  const std::size_t sizes[] = {
      0, 1, 7, 8, 9, 63, 64, 65, 255, 256, 257, 4096, 65537, max_value_bytes - 1, max_value_bytes};
  for (const std::size_t size : sizes) ASSERT_EQ(this->insert(size, pattern(size, size)), Status::ok) << size;
  for (const std::size_t size : sizes) {
    Bytes value;
    ASSERT_EQ(this->get(size, value), Status::ok) << size;
    ASSERT_EQ(value, pattern(size, size)) << size;
  }
}

TYPED_TEST(StoreTest, RefusesAValueAboveTheLimitAndStaysAsItWas) {
  this->insert(1, bytes_of("one"));
  const Bytes too_large(max_value_bytes + 1);
  EXPECT_EQ(this->put(1, too_large), Status::too_large);
  EXPECT_EQ(this->insert(2, too_large), Status::too_large);
  Bytes value;
  this->get(1, value);
  EXPECT_EQ(value, bytes_of("one"));
  EXPECT_EQ(this->store->size(), 1u);
}

TYPED_TEST(StoreTest, RemovedRecordsAreGoneAndCanComeBack) {
  this->insert(1, bytes_of("one"));
  EXPECT_EQ(this->remove(1), Status::ok);
  Bytes value;
  EXPECT_EQ(this->get(1, value), Status::not_found);
  EXPECT_EQ(this->remove(1), Status::not_found);
  EXPECT_EQ(this->store->size(), 0u);
  EXPECT_EQ(this->insert(1, bytes_of("again")), Status::ok);
  this->get(1, value);
  EXPECT_EQ(value, bytes_of("again"));
}

TYPED_TEST(StoreTest, GetCopiesTheRangeThatIsAskedFor) {
  this->insert(1, pattern(100, 5));
  const Bytes whole = pattern(100, 5);
  for (const std::size_t offset : {0u, 1u, 8u, 13u, 92u, 99u, 100u, 1000u}) {
    for (const std::size_t room : {0u, 1u, 7u, 8u, 20u, 200u}) {
      Bytes part(room);
      std::uint32_t copied = 99;
      ASSERT_EQ(this->store->get(1, offset, part, copied), Status::ok);
      const std::size_t expected = offset < whole.size() ? std::min(room, whole.size() - offset) : 0;
      ASSERT_EQ(copied, expected);
      ASSERT_TRUE(std::equal(part.begin(), part.begin() + copied,
                             whole.begin() + long(std::min<std::size_t>(offset, 100))));
    }
  }
}

TYPED_TEST(StoreTest, UpdateOverwritesARangeAndNothingElse) {
  Bytes expected = pattern(100, 5);
  this->insert(1, expected);
  for (const std::size_t offset : {0u, 1u, 8u, 13u, 79u, 80u}) {
    const Bytes change = pattern(20, offset);
    ASSERT_EQ(this->store->update(this->worker, 1, offset, change), Status::ok);
    std::copy(change.begin(), change.end(), expected.begin() + long(offset));
    Bytes value;
    this->get(1, value);
    ASSERT_EQ(value, expected);
  }
}

TYPED_TEST(StoreTest, UpdateBeyondTheEndChangesNothing) {
  this->insert(1, pattern(100, 5));
  EXPECT_EQ(this->store->update(this->worker, 1, 81, pattern(20, 1)), Status::out_of_range);
  EXPECT_EQ(this->store->update(this->worker, 2, 0, pattern(1, 1)), Status::not_found);
  Bytes value;
  this->get(1, value);
  EXPECT_EQ(value, pattern(100, 5));
}

TYPED_TEST(StoreTest, ReadModifyWriteSeesAndChangesTheValue) {
  this->insert(1, bytes_of("abc"));
  EXPECT_EQ(this->store->read_modify_write(this->worker, 1,
                                           [](std::span<std::byte> value) {
                                             EXPECT_EQ(value.size(), 3u);
                                             value[1] = std::byte{'X'};
                                           }),
            Status::ok);
  Bytes value;
  this->get(1, value);
  EXPECT_EQ(value, bytes_of("aXc"));
  EXPECT_EQ(this->store->read_modify_write(this->worker, 2, [](std::span<std::byte>) { FAIL(); }),
            Status::not_found);
}

TYPED_TEST(StoreTest, ABatchDoesOperationsOfEveryKind) {
  for (Key key = 0; key < 10; ++key) this->insert(key, pattern(64, key));
  const Bytes change = bytes_of("change");
  std::array<Bytes, 6> outputs;
  for (Bytes& output : outputs) output.resize(64);
  std::array<Operation, 6> operations;
  operations[0] = {.kind = OperationKind::get, .key = 1, .output = outputs[0]};
  operations[1] = {.kind = OperationKind::put, .key = 2, .input = change};
  operations[2] = {.kind = OperationKind::insert, .key = 3, .input = change};
  operations[3] = {.kind = OperationKind::update, .key = 4, .input_offset = 10, .input = change};
  operations[4] = {.kind = OperationKind::remove, .key = 5};
  operations[5] = {.kind = OperationKind::read_modify_write,
                   .key = 6,
                   .input_offset = 58,
                   .input = change,
                   .output = outputs[5]};
  std::array<Operation*, 6> batch;
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i] = &operations[i];
  this->store->execute(this->worker, batch);

  EXPECT_EQ(operations[0].status, Status::ok);
  EXPECT_EQ(outputs[0], pattern(64, 1));
  EXPECT_EQ(operations[0].output_size, 64u);
  EXPECT_EQ(operations[2].status, Status::exists);
  EXPECT_EQ(operations[5].status, Status::ok);
  EXPECT_EQ(outputs[5], pattern(64, 6)) << "the value as it was before";
  Bytes value;
  this->get(2, value);
  EXPECT_EQ(value, change);
  this->get(4, value);
  Bytes updated = pattern(64, 4);
  std::copy(change.begin(), change.end(), updated.begin() + 10);
  EXPECT_EQ(value, updated);
  EXPECT_EQ(this->get(5, value), Status::not_found);
  this->get(6, value);
  EXPECT_TRUE(std::equal(change.begin(), change.end(), value.begin() + 58));
}

/// With `Exclusive`, memory is used again within a batch: operations that are still to come know where their
/// records were when the batch began.
TYPED_TEST(StoreTest, ABatchDoesNotTakeMemoryOfARefusedInsertForARecord) {
  for (Key key = 0; key < 2; ++key) this->insert(key, pattern(8, key));
  const Bytes refused = pattern(8, 2);
  Bytes output(8);
  std::array<Operation, 4> operations;
  operations[0] = {.kind = OperationKind::remove, .key = 0};
  operations[1] = {.kind = OperationKind::insert, .key = 1, .input = refused};
  operations[2] = {.kind = OperationKind::get, .key = 0, .output = output};
  operations[3] = {.kind = OperationKind::put, .key = 0, .input = refused};
  std::array<Operation*, 4> batch;
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i] = &operations[i];
  this->store->execute(this->worker, batch);
  EXPECT_EQ(operations[1].status, Status::exists);
  if (operations[2].status == Status::ok) {
    EXPECT_EQ(output, pattern(8, 0));
  }
  EXPECT_EQ(operations[3].status, Status::ok);
  Bytes value;
  ASSERT_EQ(this->get(0, value), Status::ok);
  EXPECT_EQ(value, refused);
  EXPECT_EQ(this->store->size(), 2u);
}

TYPED_TEST(StoreTest, GrowsFarBeyondWhatItWasMadeFor) {
  constexpr Key keys = 100'000;
  for (Key key = 0; key < keys; ++key) ASSERT_EQ(this->insert(key * 977, pattern(8, key)), Status::ok);
  EXPECT_EQ(this->store->size(), keys);
  for (Key key = 0; key < keys; ++key) {
    Bytes value;
    ASSERT_EQ(this->get(key * 977, value, 8), Status::ok) << key;
    ASSERT_EQ(value, pattern(8, key));
  }
  const std::size_t bytes_a_record = this->store->used_bytes() / keys;
  EXPECT_LT(bytes_a_record, 100u) << "the index has grown without need";
}

TYPED_TEST(StoreTest, MemoryOfRemovedRecordsIsUsedAgain) {
  constexpr Key keys = 1000;
  std::size_t mapped_once = 0;
  for (int round = 0; round < 50; ++round) {
    for (Key key = 0; key < keys; ++key) ASSERT_EQ(this->insert(key, Bytes(4000)), Status::ok);
    for (Key key = 0; key < keys; ++key) ASSERT_EQ(this->remove(key), Status::ok);
    this->store->execute(this->worker, {});  // quiescent
    drain_deferred_actions();
    if (round == 0) mapped_once = this->store->used_bytes();
  }
  EXPECT_LE(this->store->used_bytes(), 2 * mapped_once);
}

TEST(Store, MoreRecordsThanMemoryIsAnError) {
  const auto store = Store<Shared>::create({.expected_records = std::size_t{1} << 50});
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().to_string().find("no memory"), std::string::npos);
}

}  // namespace
}  // namespace upout::kernel
