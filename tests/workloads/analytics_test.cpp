#include "workloads/analytics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "tests/workloads/deployment.h"

namespace upout::workloads {
namespace {

static_assert(engines::Aggregate<MatchingRows>);
static_assert(engines::Aggregate<JoinedSum>);

constexpr SalesRecords rows{.customers = 50, .sales = 3000, .value_bytes = 71};

std::unique_ptr<Analytics> few_sales(std::initializer_list<std::string_view> weights = {}) {
  Properties properties;
  for (const char* assignment : {"sales=3000", "customers=50", "rowbytes=71"})
    EXPECT_TRUE(properties.assign(assignment));
  for (const std::string_view weight : weights) EXPECT_TRUE(properties.assign(weight));
  std::vector<std::string> warnings;
  auto workload = make_workload("analytics", properties, warnings).value();
  return std::unique_ptr<Analytics>(dynamic_cast<Analytics*>(workload.release()));
}

/// An engine of one process of which each record is in one of two stores: no more than queries ask for.
struct Stores {
  std::array<std::map<kernel::Key, std::vector<std::byte>>, 2> stores;

  Stores() {
    for (kernel::Key key = 0; key < rows.records; ++key) {
      auto& value = stores[key % 2][key];
      value.resize(rows.value_bytes);
      rows.write_value(value, key);
    }
  }

