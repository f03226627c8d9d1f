#include "workloads/tpcc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engines/partitioning.h"
#include "tests/workloads/chi_square.h"
#include "tests/workloads/deployment.h"
#include "tests/workloads/model_transaction.h"
#include "workloads/tpcc/audit.h"

namespace upout::workloads {
namespace {

using kernel::Key;
using kernel::Status;
using tpcc::Place;
using tpcc::Scale;
using tpcc::Table;

constexpr Scale small{.warehouses = 2, .items = 120, .customers = 20};

// What is drawn
// ----------------------------------------------------------------------------------------------------------

/// NURand by its definition, with every pair of numbers that can be drawn.
std::vector<double> defined(std::uint32_t a, std::uint32_t c, std::uint32_t least, std::uint32_t most) {
  const std::uint32_t count = most - least + 1;
  std::vector<double> probabilities(count);
  const double each = 1 / (static_cast<double>(a + 1) * count);
  for (std::uint32_t x = 0; x <= a; ++x) {
    for (std::uint32_t y = least; y <= most; ++y) probabilities[((x | y) + c) % count] += each;
  }
  return probabilities;
}

std::vector<std::uint64_t> drawn(std::uint32_t a, std::uint32_t c, std::uint32_t least, std::uint32_t most) {
  Random random(7, 3);
  std::vector<std::uint64_t> counts(most - least + 1);
  for (unsigned i = 0; i < 1'000'000; ++i) ++counts.at(tpcc::nurand(random, a, c, least, most) - least);
  return counts;
}

TEST(TpccNurand, IsDistributedAsItIsDefined) {
  struct Field {
    std::uint32_t a, c, least, most;
  };
  for (const auto [a, c, least, most] : {Field{255, 0, 0, 999}, Field{255, 173, 0, 999},
                                         Field{1023, 259, 1, 3000}, Field{8191, 7911, 1, 900}}) {
    const auto counts = drawn(a, c, least, most);
    const auto probabilities = defined(a, c, least, most);
    EXPECT_LT(chi_square_excess(counts, probabilities), 4) << a;
    EXPECT_LT(grouped_chi_square_excess(counts, probabilities), 4) << a;
    const std::vector<double> uniform(counts.size(), 1.0 / static_cast<double>(counts.size()));
    EXPECT_GT(chi_square_excess(counts, uniform), 1000) << "is not told from a uniform one";
    EXPECT_GT(chi_square_excess(counts, defined(a, c + 1, least, most)), 100) << "C would not matter";
  }
}

TEST(TpccNurand, HasConstantsThatMayFollowTheLoads) {
  std::set<std::uint32_t> names;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const auto constants = tpcc::NurandConstants::of(seed);
    const int difference = std::abs(static_cast<int>(constants.last_name) -
                                    static_cast<int>(tpcc::NurandConstants::last_name_of_load));
    EXPECT_GE(difference, 65);
    EXPECT_LE(difference, 119);
    EXPECT_NE(difference, 96);
    EXPECT_NE(difference, 112);
    EXPECT_LE(constants.last_name, 255U);
    EXPECT_LE(constants.customer, 1023U);
    EXPECT_LE(constants.item, 8191U);
    names.insert(constants.last_name);
  }
  EXPECT_EQ(names.size(), 97 - 65 + 1 - 1 + 119 - 65 + 1 - 2) << "all that may be, below and above";
}

std::string name_of(std::uint32_t number) {
  return std::string(tpcc::text_of(tpcc::last_name_text(number)));
}

TEST(TpccNames, AreSyllables) {
  EXPECT_EQ(name_of(371), "PRICALLYOUGHT");  // the example of clause 4.3.2.3
  EXPECT_EQ(name_of(0), "BARBARBAR");
  EXPECT_EQ(name_of(40), "BARPRESBAR");
  EXPECT_EQ(name_of(999), "EINGEINGEING");
  std::set<std::string> all;
  for (std::uint32_t number = 0; number < 1000; ++number) all.insert(name_of(number));
  EXPECT_EQ(all.size(), 1000U);
}

TEST(TpccMix, IsTheSpecifiedOne) {
  const Tpcc workload({.scale = {.warehouses = 4, .items = 1000, .customers = 300}});
  const auto stream = workload.transactions({0, 1}, 1, 42, 1);
  constexpr unsigned draws = 200'000;
  std::vector<std::uint64_t> types(Tpcc::types.size());
  std::vector<std::uint64_t> line_counts(11);
  std::array<std::uint64_t, 10> districts{};
  double lines = 0;
  double remote_lines = 0;
  double by_name = 0;
  double with_customer = 0;
  double remote_payments = 0;
  double unused = 0;
  for (unsigned i = 0; i < draws; ++i) {
    const auto& request = stream->draw(0);
    ++types.at(request.type);
    ++districts.at(request.home.district);
    const auto type = static_cast<Tpcc::Type>(request.type);
    if (type == Tpcc::Type::new_order) {
      ++line_counts.at(request.line_count - 5);
      lines += request.line_count;
      unused += request.has_unused_item ? 1 : 0;
      for (const tpcc::OrderedLine& line : request.lines()) {
        remote_lines += line.supply_warehouse != request.home.warehouse ? 1 : 0;
        EXPECT_LT(line.supply_warehouse, 4U);
        EXPECT_TRUE(line.quantity >= 1 && line.quantity <= 10);
        const bool is_last = &line == &request.lines().back();
        EXPECT_EQ(line.item > 1000, request.has_unused_item && is_last);
      }
    }
    if (type == Tpcc::Type::payment) {
      remote_payments += request.customer_place.warehouse != request.home.warehouse ? 1 : 0;
      EXPECT_TRUE(request.amount >= 100 && request.amount <= 500'000);
      if (request.customer_place.warehouse == request.home.warehouse) {
        EXPECT_EQ(request.customer_place, request.home);
      }
    }
    if (type == Tpcc::Type::payment || type == Tpcc::Type::order_status) {
      ++with_customer;
      by_name += request.customer == 0 ? 1 : 0;
    }
  }
  EXPECT_LT(chi_square_excess(types, std::vector<double>{0.45, 0.43, 0.04, 0.04, 0.04}), 4);
  EXPECT_LT(chi_square_excess(line_counts, std::vector<double>(11, 1.0 / 11)), 4);
  EXPECT_LT(chi_square_excess(districts, std::vector<double>(10, 0.1)), 4);
  // Six standard deviations each.
  const auto near = [](double found, double of, double share) {
    EXPECT_NEAR(found, of * share, 6 * std::sqrt(of * share * (1 - share)));
  };
  near(remote_lines, lines, 0.01);
  near(remote_payments, static_cast<double>(types[1]), 0.15);
  near(by_name, with_customer, 0.6);
  near(unused, static_cast<double>(types[0]), 0.01);
}

TEST(TpccMix, IsWhatWasAskedFor) {
  const auto workload = made("tpcc", {"warehouses=1", "items=100", "customers=10", "neworderproportion=0.5",
                                      "paymentproportion=0.5"});
  const auto stream = dynamic_cast<const Tpcc&>(*workload).transactions({0, 1}, 1, 42, 1);
  std::vector<std::uint64_t> types(Tpcc::types.size());
  for (unsigned i = 0; i < 20'000; ++i) ++types.at(stream->draw(0).type);
  EXPECT_EQ(types[2] + types[3] + types[4], 0U);
  EXPECT_NEAR(static_cast<double>(types[0]), 10'000, 6 * 71);
}

TEST(TpccMix, IsScaledWithAWarning) {
  Properties properties;
  for (const char* given :
       {"warehouses=1", "items=10", "customers=10", "neworderproportion=0.6", "deliveryproportion=0.2"}) {
    ASSERT_TRUE(properties.assign(given));
  }
  std::vector<std::string> warnings;
  const auto workload = make_workload("tpcc", properties, warnings);
  ASSERT_TRUE(workload);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("add up to 0.8, not 1; scaled to 0.75, 0, 0, 0.25, 0"), std::string::npos)
      << warnings[0];
  EXPECT_NEAR((*workload)->properties()["neworderproportion"].get<double>(), 0.75, 1e-9);
}

std::string error_of(std::initializer_list<std::string_view> assignments) {
  Properties properties;
  for (const std::string_view assignment : assignments) EXPECT_TRUE(properties.assign(assignment));
  std::vector<std::string> warnings;
  const auto workload = make_workload("tpcc", properties, warnings);
  return workload ? "" : workload.error().to_string();
}

TEST(TpccProperties, AreRefusedIfTheyCannotBe) {
  EXPECT_EQ(
      error_of({"neworderproportion=0"}),
      "-p neworderproportion: found no type of transaction with a proportion above 0, expected one at least");
  EXPECT_EQ(
      error_of({"crosspartition=5", "remotepayments=20"}),
      "-p remotepayments: found 20 beside crosspartition, expected one of them: crosspartition takes the "
      "place of what is remote");
  EXPECT_NE(error_of({"customers=3001"}), "");
  EXPECT_EQ(error_of({"crosspartition=5", "partitionstouched=6"}),
            "-p partitionstouched: found '6', expected a whole number from 2 to 5");
  EXPECT_EQ(error_of({"partitionstouched=3"}),
            "-p partitionstouched: found 3 without crosspartition, expected both: without it, what is remote "
            "says what crosses partitions");
  EXPECT_EQ(error_of({"warehouse=2"}), "-p: found unknown property 'warehouse', expected warehouses");
}

// Where
// ----------------------------------------------------------------------------------------------------------

TEST(TpccKeys, SayWhatTheyAreOf) {
  const Place place{65'535, 9};
  std::set<Key> keys;
  for (std::size_t table = 0; table < tpcc::tables; ++table) {
    for (const std::uint32_t row : {0U, 1U, 3000U, 0xffffffffU}) {
      for (const Place& at : {Place{0, 0}, Place{0, 9}, Place{1, 0}, place}) {
        const Key key = tpcc::key_of(static_cast<Table>(table), at, row);
        EXPECT_EQ(tpcc::table_of(key), static_cast<Table>(table));
        EXPECT_EQ(tpcc::place_of(key), at);
        EXPECT_EQ(tpcc::row_of(key), row);
        EXPECT_EQ(key / tpcc::keys_each, at.warehouse);
        keys.insert(key);
      }
    }
  }
  EXPECT_EQ(keys.size(), tpcc::tables * 4 * 4);
  const Key line = tpcc::order_line_key(place, tpcc::most_orders, 15);
  EXPECT_EQ(tpcc::order_of_line(line), tpcc::most_orders);
  EXPECT_EQ(tpcc::line_of(line), 15U);
  EXPECT_EQ(tpcc::table_of(line), Table::order_line);
  EXPECT_EQ(tpcc::place_of(line), place);
}

TEST(TpccPartitions, AreWholeWarehouses) {
  constexpr std::uint32_t workers = 3;
  for (const std::uint32_t stores : {1U, workers}) {
    const Tpcc workload({.scale = {.warehouses = 6, .items = 100, .customers = 10},
                         .has_crossing = true,
                         .crossing = {.percent = 30, .touched = 3}});
    ASSERT_TRUE(workload.check_deployment(workers, stores));
    const engines::Partitioning ranges(engines::PartitioningKind::range, workers, workload.largest_key());
    double crossing = 0;
    double may_cross = 0;
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      std::set<std::uint32_t> homes;
      const auto stream = workload.transactions({worker, workers}, 1, 42, stores);
      for (unsigned i = 0; i < 5000; ++i) {
        const auto& request = stream->draw(0);
        homes.insert(request.home.warehouse);
        std::set<std::uint32_t> touched;
        for (const Key key : request.keys()) {
          EXPECT_LE(key, workload.largest_key());
          touched.insert(ranges.partition_of(key));
        }
        EXPECT_EQ(ranges.partition_of(request.keys()[0]), worker);
        const auto type = static_cast<Tpcc::Type>(request.type);
        if (type == Tpcc::Type::new_order || type == Tpcc::Type::payment) {
          ++may_cross;
          crossing += touched.size() > 1 ? 1 : 0;
        }
        const std::size_t most = type == Tpcc::Type::new_order ? 3 : type == Tpcc::Type::payment ? 2 : 1;
        EXPECT_TRUE(touched.size() == 1 || touched.size() == most);
      }
      EXPECT_EQ(homes, (std::set<std::uint32_t>{2 * worker, 2 * worker + 1}));
    }
    EXPECT_NEAR(crossing, 0.3 * may_cross, 6 * std::sqrt(0.3 * 0.7 * may_cross));
  }
}

TEST(TpccPartitions, MayBeFewerThanWorkers) {
  const Tpcc workload({.scale = {.warehouses = 1, .items = 100, .customers = 10}});
  EXPECT_TRUE(workload.check_deployment(4, 1));
  for (std::uint32_t worker = 0; worker < 4; ++worker) {
    const auto stream = workload.transactions({worker, 4}, 1, 42, 1);
    for (unsigned i = 0; i < 1000; ++i) {
      for (const Key key : stream->draw(0).keys()) EXPECT_EQ(key / tpcc::keys_each, 0U);
    }
  }
}

TEST(TpccPartitions, AreRefusedIfTheyDivideWarehouses) {
  const auto error = [](const TpccSettings& settings, unsigned workers, std::uint32_t stores) {
    const auto checked = Tpcc(settings).check_deployment(workers, stores);
    return checked ? "" : checked.error().to_string();
  };
  const Scale four{.warehouses = 4, .items = 10, .customers = 10};
  EXPECT_EQ(error({.scale = four}, 2, 2), "");
  EXPECT_EQ(error({.scale = four}, 3, 1), "");
  EXPECT_EQ(error({.scale = four}, 3, 3),
            "-p warehouses: found 4, expected a multiple of the 3 partitions over ranks");
  EXPECT_EQ(error({.scale = four, .crossing = {.partitions = 5}}, 2, 1),
            "-p partitions: found 5, expected so few that each has one of the 4 warehouses (-p warehouses)");
  EXPECT_EQ(error({.scale = four, .crossing = {.partitions = 3}}, 2, 2),
            "-p partitions: found 3, expected a multiple of the 2 over ranks (--partitions)");
  const Scale one{.warehouses = 1, .items = 10, .customers = 10};
  EXPECT_EQ(
      error({.scale = one, .has_crossing = true, .crossing = {.percent = 5}}, 1, 1),
      "-p warehouses: found 1, expected one for each of the 2 partitions that a transaction touches, or "
      "crosspartition=0");
  EXPECT_EQ(error({.scale = one, .has_crossing = true}, 1, 1), "");
}

// What is loaded
// ----------------------------------------------------------------------------------------------------------

template <class Row>
Row row_at(const ModelStore& store, Key key) {
  Row row;
  const ModelStore::Value& value = store.records.at(key);
  EXPECT_EQ(value.size(), sizeof(row)) << tpcc::describe(key);
  std::memcpy(&row, value.data(), std::min(sizeof(row), value.size()));
  return row;
}
template <class Row>
void put(ModelStore& store, Key key, const Row& row) {
  const auto bytes = tpcc::bytes_of(row);
  store.records[key] = ModelStore::Value(bytes.begin(), bytes.end());
}

/// Clause 4.3.3.1, of one district and its part of the items and stocks, as large as they are specified.
TEST(TpccLoad, IsThePopulationThatIsSpecified) {
  const tpcc::District district(Scale{}, {0, 0});
  tpcc::KeyRuns keys;
  add_loaded_rows(district, keys);
  ModelStore store;
  std::array<std::byte, tpcc::most_row_bytes> buffer{};
  while (!keys.at_end()) {
    const Key key = keys.next();
    const auto value = write_loaded(district, key, buffer);
    EXPECT_TRUE(store.records.try_emplace(key, value.begin(), value.end()).second) << tpcc::describe(key);
  }
  std::map<Table, std::uint64_t> rows;
  std::vector<std::uint64_t> line_counts(11);
  double originals = 0;
  double bad_credits = 0;
  for (const auto& [key, value] : store.records) {
    EXPECT_EQ(tpcc::place_of(key), (Place{0, 0}));
    ++rows[tpcc::table_of(key)];
    switch (tpcc::table_of(key)) {
      case Table::warehouse: {
        const auto row = row_at<tpcc::WarehouseRow>(store, key);
        EXPECT_EQ(row.ytd, 30'000'000);
        EXPECT_LE(row.tax, 2000U);
        EXPECT_GE(tpcc::text_of(row.name).size(), 6U);
        EXPECT_EQ(tpcc::text_of(row.address.zip).substr(4), "11111");
        break;
      }
      case Table::district: {
        const auto row = row_at<tpcc::DistrictRow>(store, key);
        EXPECT_EQ(row.ytd, 3'000'000);
        EXPECT_EQ(row.next_order, 3001U);
        break;
      }
      case Table::undelivered:
        EXPECT_EQ(row_at<tpcc::OrderNumberRow>(store, key).order, 2101U);
        break;
      case Table::customer: {
        const auto row = row_at<tpcc::CustomerRow>(store, key);
        EXPECT_EQ(row.account, (tpcc::Account{-1000, 1000, 1, 0}));
        EXPECT_GE(tpcc::text_of(row.data).size(), 300U);
        EXPECT_GE(tpcc::text_of(row.first).size(), 8U);
        EXPECT_LE(row.discount, 5000U);
        EXPECT_EQ(tpcc::text_of(row.phone).size(), 16U);
        EXPECT_EQ(row.credit_limit, 5'000'000);
        bad_credits += row.has_bad_credit() ? 1 : 0;
        if (tpcc::row_of(key) <= 1000) {
          EXPECT_EQ(row.last, tpcc::last_name_text(tpcc::row_of(key) - 1));
        }
        break;
      }
      case Table::order: {
        const auto row = row_at<tpcc::OrderRow>(store, key);
        ++line_counts.at(row.lines - 5);
        EXPECT_EQ(row.carrier != 0, tpcc::row_of(key) <= 2100);
        EXPECT_LE(row.carrier, 10U);
        for (std::uint32_t line = 1; line <= 15; ++line) {
          EXPECT_EQ(
              store.records.contains(tpcc::order_line_key(tpcc::place_of(key), tpcc::row_of(key), line)),
              line <= row.lines);
        }
        break;
      }
      case Table::order_line: {
        const auto row = row_at<tpcc::OrderLineRow>(store, key);
        const bool is_delivered = tpcc::order_of_line(key) <= 2100;
        EXPECT_EQ(row.delivery_date != 0, is_delivered);
        EXPECT_EQ(row.amount == 0, is_delivered);
        EXPECT_LE(row.amount, 999'999U);
        EXPECT_EQ(row.quantity, 5U);
        EXPECT_TRUE(row.item >= 1 && row.item <= 100'000);
        break;
      }
      case Table::new_order:
        EXPECT_TRUE(tpcc::row_of(key) > 2100 && tpcc::row_of(key) <= 3000);
        break;
      case Table::history:
        EXPECT_EQ(row_at<tpcc::HistoryRow>(store, key).amount, 1000U);
        break;
      case Table::item: {
        const auto row = row_at<tpcc::ItemRow>(store, key);
        EXPECT_TRUE(row.price >= 100 && row.price <= 10'000);
        EXPECT_GE(tpcc::text_of(row.name).size(), 14U);
        EXPECT_GE(tpcc::text_of(row.data).size(), 26U);
        originals += tpcc::is_original(row.data) ? 1 : 0;
        break;
      }
      case Table::stock: {
        const auto row = row_at<tpcc::StockRow>(store, key);
        EXPECT_TRUE(row.level.quantity >= 10 && row.level.quantity <= 100);
        EXPECT_EQ(row.level.ytd + row.level.orders + row.level.remote_orders, 0U);
        originals += tpcc::is_original(row.data) ? 1 : 0;
        break;
      }
      default:
        break;
    }
  }
  const std::map<Table, std::uint64_t> expected{
      {Table::warehouse, 1},   {Table::district, 1},      {Table::undelivered, 1},
      {Table::customer, 3000}, {Table::last_order, 3000}, {Table::last_name, 1000},
      {Table::history, 3000},  {Table::new_order, 900},   {Table::order, 3000},
      {Table::item, 10'000},   {Table::stock, 10'000},    {Table::order_line, rows[Table::order_line]}};
  EXPECT_EQ(rows, expected);
  EXPECT_LT(chi_square_excess(line_counts, std::vector<double>(11, 1.0 / 11)), 4);
  // Six standard deviations of 20000 and of 3000 draws with probability 0.1 are 255 and 99.
  EXPECT_NEAR(originals, 2000, 255);
  EXPECT_NEAR(bad_credits, 300, 99);
}

TEST(TpccLoad, FindsCustomersByTheirNames) {
  const tpcc::District district(Scale{}, {3, 7});
  std::size_t found = 0;
  std::size_t most = 0;
  for (std::uint32_t name = 0; name < 1000; ++name) {
    const auto namesakes = district.namesakes(name);
    ASSERT_FALSE(namesakes.empty());
    found += namesakes.size();
    most = std::max(most, namesakes.size());
    std::string before;
    for (const std::uint16_t customer : namesakes) {
      const tpcc::CustomerRow row = district.customer(customer);
      EXPECT_EQ(row.last, tpcc::last_name_text(name));
      EXPECT_LE(before, tpcc::text_of(row.first));
      before = tpcc::text_of(row.first);
    }
  }
  EXPECT_EQ(found, 3000U);
  EXPECT_LT(most, tpcc::most_namesakes / 2);
  for (std::uint32_t order = 1; order <= 3000; ++order)
    EXPECT_EQ(district.order_of(district.customer_of(order)), order);
  // The position n/2, rounded up, from 1.
  EXPECT_EQ(tpcc::middle_of(1), 0U);
  EXPECT_EQ(tpcc::middle_of(2), 0U);
  EXPECT_EQ(tpcc::middle_of(3), 1U);
  EXPECT_EQ(tpcc::middle_of(4), 1U);
}

// What transactions do
// ----------------------------------------------------------------------------------------------------------

class TpccText : public ::testing::Test {
 protected:
  using Type = Tpcc::Type;

  TpccText() { deployment_.load(); }

  /// False: it has taken itself back, or failed; then nothing may be relied on but what `request` says.
  bool run(tpcc::Request& request) {
    ModelTransaction transaction(deployment_.store);
    return Tpcc::text(transaction, request).now() == kernel::Verdict::commit;
  }
  /// So many that commit, drawn by a worker for two.
  void run_some(unsigned transactions) {
    for (std::uint32_t worker = 0; worker < 2; ++worker) {
      const auto stream = workload_.transactions({worker, 2}, 1, 42, 1);
      for (unsigned i = 0; i < transactions; ++i) {
        tpcc::Request& request = stream->draw(0);
        if (request.has_unused_item && static_cast<Type>(request.type) == Type::new_order) {
          continue;  // the model takes nothing back
        }
        EXPECT_TRUE(run(request)) << Tpcc::types[request.type];
        stream->ended(request, true);
        ++committed_[request.type];
      }
      deployment_.writers.push_back(stream->progress());
    }
  }
  /// Of all districts, or one.
  std::uint32_t audit(WorkerSlot slot = {0, 1}) {
    tpcc::Audit audit(small, slot, in_flight, deployment_.writers);
    Driver(deployment_.store, in_flight).drive(audit);
    result_ = audit.result();
    return audit.violated();
  }
  bool sum_is_right() const { return result_.sum == workload_.expected_sum(deployment_.writers).value(); }
  template <class Row>
  void change(Key key, const std::function<void(Row&)>& change) {
    auto row = row_at<Row>(deployment_.store, key);
    change(row);
    put(deployment_.store, key, row);
  }

  Tpcc workload_{{.scale = small}};
  Deployment deployment_{workload_, 2};
  std::array<unsigned, 5> committed_{};
  AuditResult result_;
};

TEST_F(TpccText, LeavesWhatIsConsistent) {
  EXPECT_EQ(audit(), 0U);
  EXPECT_TRUE(sum_is_right());
  EXPECT_EQ(result_.checked, workload_.record_count());
  std::uint64_t bytes = 0;
  for (const auto& [key, value] : deployment_.store.records) bytes += value.size();
  EXPECT_EQ(workload_.value_bytes(), (bytes + workload_.record_count() - 1) / workload_.record_count());
  run_some(1500);
  for (const unsigned committed : committed_) EXPECT_GT(committed, 50U);
  for (const std::uint32_t auditors : {1U, 3U, 40U}) {
    const AuditResult all = deployment_.audit(auditors);
    EXPECT_EQ(all.missing + all.damaged, 0U) << all.first_fault;
    EXPECT_EQ(all.checked, workload_.expected_records(deployment_.writers));
    EXPECT_EQ(all.checked, deployment_.store.records.size());
    EXPECT_EQ(all.sum, workload_.expected_sum(deployment_.writers).value());
  }
  EXPECT_EQ(deployment_.failed, 0U);
}

TEST_F(TpccText, OrdersWhatWasDrawn) {
  tpcc::Request request;
  request.type = static_cast<std::size_t>(Type::new_order);
  request.home = {1, 3};
  request.customer = 7;
  request.date = 99;
  request.line_count = 5;
  for (std::uint32_t i = 0; i < 5; ++i)
    request.all_lines[i] = {.item = 10 + i, .supply_warehouse = i == 4 ? 0U : 1U, .quantity = 1 + i};
  const ModelStore& store = deployment_.store;
  const auto before = row_at<tpcc::StockRow>(store, tpcc::stock_key(0, 14));
  ASSERT_TRUE(run(request));
  EXPECT_EQ(row_at<tpcc::DistrictRow>(store, tpcc::district_key({1, 3})).next_order, 22U);
  EXPECT_EQ(row_at<tpcc::OrderNumberRow>(store, tpcc::last_order_key({1, 3}, 7)).order, 21U);
  EXPECT_EQ(row_at<tpcc::OrderRow>(store, tpcc::order_key({1, 3}, 21)),
            (tpcc::OrderRow{.entry_date = 99, .customer = 7, .lines = 5, .is_local = 0, .carrier = 0}));
  EXPECT_TRUE(store.records.contains(tpcc::new_order_key({1, 3}, 21)));
  EXPECT_EQ(row_at<tpcc::OrderLineRow>(store, tpcc::order_line_key({1, 3}, 21, 5)),
            (tpcc::OrderLineRow{.delivery_date = 0,
                                .amount = 5 * tpcc::price_of(14),
                                .quantity = 5,
                                .item = 14,
                                .supply_warehouse = 0,
                                .district_info = before.district_info[3]}));
  const auto after = row_at<tpcc::StockRow>(store, tpcc::stock_key(0, 14));
  EXPECT_EQ(after.level, (tpcc::StockLevel{tpcc::quantity_after(before.level.quantity, 5), 5, 1, 1}));
  EXPECT_EQ(row_at<tpcc::StockRow>(store, tpcc::stock_key(1, 10)).level.remote_orders, 0U);
  double total = 0;
  for (std::uint32_t i = 0; i < 5; ++i) total += (1 + i) * tpcc::price_of(10 + i);
  const auto customer = row_at<tpcc::CustomerRow>(store, tpcc::customer_key({1, 3}, 7));
  const auto tax = row_at<tpcc::WarehouseRow>(store, tpcc::warehouse_key(1)).tax +
                   row_at<tpcc::DistrictRow>(store, tpcc::district_key({1, 3})).tax;
  EXPECT_NEAR(request.total, total * (1 - customer.discount / 1e4) * (1 + tax / 1e4), 1e-6 * total);
}

TEST_F(TpccText, TakesBackAnOrderOfAnUnusedItem) {
  tpcc::Request request;
  request.type = static_cast<std::size_t>(Type::new_order);
  request.customer = 7;
  request.line_count = 5;
  for (std::uint32_t i = 0; i < 5; ++i) request.all_lines[i] = {.item = 10 + i, .quantity = 1};
  request.all_lines[4].item = small.items + 1;
  request.has_unused_item = true;
  EXPECT_FALSE(run(request));
  EXPECT_TRUE(request.wants_abort);
  request.all_lines[4].item = 3;
  deployment_.store.records.erase(tpcc::item_key(0, 11));
  request.has_unused_item = false;
  EXPECT_FALSE(run(request));
  EXPECT_FALSE(request.wants_abort) << "an item that has to be there is not";
}

/// Finds each number taken; by a transaction that has committed since, or for no reason.
class OvertakenTransaction : public ModelTransaction {
 public:
  OvertakenTransaction(ModelStore& store, const Place& home, bool has_reason)
      : ModelTransaction(store), store_(&store), home_(home), has_reason_(has_reason) {}
  Ready<Status> insert(Key, std::span<const std::byte>) {
    auto row = row_at<tpcc::DistrictRow>(*store_, tpcc::district_key(home_));
    row.next_order += has_reason_ ? 1 : 0;
    row.next_history += has_reason_ ? 1 : 0;
    put(*store_, tpcc::district_key(home_), row);
    return {Status::exists};
  }

 private:
  ModelStore* store_;
  Place home_;
  bool has_reason_;
};

/// It has failed only if nobody else can have taken the number; else it tries to commit, which it cannot.
TEST_F(TpccText, KnowsWhyANumberIsTaken) {
  const auto stream = workload_.transactions({0, 1}, 1, 42, 1);
  std::array<unsigned, 2> tried{};
  while (tried[0] < 20 || tried[1] < 20) {
    tpcc::Request& request = stream->draw(0);
    if (request.type > 1 || request.has_unused_item) continue;
    ++tried[request.type];
    for (const bool has_reason : {true, false}) {
      OvertakenTransaction transaction(deployment_.store, request.home, has_reason);
      const kernel::Verdict verdict = Tpcc::text(transaction, request).now();
      EXPECT_EQ(verdict == kernel::Verdict::commit, has_reason) << Tpcc::types[request.type];
      EXPECT_FALSE(request.wants_abort);
    }
  }
}

TEST(TpccStock, IsFilledUpBeforeItIsTooLow) {
  EXPECT_EQ(tpcc::quantity_after(20, 10), 10U);
  EXPECT_EQ(tpcc::quantity_after(19, 10), 100U);
  EXPECT_EQ(tpcc::quantity_after(10, 1), 100U);
  EXPECT_EQ(tpcc::quantity_after(100, 1), 99U);
}

TEST_F(TpccText, PaysByNameAndNotesBadCredit) {
  ModelStore& store = deployment_.store;
  Place place{1, 0};
  std::uint32_t id = 1;
  while (!tpcc::District(small, place).customer(id).has_bad_credit()) {
    id = id % small.customers + 1;
    if (id == 1) ++place.district;
  }
  ASSERT_LT(place.district, 10U);
  tpcc::Request request;
  request.type = static_cast<std::size_t>(Type::payment);
  request.home = {0, 4};
  request.customer_place = place;
  request.last_name = id - 1;
  request.amount = 12'345;
  request.date = 77;
  const tpcc::CustomerRow before = tpcc::District(small, place).customer(id);
  ASSERT_TRUE(run(request));
  const auto after = row_at<tpcc::CustomerRow>(store, tpcc::customer_key(place, id));
  EXPECT_EQ(after.account, (tpcc::Account{-13'345, 13'345, 2, 0}));
  char note[33];
  std::snprintf(note, sizeof(note), "%05u %02u 00002 05 00001 0012345 ", id, place.district + 1);
  EXPECT_EQ(tpcc::text_of(after.data).substr(0, 32), note);
  EXPECT_TRUE(std::equal(after.data.begin() + 32, after.data.end(), before.data.begin()));
  EXPECT_EQ(row_at<tpcc::WarehouseRow>(store, tpcc::warehouse_key(0)).ytd, 200'000 + 12'345);
  EXPECT_EQ(row_at<tpcc::DistrictRow>(store, tpcc::district_key({0, 4})).ytd, 20'000 + 12'345);
  const auto paid = row_at<tpcc::HistoryRow>(store, tpcc::history_key({0, 4}, 21));
  EXPECT_EQ(paid.amount, 12'345U);
  EXPECT_EQ(paid.customer, id);
  EXPECT_EQ(std::string(tpcc::text_of(paid.data)),
            std::string(tpcc::text_of(tpcc::loaded_warehouse(small, 0).name)) + "    " +
                std::string(tpcc::text_of(tpcc::loaded_district(small, {0, 4}).name)));
}

TEST_F(TpccText, DeliversTheOldestOrderOfEachDistrict) {
  tpcc::Request request;
  request.type = static_cast<std::size_t>(Type::delivery);
  request.home = {1, 0};
  request.carrier = 6;
  request.date = 55;
  const std::uint32_t oldest = small.delivered() + 1;
  ASSERT_TRUE(run(request));
  const ModelStore& store = deployment_.store;
  for (std::uint32_t number = 0; number < 10; ++number) {
    const Place place{1, number};
    EXPECT_FALSE(store.records.contains(tpcc::new_order_key(place, oldest)));
    EXPECT_TRUE(store.records.contains(tpcc::new_order_key(place, oldest + 1)));
    const auto order = row_at<tpcc::OrderRow>(store, tpcc::order_key(place, oldest));
    EXPECT_EQ(order.carrier, 6U);
    std::int64_t amount = 0;
    for (std::uint32_t line = 1; line <= order.lines; ++line) {
      const auto row = row_at<tpcc::OrderLineRow>(store, tpcc::order_line_key(place, oldest, line));
      EXPECT_EQ(row.delivery_date, 55U);
      amount += row.amount;
    }
    const auto customer = row_at<tpcc::CustomerRow>(store, tpcc::customer_key(place, order.customer));
    EXPECT_EQ(customer.account, (tpcc::Account{amount - 1000, 1000, 1, 1}));
  }
  EXPECT_EQ(request.effect.rows, std::uint64_t{0} - 10);
  for (std::uint32_t left = small.orders() - oldest; left != 0; --left) EXPECT_TRUE(run(request));
  ASSERT_TRUE(run(request)) << "there is nothing left to be delivered";
  EXPECT_EQ(request.effect.rows, 0U);
}

TEST_F(TpccText, CountsLowStocksOfRecentOrders) {
  tpcc::Request request;
  request.type = static_cast<std::size_t>(Type::stock_level);
  request.home = {0, 5};
  request.threshold = 20;
  std::set<std::uint32_t> low;
  for (std::uint32_t order = 1; order <= 20; ++order) {
    for (std::uint32_t line = 1; line <= tpcc::loaded_lines({0, 5}, order); ++line) {
      const std::uint32_t item = tpcc::loaded_line(small, {0, 5}, order, line).item;
      if (tpcc::loaded_stock(0, item).level.quantity < 20) low.insert(item);
    }
  }
  ASSERT_TRUE(run(request));
  EXPECT_EQ(request.low_stocks, low.size());
  EXPECT_GT(low.size(), 0U);
}

// What the audit sees
// ----------------------------------------------------------------------------------------------------------

using TpccAudit = TpccText;

/// Of a district in which all is busy.
constexpr Place place{1, 4};

/// Who audits that alone.
constexpr WorkerSlot auditor_of(const Place& of) {
  return {of.warehouse * Scale::districts + of.district,
          static_cast<std::uint32_t>(small.warehouses) * Scale::districts};
}

TEST_F(TpccAudit, SeesEachConditionViolated) {
  run_some(1000);
  ASSERT_EQ(audit(), 0U);
  const auto saved = deployment_.store.records;
  const auto next = row_at<tpcc::DistrictRow>(deployment_.store, tpcc::district_key(place)).next_order;
  const auto oldest = static_cast<std::uint32_t>(
      row_at<tpcc::OrderNumberRow>(deployment_.store, tpcc::undelivered_key(place)).order);
  ASSERT_LT(oldest + 3, next);
  const auto delivered = row_at<tpcc::OrderRow>(deployment_.store, tpcc::order_key(place, oldest - 1));
  using Change = std::function<void(ModelStore&)>;
  struct Tampered {
    unsigned condition;
    Change change;
  };
  const auto with = [this]<class Row>(Key key, void (*changed)(Row&)) -> Change {
    return [this, key, changed](ModelStore&) { change<Row>(key, changed); };
  };
  using tpcc::CustomerRow;
  using tpcc::DistrictRow;
  using tpcc::OrderLineRow;
  using tpcc::OrderRow;
  const std::vector<Tampered> all{
      {1, with(
              tpcc::warehouse_key(1), +[](tpcc::WarehouseRow& row) { row.ytd += 1; })},
      {1, with(
              tpcc::district_key(place), +[](DistrictRow& row) { row.ytd += 1; })},
      {2, with(
              tpcc::district_key(place), +[](DistrictRow& row) { ++row.next_order; })},
      {2, with(
              tpcc::district_key(place), +[](DistrictRow& row) { --row.next_order; })},
      {2, [&](ModelStore& store) { store.records.erase(tpcc::new_order_key(place, next - 1)); }},
      {3, [&](ModelStore& store) { store.records.erase(tpcc::new_order_key(place, oldest + 1)); }},
      {4, [&](ModelStore& store) { store.records.erase(tpcc::order_line_key(place, next - 1, 2)); }},
      {5, with(
              tpcc::order_key(place, next - 1), +[](OrderRow& row) { row.carrier = 3; })},
      {5, with(
              tpcc::order_key(place, oldest - 1), +[](OrderRow& row) { row.carrier = 0; })},
      {6, with(
              tpcc::order_key(place, next - 1), +[](OrderRow& row) { --row.lines; })},
      {6, with(
              tpcc::order_key(place, next - 1), +[](OrderRow& row) { ++row.lines; })},
      {7, with(
              tpcc::order_line_key(place, next - 1, 1), +[](OrderLineRow& row) { row.delivery_date = 9; })},
      {7, with(
              tpcc::order_line_key(place, oldest - 1, 1), +[](OrderLineRow& row) { row.delivery_date = 0; })},
      {9, with(
              tpcc::district_key(place), +[](DistrictRow& row) { row.ytd -= 1; })},
      {9, with(
              tpcc::history_key(place, 25), +[](tpcc::HistoryRow& row) { row.amount += 1; })},
      {11, with(
               tpcc::undelivered_key(place), +[](tpcc::OrderNumberRow& row) { ++row.order; })},
      {11, [&](ModelStore& store) { store.records.erase(tpcc::order_key(place, oldest)); }},
      {12, with(
               tpcc::customer_key(place, delivered.customer),
               +[](CustomerRow& row) { row.account.balance += 1; })},
      {12, with(
               tpcc::customer_key(place, delivered.customer),
               +[](CustomerRow& row) { row.account.ytd_payment += 1; })},
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    deployment_.store.records = saved;
    all[i].change(deployment_.store);
    const std::uint32_t violated = audit(auditor_of(all[i].condition == 1 ? Place{1, 0} : place));
    EXPECT_NE(violated >> all[i].condition & 1, 0U) << "change " << i << " of condition " << all[i].condition;
    EXPECT_GT(result_.damaged + result_.missing, 0U);
    EXPECT_FALSE(result_.first_fault.empty());
  }
}

/// Conditions 8 and 10, and what stocks say: all within one district, or row, is as it should be, but not the
/// sum.
TEST_F(TpccAudit, SeesByTheSumWhatDistrictsDoNotAgreeOn) {
  run_some(1000);
  const auto saved = deployment_.store.records;
  const auto changed = [&](const std::function<void()>& changes) {
    deployment_.store.records = saved;
    changes();
    EXPECT_EQ(audit(), 0U);
    EXPECT_EQ(result_.damaged + result_.missing, 0U) << result_.first_fault;
    return !sum_is_right();
  };
  EXPECT_FALSE(changed([] {}));
  // One warehouse, with its districts, has what another one has been paid.
  EXPECT_TRUE(changed([&] {
    for (const std::uint32_t warehouse : {0U, 1U}) {
      const int amount = warehouse == 0 ? 100 : -100;
      change<tpcc::WarehouseRow>(tpcc::warehouse_key(warehouse), [&](auto& row) { row.ytd += amount; });
      change<tpcc::DistrictRow>(tpcc::district_key({warehouse, 2}), [&](auto& row) { row.ytd += amount; });
      change<tpcc::HistoryRow>(tpcc::history_key({warehouse, 2}, 24),
                               [&](auto& row) { row.amount += static_cast<unsigned>(amount); });
    }
  }));
  // A customer has paid less, another one more.
  EXPECT_TRUE(changed([&] {
    for (const std::uint32_t customer : {3U, 4U}) {
      const int amount = customer == 3 ? 100 : -100;
      change<tpcc::CustomerRow>(tpcc::customer_key(place, customer), [&](auto& row) {
        row.account.balance += amount;
        row.account.ytd_payment -= amount;
      });
    }
  }));
  // A stock has one remote order more, another one less.
  EXPECT_TRUE(changed([&] {
    bool is_more = false;
    bool is_less = false;
    for (std::uint32_t item = 1; item <= small.items; ++item) {
      change<tpcc::StockRow>(tpcc::stock_key(0, item), [&](auto& row) {
        tpcc::StockLevel& level = row.level;
        if (!is_less && level.remote_orders > 0) {
          --level.remote_orders;
          is_less = true;
        } else if (!is_more && level.remote_orders < level.orders) {
          ++level.remote_orders;
          is_more = true;
        }
      });
    }
    EXPECT_TRUE(is_more && is_less);
  }));
  // Of an order that has not been delivered another quantity than that by which stocks have changed.
  EXPECT_TRUE(changed([&] {
    const auto next = row_at<tpcc::DistrictRow>(deployment_.store, tpcc::district_key(place)).next_order;
    change<tpcc::OrderLineRow>(tpcc::order_line_key(place, next - 1, 1), [](auto& row) {
      row.quantity = row.quantity == 1 ? 2 : row.quantity - 1;
      row.amount = row.quantity * tpcc::price_of(row.item);
    });
  }));
}

TEST_F(TpccAudit, SeesEveryByteThatIsDamaged) {
  run_some(200);
  const auto next = row_at<tpcc::DistrictRow>(deployment_.store, tpcc::district_key(place)).next_order;
  const std::vector<Key> keys{tpcc::warehouse_key(1),
                              tpcc::district_key(place),
                              tpcc::undelivered_key(place),
                              tpcc::customer_key(place, 3),
                              tpcc::last_order_key(place, 3),
                              tpcc::last_name_key(place, 3),
                              tpcc::history_key(place, 3),
                              tpcc::history_key(place, 21),
                              tpcc::new_order_key(place, next - 1),
                              tpcc::order_key(place, 3),
                              tpcc::order_key(place, next - 1),
                              tpcc::order_line_key(place, 3, 1),
                              tpcc::order_line_key(place, next - 1, 1),
                              tpcc::item_key(1, 55),
                              tpcc::stock_key(1, 55)};
  const auto audit_of = [&](Key key) {
    return audit(auditor_of(tpcc::table_of(key) == Table::warehouse ? Place{1, 0} : place));
  };
  std::uint64_t sum = 0;
  const auto is_seen = [&](Key key) {
    audit_of(key);
    return result_.damaged + result_.missing != 0 || result_.sum != sum;
  };
  for (const Key key : keys) {
    ASSERT_EQ(audit_of(key), 0U);
    EXPECT_EQ(result_.damaged + result_.missing, 0U) << result_.first_fault;
    sum = result_.sum;
    ModelStore::Value& value = deployment_.store.records.at(key);
    // Some of many, to be quick.
    for (std::size_t at = 0; at<value.size(); at += value.size()> 100 ? 13 : 1) {
      value[at] ^= std::byte{1};
      const Table table = tpcc::table_of(key);
      // A date of a run may be any; all else is seen.
      const bool is_date = at < 8 && ((table == Table::history && tpcc::row_of(key) > 20) ||
                                      (table == Table::order && tpcc::row_of(key) > 20) ||
                                      (table == Table::order_line &&
                                       row_at<tpcc::OrderLineRow>(deployment_.store, key).delivery_date > 1));
      EXPECT_TRUE(is_date || is_seen(key)) << tpcc::describe(key) << " at " << at;
      value[at] ^= std::byte{1};
    }
    value.push_back({});
    EXPECT_TRUE(is_seen(key)) << tpcc::describe(key) << " is long";
    value.pop_back();
  }
  deployment_.store.records.erase(tpcc::stock_key(1, 55));
  EXPECT_TRUE(is_seen(tpcc::stock_key(1, 55)));
  EXPECT_EQ(result_.first_fault, "stock of item 55 of warehouse 2 is not there");
}

TEST_F(TpccAudit, ReadsNoMoreThanCanBeThere) {
  change<tpcc::DistrictRow>(tpcc::district_key(place), [](auto& row) { row.next_order = 4'000'000'000; });
  audit();
  EXPECT_GT(result_.damaged, 0U);
  EXPECT_EQ(result_.first_fault, "district 5 of warehouse 2 counts what cannot be");
}

}  // namespace
}  // namespace upout::workloads
