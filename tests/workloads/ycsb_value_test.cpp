#include "workloads/ycsb_value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/workloads/chi_square.h"
#include "tests/workloads/ycsb_reference.h"
#include "workloads/random.h"

namespace upout::workloads {
namespace {

using Bytes = std::vector<std::byte>;

constexpr kernel::Key key = 0x0123456789abcdef;
const std::vector<WriterProgress> writers{{100, 0}, {5, 0}, {7, 0}};

Bytes field_of(std::size_t length, Version version, std::size_t field = 3, kernel::Key of = key) {
  Bytes bytes(length);
  ValueFormat(10, length).write_field(bytes, of, field, version);
  return bytes;
}

std::optional<FieldFault> check(const Bytes& bytes, bool loaded = true, std::size_t field = 3,
                                kernel::Key of = key, std::span<const WriterProgress> known = writers) {
  return ValueFormat(10, bytes.size()).check_field(bytes, of, field, loaded, known);
}

class FieldOfLength : public ::testing::TestWithParam<std::size_t> {};

TEST_P(FieldOfLength, PassesAsTheLoadOrAWriteLeftIt) {
  EXPECT_EQ(check(field_of(GetParam(), {0, 0})), std::nullopt);
  EXPECT_EQ(check(field_of(GetParam(), {0, 1})), std::nullopt);
  EXPECT_EQ(check(field_of(GetParam(), {1, 5})), std::nullopt);
  EXPECT_EQ(check(field_of(GetParam(), {2, 7}), false), std::nullopt);
}

TEST_P(FieldOfLength, ShowsEachFlippedBit) {
  const Bytes whole = field_of(GetParam(), {1, 4});
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    Bytes damaged = whole;
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_EQ(check(damaged), FieldFault::damaged) << "bit " << bit;
  }
}

TEST_P(FieldOfLength, ShowsThatItBelongsElsewhere) {
  if (GetParam() == 0) return;
  EXPECT_EQ(check(field_of(GetParam(), {1, 4}, 3, key + 1)), FieldFault::damaged) << "another key";
  EXPECT_EQ(check(field_of(GetParam(), {1, 4}, 4)), FieldFault::damaged) << "another field";
}

TEST_P(FieldOfLength, ShowsATornWriteWhereverItIsTorn) {
  if (GetParam() < 8) return;  // all versions look the same
  const Bytes before = field_of(GetParam(), {0, 3});
  const Bytes after = field_of(GetParam(), {2, 6});
  for (std::size_t torn = 1; torn < before.size(); ++torn) {
    Bytes mixed = after;
    std::copy_n(before.begin(), torn, mixed.begin());
    if (mixed == before || mixed == after) continue;  // the two agree in the bytes before or behind
    EXPECT_EQ(check(mixed), FieldFault::damaged) << "after " << torn << " bytes";
  }
}

TEST_P(FieldOfLength, ShowsAVersionThatNobodyHasHandedOut) {
  if (GetParam() < 8) return;
  EXPECT_EQ(check(field_of(GetParam(), {1, 6})), FieldFault::not_handed_out);
  EXPECT_EQ(check(field_of(GetParam(), {3, 1})), FieldFault::unknown_writer);
  EXPECT_EQ(check(field_of(GetParam(), {0, 1}), true, 3, key, {}), FieldFault::unknown_writer);
}

TEST_P(FieldOfLength, ShowsALoadedValueInARecordThatWasAdded) {
  if (GetParam() < 8) return;
  EXPECT_EQ(check(field_of(GetParam(), {0, 0}), false), FieldFault::not_from_load);
}

INSTANTIATE_TEST_SUITE_P(Lengths, FieldOfLength,
                         ::testing::Values(0, 1, 7, 8, 9, 15, 16, 17, 23, 24, 100, 1000));

TEST(ValueFormat, TellsVersionsApartByTheirBytes) {
  for (const std::size_t length : {8U, 16U, 100U}) {
    EXPECT_NE(field_of(length, {0, 1}), field_of(length, {0, 2}));
    EXPECT_NE(field_of(length, {0, 1}), field_of(length, {1, 1}));
  }
}

TEST(ValueFormat, CutsASequenceToItsBitsAndAcceptsIt) {
  const std::uint64_t wrapped = (std::uint64_t{1} << 32) + 7;  // more than an 8-byte field can hold
  const std::vector<WriterProgress> busy{{wrapped, 0}};
  EXPECT_EQ(check(field_of(8, {0, wrapped}), true, 3, key, busy), std::nullopt);
  EXPECT_EQ(check(field_of(8, {0, std::uint64_t{1} << 32}), false, 3, key, busy), std::nullopt);
  EXPECT_EQ(check(field_of(16, {0, wrapped}), true, 3, key, busy), std::nullopt);
  EXPECT_EQ(check(field_of(16, {0, wrapped + 1}), true, 3, key, busy), FieldFault::not_handed_out);
}

TEST(ValueFormat, ChecksEachFieldOfAValueOnItsOwn) {
  const ValueFormat format(4, 20);
  Bytes value(format.value_bytes(key));
  format.write_value(value, key, {});
  EXPECT_EQ(format.check_value(value, key, true, writers), std::nullopt);
  format.write_field(std::span(value).subspan(40, 20), key, 2, {1, 3});
  EXPECT_EQ(format.check_value(value, key, true, writers), std::nullopt) << "one field of a later version";
  value[65] ^= std::byte{4};
  const auto fault = format.check_value(value, key, true, writers);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->field, 3U);
  EXPECT_EQ(fault->fault, FieldFault::damaged);
}

