#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engines/aggregate.h"
#include "workloads/hash_join.h"
#include "workloads/properties.h"
#include "workloads/queries.h"
#include "workloads/query_workload.h"
#include "workloads/random.h"
#include "workloads/sales_records.h"

namespace upout::workloads {

struct AnalyticsSettings {
  static constexpr std::size_t types = 3;

  std::uint64_t sales = 1'000'000;
  std::uint64_t customers = 30'000;
  std::size_t row_bytes = 64;
  std::array<std::uint64_t, types> weights{1, 1, 1};  ///< of the types of query, one at least is not 0
};

/// Scans and aggregates: three queries of the kind that decision-support benchmarks are made of, over sales
/// and the customers that they were made to. Each goes through all records. The answers are known beforehand,
/// so that a sale that a scan leaves out, takes twice or reads torn shows in the first query about it.
class Analytics final : public QueryWorkload {
 public:
  enum class Type : std::uint8_t {
    filtered_sum,  ///< how many sales there were in a year, and what they brought
    group_by,      ///< the same of each category, of all years
    join,          ///< the same of each nation's customers of a segment
  };
  static constexpr std::array<std::string_view, AnalyticsSettings::types> types{"filtered_sum", "group_by",
                                                                                "join"};
  static constexpr std::uint64_t days_a_year = 365;

  struct Query {
    std::size_t type = 0;         ///< index into `types`
    std::uint64_t parameter = 0;  ///< the first day, or the segment
  };
  using Answer = std::vector<Sum>;

  /// Types take turns by their weights, so that every window has the same mix, however few queries fit into
  /// it; parameters are drawn.
  class Queries {
   public:
    Queries(const AnalyticsSettings& settings, std::uint64_t seed, std::uint64_t round);
    Query next();

   private:
    std::array<std::uint64_t, AnalyticsSettings::types> weights_;
    std::array<std::uint64_t, AnalyticsSettings::types> asked_{};
    Random random_;
  };

  /// Goes through all rows once, as the workload defines them and no engine keeps them.
  class RightAnswers {
   public:
    explicit RightAnswers(const SalesRecords& records);
    bool is_right(const Query& query, const Answer& answer) const;

   private:
    Answer by_day_;
    Answer by_category_;
    Answer by_segment_and_nation_;
  };

  explicit Analytics(AnalyticsSettings settings) : settings_(settings) {}
  static platform::Expected<std::unique_ptr<Workload>> make(std::string_view name,
                                                            const Properties& properties,
                                                            std::vector<std::string>& warnings);

  std::string_view name() const override { return "analytics"; }
  nlohmann::json properties() const override;
  std::uint64_t record_count() const override { return settings_.customers + settings_.sales; }
  std::size_t value_bytes() const override { return settings_.row_bytes; }
  std::size_t output_bytes() const override { return settings_.row_bytes + 1; }
  kernel::Key largest_key() const override { return record_count() - 1; }

  std::unique_ptr<OperationStream> load(WorkerSlot slot, std::size_t depth) const override;
  std::unique_ptr<AuditStream> audit(WorkerSlot slot, std::size_t depth,
                                     std::span<const WriterProgress> writers) const override;
  std::uint64_t expected_records(std::span<const WriterProgress>) const override { return record_count(); }

  Queries queries(std::uint64_t seed, std::uint64_t round) const { return {settings_, seed, round}; }
  /// Found when it is asked for the first time.
  const RightAnswers& right_answers() const;

  template <class E>
  Answer answer(const Query& query, E& engine) const;

 private:
  SalesRecords records() const;

  AnalyticsSettings settings_;
  mutable std::once_flag answering_;
  mutable std::optional<RightAnswers> right_answers_;
};

/// The same element by element over all processes.
template <class E>
Analytics::Answer over_all(E& engine, std::span<const Sum> sums) {
  std::vector<std::uint64_t> numbers;
  for (const Sum& sum : sums) numbers.insert(numbers.end(), {sum.count, sum.sum});
  engine.sum(numbers);
  Analytics::Answer all;
  for (std::size_t i = 0; i < numbers.size(); i += 2) all.push_back({numbers[i], numbers[i + 1]});
  return all;
}

template <class E>
auto Analytics::answer(const Query& query, E& engine) const -> Answer {
  const SalesRecords rows = records();
  const Table sales = rows.sales_table();
  const auto gather = [&engine](const auto& empty) { return engine.aggregate(empty, engines::Copies::one); };
  switch (static_cast<Type>(query.type)) {
    case Type::filtered_sum: {
      const auto sum = gather(FilteredSum{.filtered = SalesRecords::day,
                                          .least = query.parameter,
                                          .greatest = query.parameter + days_a_year - 1,
                                          .summed = SalesRecords::revenue,
                                          .table = sales});
      return over_all(engine, std::span(&sum.result, 1));
    }
    case Type::group_by: {
      const auto sums =
          gather(GroupedSum(SalesRecords::category, SalesRecords::categories, SalesRecords::revenue, sales));
      return over_all(engine, sums.results());
    }
    case Type::join: {
      const auto matching = gather(MatchingRows{.table = rows.customer_table(),
                                                .filtered = SalesRecords::segment,
                                                .wanted = query.parameter,
                                                .kept = SalesRecords::nation});
      const JoinTable build(engine.concatenate(matching.result));
      const auto sums = gather(
          JoinedSum(sales, SalesRecords::customer, build, SalesRecords::nations, SalesRecords::revenue));
      return over_all(engine, sums.results());
    }
  }
  return {};
}

}  // namespace upout::workloads