  template <engines::Aggregate A>
  A aggregate(const A& empty, engines::Copies) {
    A whole = empty;
    for (const auto& store : stores) {
      A gathered = empty;
      for (const auto& [key, value] : store) gathered.visit(key, value);
      whole.merge(gathered);
    }
    return whole;
  }
  void sum(std::span<std::uint64_t>) {}
  std::vector<std::uint64_t> concatenate(std::span<const std::uint64_t> numbers) {
    return {numbers.begin(), numbers.end()};
  }
};

constexpr auto type = [](Analytics::Type of) { return static_cast<std::size_t>(of); };

TEST(Analytics, AnswersAreThoseThatTheRowsGiveOneByOne) {
  const auto workload = few_sales();
  Stores engine;
  const std::uint64_t first_day = 1000;
  const std::uint64_t segment = 3;
  Sum of_year;
  std::vector<Sum> of_categories(SalesRecords::categories);
  std::vector<Sum> of_nations(SalesRecords::nations);
  for (kernel::Key key = rows.customers; key < rows.records; ++key) {
    const auto sale = rows.sale_of(key);
    const auto customer = rows.customer_of(sale.customer);
    if (sale.day >= first_day && sale.day < first_day + 365) of_year.add(sale.revenue);
    of_categories[sale.category].add(sale.revenue);
    if (customer.segment == segment) of_nations[customer.nation].add(sale.revenue);
  }
  ASSERT_GT(of_year.count, 0U);
  EXPECT_EQ(workload->answer({type(Analytics::Type::filtered_sum), first_day}, engine),
            Analytics::Answer{of_year});
  EXPECT_EQ(workload->answer({type(Analytics::Type::group_by), 0}, engine), of_categories);
  EXPECT_EQ(workload->answer({type(Analytics::Type::join), segment}, engine), of_nations);
}

/// For every type of query, whether some of those drawn are answered wrongly.
std::set<std::size_t> answered_wrongly(Stores& engine) {
  const auto workload = few_sales();
  const auto& right_answers = workload->right_answers();
  auto queries = workload->queries(1, 0);
  std::set<std::size_t> wrong;
  for (int i = 0; i < 100; ++i) {
    const auto query = queries.next();
    if (!right_answers.is_right(query, workload->answer(query, engine))) wrong.insert(query.type);
  }
  return wrong;
}

TEST(Analytics, KnowsTheRightAnswers) {
  Stores engine;
  EXPECT_TRUE(answered_wrongly(engine).empty());
}

TEST(Analytics, KnowsWrongAnswers) {
  const std::set<std::size_t> all{0, 1, 2};
  const std::set<std::size_t> joins{type(Analytics::Type::join)};
  Stores without_a_sale;
  without_a_sale.stores[0].erase(rows.customers);
  EXPECT_EQ(answered_wrongly(without_a_sale), all);
  Stores with_one_twice;
  with_one_twice.stores[1][rows.customers] = with_one_twice.stores[0][rows.customers];
  EXPECT_EQ(answered_wrongly(with_one_twice), all);
  Stores with_a_torn_one;
  with_a_torn_one.stores[0][rows.customers][offsetof(SalesRecords::Sale, revenue)] ^= std::byte{1};
  EXPECT_EQ(answered_wrongly(with_a_torn_one), all);
  Stores without_a_customer;
  without_a_customer.stores[1].erase(7);
  EXPECT_EQ(answered_wrongly(without_a_customer), joins);
  Stores with_a_torn_customer;
  auto& customer = with_a_torn_customer.stores[1][7];
  std::fill_n(customer.begin() + offsetof(SalesRecords::Customer, nation), 8, std::byte{0xff});
  EXPECT_EQ(answered_wrongly(with_a_torn_customer), joins);
}

TEST(Analytics, AsksByTheWeightsInAnyStretch) {
  const auto workload = few_sales({"filteredsumweight=1", "groupbyweight=0", "joinweight=3"});
  auto queries = workload->queries(7, 0);
  auto same = workload->queries(7, 0);
  for (int stretch = 0; stretch < 100; ++stretch) {
    std::map<std::size_t, unsigned> asked;
    for (int i = 0; i < 4; ++i) {
      const auto query = queries.next();
      const auto again = same.next();
      EXPECT_EQ(query.type, again.type);
      EXPECT_EQ(query.parameter, again.parameter);
      ++asked[query.type];
    }
    EXPECT_EQ(asked, (std::map<std::size_t, unsigned>{{type(Analytics::Type::filtered_sum), 1},
                                                      {type(Analytics::Type::join), 3}}));
  }
}

TEST(Analytics, IsLoadedAndAudited) {
  const auto workload = few_sales();
  Deployment deployment{*workload, 3};
  deployment.load();
  EXPECT_EQ(deployment.failed, 0U);
  EXPECT_EQ(deployment.store.records.size(), rows.records);
  const AuditResult sound = deployment.audit(2);
  EXPECT_EQ(sound.checked, rows.records);
  EXPECT_EQ(sound.missing + sound.damaged, 0U) << sound.first_fault;
  for (const std::size_t damaged : {0U, 31U, 70U}) {  // a column, the last one, and what the row ends with
    Deployment other{*workload, 1};
    other.load();
    other.store.records.at(rows.customers + 5)[damaged] ^= std::byte{1};
    EXPECT_EQ(other.audit(1).damaged, 1U) << "at byte " << damaged;
  }
}

TEST(Analytics, RefusesToAskNothing) {
  Properties properties;
  for (const char* none : {"filteredsumweight=0", "groupbyweight=0", "joinweight=0"})
    ASSERT_TRUE(properties.assign(none));
  std::vector<std::string> warnings;
  EXPECT_FALSE(make_workload("analytics", properties, warnings));
}

TEST(JoinTable, FindsWhatWasPutIn) {
  std::vector<std::uint64_t> pairs;
  for (std::uint64_t key = 0; key < 1000; key += 2) pairs.insert(pairs.end(), {key, 3 * key});
  const JoinTable table(pairs);
  for (std::uint64_t key = 0; key < 1000; ++key) {
    const std::uint64_t* const found = table.find(key);
    ASSERT_EQ(found != nullptr, key % 2 == 0) << key;
    EXPECT_EQ(found == nullptr ? 3 * key : *found, 3 * key);
  }
  EXPECT_EQ(JoinTable({}).find(0), nullptr);
}

}  // namespace
}  // namespace upout::workloads
