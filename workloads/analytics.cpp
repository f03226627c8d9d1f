#include "workloads/analytics.h"

#include <algorithm>

#include "kernel/record.h"
#include "workloads/property_reader.h"

namespace upout::workloads {

using platform::Expected;

namespace {

constexpr auto known = std::to_array<std::string_view>(
    {"sales", "customers", "rowbytes", "filteredsumweight", "groupbyweight", "joinweight"});
constexpr std::uint64_t most_weight = 1'000'000;

}  // namespace

Expected<std::unique_ptr<Workload>> Analytics::make(std::string_view name, const Properties& properties,
                                                    std::vector<std::string>&) {
  if (auto names = check_names(name, properties, known); !names) return tl::unexpected(names.error());
  AnalyticsSettings settings;
  PropertyReader read(properties);
  read.integer("sales", settings.sales, 1, std::uint64_t{1} << 40);
  read.integer("customers", settings.customers, 1, std::uint64_t{1} << 30);
  read.integer("rowbytes", settings.row_bytes, SalesRecords::least_value_bytes, kernel::max_value_bytes);
  for (std::size_t type = 0; type < settings.weights.size(); ++type)
    read.integer(known[3 + type], settings.weights[type], 0, most_weight);
  if (read.error()) return tl::unexpected(*read.error());
  if (std::ranges::all_of(settings.weights, [](std::uint64_t weight) { return weight == 0; })) {
    return platform::unexpected("-p filteredsumweight, groupbyweight, joinweight", "0 for all of them",
                                "one that is greater than 0");
  }
  return std::make_unique<Analytics>(settings);
}

nlohmann::json Analytics::properties() const {
  nlohmann::json json{
      {"sales", settings_.sales}, {"customers", settings_.customers}, {"rowbytes", settings_.row_bytes}};
  for (std::size_t type = 0; type < settings_.weights.size(); ++type)
    json[std::string(known[3 + type])] = settings_.weights[type];
  return json;
}

SalesRecords Analytics::records() const {
  return {.customers = settings_.customers, .sales = settings_.sales, .value_bytes = settings_.row_bytes};
}

std::unique_ptr<OperationStream> Analytics::load(WorkerSlot slot, std::size_t depth) const {
  return std::make_unique<RecordLoad<SalesRecords>>(records(), slot, depth);
}

std::unique_ptr<AuditStream> Analytics::audit(WorkerSlot slot, std::size_t depth,
                                              std::span<const WriterProgress>) const {
  return std::make_unique<RecordAudit<SalesRecords>>(records(), slot, depth);
}

Analytics::Queries::Queries(const AnalyticsSettings& settings, std::uint64_t seed, std::uint64_t round)
    : weights_(settings.weights), random_(seed, round) {}

auto Analytics::Queries::next() -> Query {
  // Whose next one would be due first: (asked + 1) / weight is least.
  Query query;
  for (std::size_t type = 1; type < weights_.size(); ++type) {
    const bool is_sooner =
        (asked_[type] + 1) * weights_[query.type] < (asked_[query.type] + 1) * weights_[type];
    if (weights_[query.type] == 0 || is_sooner) query.type = type;
  }
  ++asked_[query.type];
  switch (static_cast<Type>(query.type)) {
    case Type::filtered_sum:
      query.parameter = random_.below(SalesRecords::days - days_a_year + 1);
      break;
    case Type::group_by:
      break;
    case Type::join:
      query.parameter = random_.below(SalesRecords::segments);
      break;
  }
  return query;
}

Analytics::RightAnswers::RightAnswers(const SalesRecords& records)
    : by_day_(SalesRecords::days),
      by_category_(SalesRecords::categories),
      by_segment_and_nation_(SalesRecords::segments * SalesRecords::nations) {
  const Table sales = records.sales_table();
  for (kernel::Key key = sales.begin; key < sales.end; ++key) {
    const SalesRecords::Sale sale = records.sale_of(key);
    const SalesRecords::Customer customer = records.customer_of(sale.customer);
    by_day_[sale.day].add(sale.revenue);
    by_category_[sale.category].add(sale.revenue);
    by_segment_and_nation_[customer.segment * SalesRecords::nations + customer.nation].add(sale.revenue);
  }
}

auto Analytics::right_answers() const -> const RightAnswers& {
  std::call_once(answering_, [this] { right_answers_.emplace(records()); });
  return *right_answers_;
}

bool Analytics::RightAnswers::is_right(const Query& query, const Answer& answer) const {
  switch (static_cast<Type>(query.type)) {
    case Type::filtered_sum: {
      Sum of_year;
      for (const Sum& of_day : std::span(by_day_).subspan(query.parameter, days_a_year)) of_year.add(of_day);
      return answer == Answer{of_year};
    }
    case Type::group_by:
      return answer == by_category_;
    case Type::join:
      return std::ranges::equal(answer,
                                std::span(by_segment_and_nation_)
                                    .subspan(query.parameter * SalesRecords::nations, SalesRecords::nations));
  }
  return false;
}

}  // namespace upout::workloads