TEST(FieldLengths, FollowTheirDistributions) {
  constexpr std::size_t least = 5;
  constexpr std::size_t greatest = 24;
  const auto counts = [](FieldLengthDistribution distribution) {
    const FieldLengths lengths(distribution, least, greatest);
    std::vector<std::uint64_t> found(greatest - least + 1);
    for (kernel::Key of = 0; of < 20'000; ++of) {
      for (std::size_t field = 0; field < 10; ++field) ++found.at(lengths.of(mix64(of), field) - least);
    }
    return found;
  };
  const std::vector<double> even(20, 0.05);
  EXPECT_LT(chi_square_excess(counts(FieldLengthDistribution::uniform), even), 4);
  EXPECT_LT(
      chi_square_excess(counts(FieldLengthDistribution::zipfian), reference::rank_probabilities(20, 0.99)),
      4);
  EXPECT_EQ(FieldLengths(FieldLengthDistribution::constant, least, greatest).of(key, 3), greatest);
  EXPECT_EQ(FieldLengths(FieldLengthDistribution::uniform, 7, 7).of(key, 3), 7U);
}

TEST(ValueFormat, PlacesFieldsOfDifferentLengthsOneBehindTheOther) {
  const ValueFormat format(6, FieldLengths(FieldLengthDistribution::uniform, 0, 40));
  std::size_t offset = 0;
  for (std::size_t field = 0; field < 6; ++field) {
    EXPECT_EQ(format.field_offset(key, field), offset);
    offset += format.field_length(key, field);
  }
  EXPECT_EQ(format.value_bytes(key), offset);
  Bytes value(offset);
  format.write_value(value, key, {1, 4});
  EXPECT_FALSE(format.check_value(value, key, true, writers));
  for (std::size_t field = 0; field < 6; ++field) {
    const auto bytes =
        std::span(value).subspan(format.field_offset(key, field), format.field_length(key, field));
    format.write_field(bytes, key, field, {2, 5});
    EXPECT_FALSE(format.check_value(value, key, true, writers));
  }
  for (std::size_t at = 0; at < value.size(); ++at) {
    value[at] ^= std::byte{1};
    EXPECT_TRUE(format.check_value(value, key, true, writers)) << at;
    value[at] ^= std::byte{1};
  }
}

/// A value of three fields of different lengths, each as one write left it.
struct Fields {
  ValueFormat format{3, FieldLengths(FieldLengthDistribution::uniform, 8, 40)};
  Bytes value = Bytes(format.value_bytes(key));

  std::span<std::byte> field(std::size_t number) {
    return std::span(value).subspan(format.field_offset(key, number), format.field_length(key, number));
  }
};

TEST(VersionOf, IsThatOfTheWriteOfAllFields) {
  Fields fields;
  fields.format.write_value(fields.value, key, {2, 6});
  EXPECT_EQ(fields.format.version_of(fields.value, key, 0), (Version{2, 6}));
  for (std::size_t number = 0; number < 3; ++number) {
    const std::size_t offset = fields.format.field_offset(key, number);
    EXPECT_EQ(fields.format.version_of(fields.field(number), key, offset), (Version{2, 6})) << number;
  }
  EXPECT_EQ(fields.format.version_of(std::span(fields.value).subspan(fields.field(0).size()), key,
                                     fields.field(0).size()),
            (Version{2, 6}))
      << "two fields";
}

TEST(VersionOf, IsNoneOfFieldsThatTwoWritesMade) {
  for (std::size_t number = 0; number < 3; ++number) {
    Fields fields;
    fields.format.write_value(fields.value, key, {2, 6});
    fields.format.write_field(fields.field(number), key, number, {2, 7});
    EXPECT_EQ(fields.format.version_of(fields.value, key, 0), std::nullopt) << number;
    EXPECT_EQ(fields.format.version_of(fields.field(number), key, fields.format.field_offset(key, number)),
              (Version{2, 7}))
        << number;
  }
}

TEST(VersionOf, IsNoneOfDamagedBytesOrPartsOfFields) {
  Fields fields;
  fields.format.write_value(fields.value, key, {0, 1});
  EXPECT_EQ(fields.format.version_of(fields.value, key + 1, 0), std::nullopt) << "another key's";
  EXPECT_EQ(fields.format.version_of(std::span(fields.value).first(fields.value.size() - 1), key, 0),
            std::nullopt);
  EXPECT_EQ(fields.format.version_of(std::span(fields.value).subspan(1), key, 1), std::nullopt);
  EXPECT_EQ(fields.format.version_of(fields.value, key, fields.value.size()), std::nullopt);
  EXPECT_EQ(fields.format.version_of({}, key, 0), std::nullopt);
  Bytes longer = fields.value;
  longer.push_back(std::byte{0});
  EXPECT_EQ(fields.format.version_of(longer, key, 0), std::nullopt) << "beyond the last field";
  for (std::size_t at = 0; at < fields.value.size(); ++at) {
    fields.value[at] ^= std::byte{1};
    EXPECT_EQ(fields.format.version_of(fields.value, key, 0), std::nullopt) << at;
    fields.value[at] ^= std::byte{1};
  }
}

TEST(VersionOf, IsNoneOfFieldsTooShortToTell) {
  const ValueFormat format(2, 7);
  Bytes value(14);
  format.write_value(value, key, {0, 1});
  EXPECT_EQ(format.version_of(value, key, 0), std::nullopt);
}

}  // namespace
}  // namespace upout::workloads
