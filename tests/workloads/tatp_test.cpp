#include "workloads/tatp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engines/partitioning.h"
#include "tests/workloads/chi_square.h"
#include "tests/workloads/deployment.h"
#include "tests/workloads/model_transaction.h"

namespace upout::workloads {
namespace {

using kernel::Key;
using kernel::Status;
using tatp::Places;

// Which subscriber
// ----------------------------------------------------------------------------------------------------------

std::vector<std::uint64_t> counts_of(const tatp::SubscriberChooser& choose, std::uint64_t count,
                                     std::size_t draws) {
  Random random(7, 3);
  std::vector<std::uint64_t> counts(count);
  for (std::size_t i = 0; i < draws; ++i) ++counts.at(choose(random));
  return counts;
}

/// The definition, with every pair of numbers that can be drawn.
std::vector<double> defined(std::uint64_t count, std::uint64_t mask) {
  std::vector<double> probabilities(count);
  const double each = 1 / (static_cast<double>(mask + 1) * static_cast<double>(count));
  for (std::uint64_t x = 0; x <= mask; ++x) {
    for (std::uint64_t y = 1; y <= count; ++y) probabilities[(x | y) % count] += each;
  }
  return probabilities;
}

/// The same for many: x | y is some v in as many cases as there are x with the bits of v that y lacks, any of
/// those that both have, and no others. Added up over the y that are parts of v, bit by bit.
std::vector<double> defined_for_many(std::uint64_t count, std::uint64_t mask) {
  std::vector<double> cases(std::bit_ceil(std::max(count, mask) + 1));
  for (std::uint64_t y = 1; y <= count; ++y) cases[y] = static_cast<double>(1U << std::popcount(y & mask));
  for (std::uint64_t bit = 1; bit <= mask; bit <<= 1) {
    for (std::uint64_t v = 0; v < cases.size(); ++v) {
      if ((v & bit) != 0) cases[v] += cases[v ^ bit];
    }
  }
  std::vector<double> probabilities(count);
  const double each = 1 / (static_cast<double>(mask + 1) * static_cast<double>(count));
  for (std::uint64_t v = 0; v < cases.size(); ++v) probabilities[v % count] += cases[v] * each;
  return probabilities;
}

TEST(TatpSubscribers, ArePickedAsTatpDefinesIt) {
  constexpr std::uint64_t count = 300;
  const std::vector<double> probabilities = defined(count, 65'535);
  const auto counts = counts_of({count, false}, count, 2'000'000);
  EXPECT_LT(chi_square_excess(counts, probabilities), 4);
  EXPECT_LT(grouped_chi_square_excess(counts, probabilities), 4);
  const std::vector<double> uniform(count, 1.0 / count);
  EXPECT_GT(chi_square_excess(counts, uniform), 1000) << "is not told from a uniform one";
  const std::vector<double> again = defined_for_many(count, 65'535);
  for (std::size_t i = 0; i < count; ++i) EXPECT_NEAR(again[i], probabilities[i], 1e-12);
}

TEST(TatpSubscribers, OfLargePopulationsToo) {
  constexpr std::uint64_t count = 1'500'000;
  const auto counts = counts_of({count, false}, count, 2'000'000);
  EXPECT_LT(grouped_chi_square_excess(counts, defined_for_many(count, 1'048'575)), 4);
  EXPECT_GT(grouped_chi_square_excess(counts, defined_for_many(count, 65'535)), 10) << "A would not matter";
}

TEST(TatpSubscribers, DependOnTheSizeOfThePopulation) {
  EXPECT_EQ(tatp::SubscriberChooser::mask_of(1'000'000), 65'535U);
  EXPECT_EQ(tatp::SubscriberChooser::mask_of(1'000'001), 1'048'575U);
  EXPECT_EQ(tatp::SubscriberChooser::mask_of(10'000'000), 1'048'575U);
  EXPECT_EQ(tatp::SubscriberChooser::mask_of(10'000'001), 2'097'151U);
}

TEST(TatpSubscribers, ArePickedUniformlyIfThatIsAskedFor) {
  constexpr std::uint64_t count = 1000;
  const std::vector<double> uniform(count, 1.0 / count);
  EXPECT_LT(chi_square_excess(counts_of({count, true}, count, 1'000'000), uniform), 4);
}

// What is loaded
// ----------------------------------------------------------------------------------------------------------

/// How many of `size` places from `first` on are filled.
unsigned filled(Places places, unsigned first, unsigned size) {
  return static_cast<unsigned>(std::popcount(places >> first & ((1U << size) - 1)));
}

TEST(TatpLoad, FillsEachNumberOfRowsEquallyOften) {
  constexpr std::uint64_t subscribers = 50'000;
  std::vector<std::uint64_t> access(4);
  std::vector<std::uint64_t> facilities(4);
  std::vector<std::uint64_t> forwardings(4);
  std::vector<std::uint64_t> access_types(4);
  std::vector<std::uint64_t> facility_types(4);
  std::vector<std::uint64_t> forwarding_starts(3);
  for (std::uint64_t subscriber = 0; subscriber < subscribers; ++subscriber) {
    const Places places = tatp::loaded_places(subscriber);
    EXPECT_EQ(places & 0b1111, 0b0011U) << "subscriber and number";
    ++access.at(filled(places, tatp::access_place, 4) - 1);
    ++facilities.at(filled(places, tatp::facility_place, 4) - 1);
    for (unsigned type = 0; type < 4; ++type) {
      const unsigned first = tatp::forwarding_place + 4 * type;
      access_types[type] += places >> (tatp::access_place + type) & 1;
      const bool has_facility = (places >> (tatp::facility_place + type) & 1) != 0;
      facility_types[type] += has_facility ? 1 : 0;
      for (unsigned start = 0; start < 3; ++start) forwarding_starts[start] += places >> (first + start) & 1;
      EXPECT_EQ(places >> (first + 3) & 1, 0U);
      EXPECT_TRUE(has_facility || filled(places, first, 4) == 0);
      if (has_facility) ++forwardings.at(filled(places, first, 3));
    }
  }
  const std::vector<double> quarters(4, 0.25);
  for (const auto& counts : {access, facilities, forwardings, access_types, facility_types})
    EXPECT_LT(chi_square_excess(counts, quarters), 4);
  EXPECT_LT(chi_square_excess(forwarding_starts, std::vector<double>(3, 1.0 / 3)), 4);
}

template <class Row>
Row row_at(const ModelStore& store, Key key) {
  Row row;
  const ModelStore::Value& value = store.records.at(key);
  EXPECT_EQ(value.size(), sizeof(row));
  std::memcpy(&row, value.data(), sizeof(row));
  EXPECT_TRUE(tatp::is_whole(key, row));
  return row;
}

TEST(TatpLoad, WritesRowsOfTheRightKind) {
  constexpr std::uint64_t subscribers = 3000;
  const auto workload = made("tatp", {"subscribers=3000"});
  Deployment deployment{*workload, 3};
  deployment.load();
  EXPECT_EQ(deployment.failed, 0U);
  std::uint64_t rows = 0;
  std::uint64_t facilities = 0;
  std::uint64_t active = 0;
  for (std::uint64_t subscriber = 0; subscriber < subscribers; ++subscriber) {
    const Places places = tatp::loaded_places(subscriber);
    rows += static_cast<unsigned>(std::popcount(places));
    const auto row = row_at<tatp::SubscriberRow>(deployment.store, tatp::subscriber_key(subscriber));
    EXPECT_EQ(std::stoull(row.number.data()), subscriber + 1);
    EXPECT_EQ(std::string(row.number.data()).size(), 15U);
    EXPECT_GT(row.vlr_location, 0U);
    const auto number = row_at<tatp::NumberRow>(deployment.store, tatp::number_key(subscriber));
    EXPECT_EQ(number.subscriber, subscriber);
    for (unsigned type = 0; type < tatp::types; ++type) {
      if ((places >> (tatp::facility_place + type) & 1) == 0) continue;
      ++facilities;
      active += row_at<tatp::FacilityRow>(deployment.store, tatp::facility_key(subscriber, type)).is_active;
    }
  }
  EXPECT_EQ(deployment.store.records.size(), rows);
  EXPECT_EQ(workload->record_count(), rows);
  EXPECT_LE(deployment.store.records.size(), (workload->largest_key() + 1) / 2);
  // Six standard deviations of 7500 draws with probability 0.85 are 186.
  EXPECT_NEAR(static_cast<double>(active), 0.85 * static_cast<double>(facilities), 186);
}

// What the audit sees
// ----------------------------------------------------------------------------------------------------------

/// The first subscriber for whom there is, or is not, such a forwarding, under a special facility that there
/// is.
Key forwarding_that_is(bool there, const ModelStore& store) {
  for (std::uint64_t subscriber = 0;; ++subscriber) {
    for (unsigned type = 0; type < tatp::types; ++type) {
      const Key key = tatp::forwarding_key(subscriber, type, 1);
      if (store.records.contains(tatp::facility_key(subscriber, type)) &&
          store.records.contains(key) == there)
        return key;
    }
  }
}

struct Audited {
  AuditResult result;
  std::uint64_t expected = 0;  ///< records
  std::uint64_t sum = 0;       ///< expected
};

template <class Change>
Audited audit_after(Change&& change) {
  const auto workload = made("tatp", {"subscribers=200"});
  Deployment deployment{*workload, 3};
  deployment.load();
  change(deployment.store);
  return {deployment.audit(2), workload->expected_records({}), workload->expected_sum({}).value()};
}

TEST(TatpAudit, FindsAllThatWasLoaded) {
  const auto [result, expected, sum] = audit_after([](auto&) {});
  EXPECT_EQ(result.checked, expected);
  EXPECT_EQ(result.missing + result.damaged, 0U) << result.first_fault;
  EXPECT_EQ(result.sum, sum);
}

TEST(TatpAudit, SeesWhatIsMissing) {
  const auto after = [](Key key) {
    return audit_after([key](ModelStore& store) { store.records.erase(key); }).result;
  };
  EXPECT_EQ(after(tatp::subscriber_key(7)).first_fault, "subscriber 8 is not there");
  EXPECT_EQ(after(tatp::number_key(7)).first_fault, "number 8 is not there");
  for (unsigned place = 0; place < tatp::forwarding_place; ++place) {
    const unsigned there = tatp::loaded_places(7) >> place & 1;
    EXPECT_EQ(after(7 * tatp::keys_each + place).missing, there) << place;
  }
}

TEST(TatpAudit, CountsForwardings) {
  const auto lost =
      audit_after([](ModelStore& store) { store.records.erase(forwarding_that_is(true, store)); });
  EXPECT_EQ(lost.result.missing + lost.result.damaged, 0U) << "any may be absent";
  EXPECT_EQ(lost.result.checked + 1, lost.expected);
  EXPECT_NE(lost.result.sum, lost.sum);
  const auto added = audit_after([](ModelStore& store) {
    const Key key = forwarding_that_is(false, store);
    const tatp::ForwardingRow row = tatp::make_forwarding(key, 5, 9);
    const auto bytes = tatp::bytes_of(row);
    store.records[key] = ModelStore::Value(bytes.begin(), bytes.end());
  });
  EXPECT_EQ(added.result.missing + added.result.damaged, 0U) << added.result.first_fault;
  EXPECT_EQ(added.result.checked, added.expected + 1);
  EXPECT_EQ(added.result.sum, added.sum + 5);
}

TEST(TatpAudit, SeesEveryByteThatIsDamaged) {
  const Places places = tatp::loaded_places(7);
  for (unsigned place = 0; place < tatp::keys_each; ++place) {
    if ((places >> place & 1) == 0) continue;
    const Key key = 7 * tatp::keys_each + place;
    for (std::size_t at = 0; at < tatp::row_bytes(key); ++at) {
      const auto result =
          audit_after([&](ModelStore& store) { store.records.at(key)[at] ^= std::byte{1}; }).result;
      EXPECT_EQ(result.damaged, 1U) << tatp::describe(key) << " at " << at;
    }
  }
  EXPECT_EQ(audit_after([](auto& store) { store.records.at(0).push_back({}); }).result.damaged, 1U) << "long";
  EXPECT_EQ(audit_after([](auto& store) { store.records.at(0).resize(5); }).result.damaged, 1U) << "short";
  EXPECT_EQ(
      audit_after([](auto& store) { std::swap(store.records.at(0), store.records.at(32)); }).result.damaged,
      2U);
}

/// With a checksum that is right: what no transaction writes, or not without a count.
TEST(TatpAudit, SeesARowThatNoTransactionWrites) {
  const auto damaged_after = [](auto change) {
    return audit_after([&](ModelStore& store) {
             const Key key = tatp::subscriber_key(7);
             auto row = row_at<tatp::SubscriberRow>(store, key);
             change(row);
             tatp::seal(key, row);
             const auto bytes = tatp::bytes_of(row);
             std::copy(bytes.begin(), bytes.end(), store.records.at(key).begin());
           })
        .result.damaged;
  };
  EXPECT_EQ(damaged_after([](auto&) {}), 0U);
  EXPECT_EQ(damaged_after([](auto& row) { row.bits ^= 2; }), 1U);
  EXPECT_EQ(damaged_after([](auto& row) { row.vlr_location ^= 1; }), 1U) << "but no change counted";
  EXPECT_EQ(damaged_after([](auto& row) { row.changes = 3, row.bits ^= 1, row.vlr_location ^= 1; }), 0U);
  EXPECT_EQ(damaged_after([](auto& row) { row.changes = 3, row.msc_location ^= 1; }), 1U);
}

// What is drawn
// ----------------------------------------------------------------------------------------------------------

TEST(TatpMix, IsTheSpecifiedOne) {
  const Tatp workload({.subscribers = 1000, .crossing = {}});
  const auto stream = workload.transactions({0, 1}, 1, 42, 1);
  std::vector<std::uint64_t> drawn(Tatp::types.size());
  for (unsigned i = 0; i < 200'000; ++i) ++drawn.at(stream->draw(0).type);
  // 35 get_subscriber_data, 10 get_new_destination, 35 get_access_data, 2 update_subscriber_data, 14
  // update_location, 2 insert_call_forwarding, 2 delete_call_forwarding.
  EXPECT_LT(chi_square_excess(drawn, std::vector<double>{0.35, 0.1, 0.35, 0.02, 0.14, 0.02, 0.02}), 4);
}

TEST(TatpMix, StaysInAPartitionUnlessItCrosses) {
  constexpr std::uint32_t workers = 3;
  // Ranges of 1067 keys: the subscribers at their ends are divided.
  const Tatp workload({.subscribers = 100, .crossing = {.percent = 30}});
  const engines::Partitioning partitioning(engines::PartitioningKind::range, workers, workload.largest_key());
  unsigned crossing = 0;
  constexpr unsigned drawn = 4000;
  std::set<std::uint64_t> seen;
  for (std::uint32_t worker = 0; worker < workers; ++worker) {
    const auto stream = workload.transactions({worker, workers}, 1, 42, workers);
    for (unsigned i = 0; i < drawn; ++i) {
      const auto& request = stream->draw(0);
      std::set<std::uint32_t> partitions;
      for (const tatp::Errand& errand : request.errands()) {
        seen.insert(errand.subscriber);
        const Key first = tatp::keys_each * errand.subscriber;
        partitions.insert(partitioning.partition_of(first));
        EXPECT_EQ(partitioning.partition_of(first), partitioning.partition_of(first + tatp::keys_each - 1));
      }
      for (const Key key : request.keys()) {
        EXPECT_LE(key, workload.largest_key());
        EXPECT_TRUE(partitions.contains(partitioning.partition_of(key)));
      }
      EXPECT_EQ(partitioning.partition_of(request.keys()[0]), worker);
      EXPECT_EQ(partitions.size(), request.errands().size());
      crossing += request.errands().size() == 2 ? 1 : 0;
    }
  }
  EXPECT_EQ(seen.size(), 98U) << "all but the two that are divided";
  // Of 12000 draws with probability 0.3: six standard deviations are 301.
  EXPECT_NEAR(crossing, 0.3 * workers * drawn, 301);
}

// What transactions do
// ----------------------------------------------------------------------------------------------------------

class TatpText : public ::testing::Test {
 protected:
  TatpText() { deployment_.load(); }

  kernel::Verdict run(Tatp::Request& request) {
    ModelTransaction transaction(deployment_.store);
    const kernel::Verdict verdict = Tatp::text(transaction, request).now();
    for (const Key key : transaction.touched)
      EXPECT_TRUE(std::ranges::find(request.keys(), key) != request.keys().end()) << tatp::describe(key);
    return verdict;
  }
  Tatp::Request request(Tatp::Type type, const tatp::Errand& errand) {
    Tatp::Request made;
    made.type = static_cast<std::size_t>(type);
    made.all_errands[0] = errand;
    made.errand_count = 1;
    return made;
  }

  Tatp workload_{{.subscribers = 2000, .is_uniform = true, .crossing = {.percent = 20}}};
  Deployment deployment_{workload_, 1};
};

/// That an active special facility forwards a call: over all that can be loaded and asked for.
double share_that_is_forwarded() {
  constexpr std::array<double, 4> sets_of{1, 3, 3, 1};  // of so many of three starts
  double share = 0;
  for (unsigned set = 0; set < 8; ++set) {
    const double weight = 0.25 / sets_of[static_cast<unsigned>(std::popcount(set))];
    for (unsigned lasts = 0; lasts < 512; ++lasts) {  // three times one to eight hours
      for (unsigned asked = 0; asked < 72; ++asked) {
        bool is_found = false;
        for (unsigned start = 0; start <= asked / 24; ++start)
          is_found |= (set >> start & 1) != 0 && asked % 24 + 1 < 8 * start + 1 + (lasts >> (3 * start) & 7);
        share += is_found ? weight / (512 * 72) : 0;
      }
    }
  }
  return share;
}

/// They stay nearly what they are after the load, when half of the forwardings that can be are there: as many
/// are inserted as deleted, and these few have not changed much yet.
TEST_F(TatpText, FindsWhatItLooksForAsOftenAsFollowsFromWhatIsLoadedAndDrawn) {
  const auto stream = workload_.transactions({0, 1}, 1, 42, 1);
  std::array<double, Tatp::types.size()> errands{};
  std::array<double, Tatp::types.size()> found{};
  for (unsigned i = 0; i < 200'000; ++i) {
    Tatp::Request& request = stream->draw(0);
    ASSERT_EQ(run(request), kernel::Verdict::commit);
    stream->ended(request, true);
    errands[request.type] += static_cast<double>(request.errand_count);
    found[request.type] += static_cast<double>(request.effect.found);
  }
  const std::array<double, Tatp::types.size()> expected{
      1, 0.625 * 0.85 * share_that_is_forwarded(), 0.625, 0.625, 1, 0.3125, 0.3125};
  for (std::size_t type = 0; type < expected.size(); ++type) {
    const double most_off = expected[type] == 1 ? 0 : 0.03;
    EXPECT_NEAR(found[type] / errands[type], expected[type], most_off) << Tatp::types[type];
  }
  deployment_.writers = {stream->progress()};
  const AuditResult result = deployment_.audit(2);
  EXPECT_EQ(result.missing + result.damaged, 0U) << result.first_fault;
  EXPECT_EQ(result.checked, workload_.expected_records(deployment_.writers));
  EXPECT_EQ(result.checked, deployment_.store.records.size());
  EXPECT_EQ(result.sum, workload_.expected_sum(deployment_.writers));
  EXPECT_NE(result.checked, workload_.record_count());
}

TEST_F(TatpText, InsertsForwardingsThatEndAtAnyHourWheneverTheyBegin) {
  const auto stream = workload_.transactions({0, 1}, 1, 42, 1);
  std::set<std::pair<unsigned, std::uint64_t>> hours;
  for (unsigned i = 0; i < 200'000; ++i) {
    const Tatp::Request& request = stream->draw(0);
    if (static_cast<Tatp::Type>(request.type) != Tatp::Type::insert_call_forwarding) continue;
    hours.emplace(request.errands()[0].start, request.errands()[0].end_hour);
  }
  EXPECT_EQ(hours.size(), 3U * 24);
  EXPECT_EQ(hours.begin()->second, 1U);
  EXPECT_EQ(hours.rbegin()->second, 24U);
}

TEST_F(TatpText, ChangesNothingForASpecialFacilityThatIsNotThere) {
  std::uint64_t subscriber = 0;
  while ((tatp::loaded_places(subscriber) >> tatp::facility_place & 1) != 0) ++subscriber;
  const auto before = deployment_.store.records;
  using Type = Tatp::Type;
  const auto stream = workload_.transactions({0, 1}, 1, 42, 1);
  for (unsigned left = 100; left != 0;) {
    Tatp::Request& drawn = stream->draw(0);
    const auto type = static_cast<Type>(drawn.type);
    if (type != Type::update_subscriber_data && type != Type::insert_call_forwarding) continue;
    tatp::Errand errand = drawn.errands()[0];
    errand.subscriber = subscriber;
    errand.type = 0;
    Tatp::Request asked = request(type, errand);
    ModelTransaction transaction(deployment_.store);
    EXPECT_EQ(Tatp::text(transaction, asked).now(), kernel::Verdict::commit);
    EXPECT_EQ(asked.effect.rows + asked.effect.sum + asked.effect.found, 0U);
    --left;
  }
  EXPECT_EQ(deployment_.store.records, before);
}

TEST_F(TatpText, FailsWhereARowIsOnlyInParts) {
  deployment_.store.records.at(tatp::subscriber_key(3))[20] ^= std::byte{1};
  for (const Tatp::Type type : {Tatp::Type::get_subscriber_data, Tatp::Type::update_location}) {
    Tatp::Request asked = request(type, {.subscriber = 3});
    ModelTransaction transaction(deployment_.store);
    EXPECT_EQ(Tatp::text(transaction, asked).now(), kernel::Verdict::abort);
  }
}

TEST_F(TatpText, FailsWhereANumberLeadsToSomebodyElse) {
  tatp::NumberRow row{.subscriber = 4};
  tatp::seal(tatp::number_key(3), row);
  const auto bytes = tatp::bytes_of(row);
  std::copy(bytes.begin(), bytes.end(), deployment_.store.records.at(tatp::number_key(3)).begin());
  Tatp::Request asked = request(Tatp::Type::update_location, {.subscriber = 3});
  ModelTransaction transaction(deployment_.store);
  EXPECT_EQ(Tatp::text(transaction, asked).now(), kernel::Verdict::abort);
}

TEST(TatpStream, CountsWhatHasFailedAndLeavesItOut) {
  const Tatp workload({.subscribers = 100, .crossing = {}});
  const auto stream = workload.transactions({0, 1}, 1, 42, 1);
  auto& request = stream->draw(0);
  request.effect = {.rows = 1, .sum = 5};
  stream->ended(request, false);
  EXPECT_EQ(stream->failed(), 1U);
  EXPECT_EQ(stream->progress().inserts + stream->progress().sum, 0U);
  EXPECT_EQ(stream->draw(0).effect.sum, 0U);
}

// What is asked for
// ----------------------------------------------------------------------------------------------------------

std::string error_of(std::string_view assignment) {
  Properties properties;
  EXPECT_TRUE(properties.assign(assignment));
  std::vector<std::string> warnings;
  const auto workload = make_workload("tatp", properties, warnings);
  return workload ? "" : workload.error().to_string();
}

TEST(TatpProperties, HaveTheirDefaults) {
  const auto workload = made("tatp", {});
  EXPECT_EQ(workload->properties(), (nlohmann::json{{"subscribers", 100'000},
                                                    {"requestdistribution", "nonuniform"},
                                                    {"crosspartition", 0},
                                                    {"partitions", "one a worker"}}));
  EXPECT_EQ(made("tatp", {"requestdistribution=uniform"})->properties()["requestdistribution"], "uniform");
}

TEST(TatpProperties, ThatAreWrongAreErrors) {
  EXPECT_EQ(error_of("subscribers=-5"),
            "-p subscribers: found '-5', expected a whole number from 1 to 1073741824");
  EXPECT_EQ(error_of("subscribers=0"),
            "-p subscribers: found '0', expected a whole number from 1 to 1073741824");
  EXPECT_EQ(error_of("crosspartition=101"),
            "-p crosspartition: found '101', expected a number from 0 to 100");
  EXPECT_EQ(error_of("requestdistribution=unifrom"),
            "-p requestdistribution: found 'unifrom', expected nonuniform or uniform; did you mean uniform?");
  EXPECT_NE(error_of("subscriber=5").find("expected subscribers"), std::string::npos)
      << error_of("subscriber=5");
  EXPECT_NE(error_of("crosspartitions=5").find("expected crosspartition"), std::string::npos);
}

TEST(TatpProperties, HaveToFitTheDeployment) {
  const Tatp few({.subscribers = 8, .crossing = {}});
  EXPECT_TRUE(few.check_deployment(4, 1));
  EXPECT_EQ(few.check_deployment(8, 3).error().to_string(),
            "-p subscribers: found 8, expected so many that each of 9 partitions has one of its own");
  const Tatp uneven({.subscribers = 100, .crossing = {.partitions = 5}});
  EXPECT_EQ(uneven.check_deployment(2, 3).error().to_string(),
            "-p partitions: found 5, expected a multiple of the 3 over ranks (--partitions)");
  const Tatp single({.subscribers = 100, .crossing = {.percent = 1, .partitions = 1}});
  EXPECT_EQ(
      single.check_deployment(1, 1).error().to_string(),
      "-p partitions: found 1, expected at least the 2 that a transaction touches, or crosspartition=0");
}

}  // namespace
}  // namespace upout::workloads
