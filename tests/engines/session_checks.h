#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "engines/session.h"
#include "kernel/ordered_index.h"
#include "kernel/scan_entry.h"

namespace upout::engines::testing {

/// Hands operations to a session and waits until all have come back.
template <Session S>
void perform(S& session, std::span<kernel::Operation> operations) {
  std::vector<kernel::Operation*> pointers;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    operations[i].slot = static_cast<std::uint32_t>(i);
    pointers.push_back(&operations[i]);
  }
  Completed done;
  session.submit(pointers, done);
  while (done.size() < operations.size()) session.poll(done);
  ASSERT_EQ(done.size(), operations.size());
}

// Whole blocks are made and compared, not bytes: a worker serves nobody meanwhile, and under sanitizers each
// byte takes its time.

inline std::vector<std::byte> value_of(kernel::Key key, std::size_t size) {
  constexpr std::size_t period = 256;
  std::vector<std::byte> value(size);
  for (std::size_t i = 0; i < std::min(size, period); ++i)
    value[i] = static_cast<std::byte>(key * 31 + i * 7);
  for (std::size_t made = period; made < size; made *= 2)
    std::memcpy(value.data() + made, value.data(), std::min(made, size - made));
  return value;
}
inline bool are_same(const std::vector<std::byte>& a, const std::vector<std::byte>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// What any session has to do, on keys that nobody else uses: the same text for every engine.
template <Session S>
void exercise(S& session, kernel::Key first_key, std::size_t keys, std::size_t value_size) {
  std::vector<std::vector<std::byte>> values;
  std::vector<std::vector<std::byte>> outputs(keys, std::vector<std::byte>(value_size));
  std::vector<kernel::Operation> operations(keys);
  for (std::size_t i = 0; i < keys; ++i) values.push_back(value_of(first_key + i, value_size));
  const auto all = [&](kernel::OperationKind kind, bool writes, bool reads) {
    for (std::size_t i = 0; i < keys; ++i) {
      operations[i] = {};
      operations[i].kind = kind;
      operations[i].key = first_key + i;
      if (writes) operations[i].input = values[i];
      if (reads) operations[i].output = outputs[i];
    }
    perform(session, operations);
  };
  const auto expect_all = [&](kernel::Status status) {
    for (const kernel::Operation& operation : operations)
      ASSERT_EQ(operation.status, status) << operation.key;
  };

  all(kernel::OperationKind::get, false, true);
  expect_all(kernel::Status::not_found);
  all(kernel::OperationKind::insert, true, false);
  expect_all(kernel::Status::ok);
  all(kernel::OperationKind::insert, true, false);
  expect_all(kernel::Status::exists);
  all(kernel::OperationKind::get, false, true);
  expect_all(kernel::Status::ok);
  for (std::size_t i = 0; i < keys; ++i) {
    ASSERT_EQ(operations[i].output_size, value_size);
    ASSERT_TRUE(are_same(outputs[i], values[i])) << "key " << first_key + i;
  }
  const auto before = values;
  for (std::size_t i = 0; i < keys; ++i) values[i] = value_of(first_key + i + 1000, value_size);
  all(kernel::OperationKind::read_modify_write, true, true);
  expect_all(kernel::Status::ok);
  EXPECT_TRUE(std::ranges::equal(outputs, before, are_same)) << "the values as they were before";
  all(kernel::OperationKind::get, false, true);
  EXPECT_TRUE(std::ranges::equal(outputs, values, are_same));
  all(kernel::OperationKind::update, true, false);
  expect_all(kernel::Status::ok);
  all(kernel::OperationKind::put, true, false);
  expect_all(kernel::Status::ok);
  for (std::size_t i = 0; i < keys; i += 2) {
    operations[i].kind = kernel::OperationKind::remove;
    operations[i].input = {};
  }
  perform(session, operations);
  all(kernel::OperationKind::get, false, true);
  for (std::size_t i = 0; i < keys; ++i) {
    ASSERT_EQ(operations[i].status, i % 2 == 0 ? kernel::Status::not_found : kernel::Status::ok);
  }
}

// Scans
// -----------------------------------------------------------------------------------------------------------

inline constexpr std::size_t records_for_scans = 500;
inline constexpr std::size_t bytes_of_scans = 200 * kernel::scan_entry_bytes(24);
/// Keys are spread over all ranges of a partitioned database.
constexpr kernel::Key scanned_key(std::size_t i) {
  return i * (kernel::largest_key / records_for_scans);
}

template <Session S>
void insert_for_scans(S& session) {
  std::vector<std::vector<std::byte>> values;
  std::vector<kernel::Operation> operations(records_for_scans);
  for (std::size_t i = 0; i < records_for_scans; ++i) values.push_back(value_of(i, i % 25));
  for (std::size_t i = 0; i < records_for_scans; ++i)
    operations[i] = {.kind = kernel::OperationKind::insert, .key = scanned_key(i), .input = values[i]};
  perform(session, operations);
}

/// A scan finds what lies between record `from` and as many as it is limited to, in order, whole and without
/// a gap; if its output has room for fewer, it says so.
inline void check_scan(const kernel::Operation& scan, std::size_t from, bool up) {
  kernel::ScanReader reader(scan.output.first(scan.output_size));
  kernel::Key key = 0;
  std::span<const std::byte> value;
  std::size_t found = 0;
  for (std::size_t expected = from; reader.next(key, value); ++found) {
    ASSERT_EQ(key, scanned_key(expected)) << (up ? "upwards" : "downwards");
    ASSERT_TRUE(std::ranges::equal(value, value_of(expected, expected % 25)));
    expected += up ? 1 : std::size_t{0} - 1;
  }
  const std::size_t there = up ? records_for_scans - from : from + 1;
  const std::size_t wanted = std::min<std::size_t>(scan.limit, there);
  if (scan.status == kernel::Status::no_room) {
    ASSERT_LT(found, wanted);
    ASSERT_GT(scan.output_size + kernel::scan_entry_bytes(24), scan.output.size());
  } else {
    ASSERT_EQ(scan.status, kernel::Status::ok);
    ASSERT_EQ(found, wanted);
  }
}

/// Scans of all lengths, up and down, of what `insert_for_scans` has inserted, with outputs of so many bytes.
template <Session S>
void exercise_scans(S& session, std::size_t bytes) {
  for (const bool up : {true, false}) {
    std::vector<kernel::Operation> scans(20);
    std::vector<std::vector<std::byte>> outputs(scans.size(), std::vector<std::byte>(bytes));
    for (std::size_t i = 0; i < scans.size(); ++i) {
      scans[i].kind = up ? kernel::OperationKind::scan : kernel::OperationKind::scan_backwards;
      scans[i].key = scanned_key(i * 25) + 1;
      scans[i].limit = static_cast<std::uint32_t>(10 * i);
      scans[i].output = outputs[i];
    }
    perform(session, scans);
    for (std::size_t i = 0; i < scans.size(); ++i) check_scan(scans[i], up ? i * 25 + 1 : i * 25, up);
  }
}

/// With room for all that they find, for less, and for nothing.
template <Session S>
void exercise_scans(S& session) {
  for (const std::size_t bytes :
       {bytes_of_scans, bytes_of_scans / 3, std::size_t{1000}, std::size_t{50}, std::size_t{7}})
    exercise_scans(session, bytes);
}

}  // namespace upout::engines::testing
