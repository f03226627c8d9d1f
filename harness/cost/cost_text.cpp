#include "harness/cost/cost_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/wording.h"

namespace upout::harness {

namespace {

/// Three significant digits, without an exponent: costs of an operation are small.
std::string digits(double value) {
  if (!(value > 0) || !std::isfinite(value)) return fmt::format("{}", value);
  const int decimals = 2 - static_cast<int>(std::floor(std::log10(value)));
  return fmt::format("{:.{}f}", value, std::clamp(decimals, 0, 18));
}

std::string with_range(const MedianInterval& value, double unit, std::string_view suffix) {
  return fmt::format("{}{} ({} to {})", digits(value.median / unit), suffix, digits(value.low / unit),
                     digits(value.high / unit));
}

std::string throughput_text(const MedianInterval& value) {
  return with_range(value, 1e6, " M");
}

/// "transactions/s" → "transactions".
std::string things_of(const WorkloadCosts& costs) {
  return costs.unit.substr(0, costs.unit.find('/'));
}

/// From the stretch before it up to `to`, which is the greatest throughput that it holds for, so it is.
struct Stretch {
  double to;
  std::string who;
};

std::string who_is_cheaper(const WorkloadCosts& costs, double throughput) {
  const auto up = cheapest_reaching(costs, ways[0].engine, throughput);
  const auto out = cheapest_reaching(costs, ways[1].engine, throughput);
  if (!up && !out) return "";
  if (!out) return "up alone reaches it";
  if (!up) return "out alone reaches it";
  if (up->price_per_hour == out->price_per_hour) return "both cost the same";
  return up->price_per_hour < out->price_per_hour ? "up is cheaper" : "out is cheaper";
}

/// From 0 to the most that was measured; neighbours that come to the same are one.
std::vector<Stretch> stretches_of(const WorkloadCosts& costs) {
  std::set<double> ends;
  for (const PricedDeployment& each : costs.deployments) ends.insert(each.throughput.low);
  std::vector<Stretch> stretches;
  for (const double end : ends) {
    std::string who = who_is_cheaper(costs, end);
    if (who.empty()) continue;
    if (!stretches.empty() && stretches.back().who == who) {
      stretches.back().to = end;
    } else {
      stretches.push_back({end, std::move(who)});
    }
  }
  return stretches;
}

/// "a million operations cost 0.0000027 USD (…) up and …".
std::string per_million_clause(const WorkloadCosts& costs, const PriceFile& prices) {
  std::vector<std::string> figures;
  std::vector<PricedDeployment> best;
  for (const Way& way : ways) {
    const auto found = cheapest_per_operation(costs, way.engine);
    if (!found) continue;
    best.push_back(*found);
    figures.push_back(
        fmt::format("{} {}", with_range(found->price_per_million, 1, " " + prices.currency), way.name));
  }
  std::string clause =
      fmt::format("a million {} cost at the least {}", things_of(costs), enumeration(figures));
  if (best.size() == 2) {
    const MedianInterval times = ratio(best[1].price_per_million, best[0].price_per_million);
    const bool is_decided = times.low > 1 || times.high < 1;
    clause += fmt::format(", which is {} times as much out{}", with_interval(times),
                          is_decided ? "" : ", no difference that the intervals can tell");
  }
  return clause;
}

std::string reaching_clause(const WorkloadCosts& costs, const PriceFile& prices, const Way& way,
                            double throughput) {
  if (const auto found = cheapest_reaching(costs, way.engine, throughput)) {
    return fmt::format("{}, {} an hour on {} ({} on {}, {} {})", way.name,
                       digits(found->price_per_hour) + " " + prices.currency, machines_text(*found),
                       found->label, cores_text(found->cores), throughput_text(found->throughput),
                       costs.unit);
  }
  const auto most = strongest(costs, way.engine);
  if (!most) return fmt::format("{}, none was measured that fits a machine", way.name);
  return fmt::format("{}, none in the measured range, which ends at {} {}", way.name,
                     throughput_text(most->throughput), costs.unit);
}

using Row = std::array<std::string, 6>;

Row row_of(const PricedDeployment& each) {
  return {machines_text(each),           each.label,
          fmt::format("{}", each.cores), throughput_text(each.throughput),
          digits(each.price_per_hour),   with_range(each.price_per_million, 1, "")};
}

/// Columns parted by two spaces, as the suite's other tables.
std::string render_rows(const std::vector<Row>& rows) {
  std::array<std::size_t, std::tuple_size_v<Row>> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

/// The cheapest of each engine on each kind of machine.
std::string render_table(const WorkloadCosts& costs, const PriceFile& prices) {
  std::vector<Row> rows{{"machines", "deployment", "cores", costs.unit, prices.currency + " an hour",
                         fmt::format("{} a million {}", prices.currency, things_of(costs))}};
  for (const Machine& machine : prices.machines) {
    for (const Way& way : ways) {
      if (const auto found = cheapest_per_operation(costs, way.engine, machine.name))
        rows.push_back(row_of(*found));
    }
  }
  return render_rows(rows);
}

}  // namespace

std::string machines_text(const PricedDeployment& deployment) {
  return fmt::format("{} x {}{}", deployment.machines, deployment.machine,
                     deployment.assumes_network ? "*" : "");
}

std::string cheaper_sentence(const WorkloadCosts& costs, const PriceFile& prices) {
  if (costs.deployments.empty())
    return fmt::format("On {}, nothing that was measured fits a machine of the price file.", costs.workload);
  std::vector<std::string> clauses;
  for (const Stretch& stretch : stretches_of(costs))
    clauses.push_back(fmt::format("up to {} M {} {}", digits(stretch.to / 1e6), costs.unit, stretch.who));
  return fmt::format("On {}, {}; beyond that nothing was measured: {}.", costs.workload, enumeration(clauses),
                     per_million_clause(costs, prices));
}

std::string throughput_sentence(const WorkloadCosts& costs, const PriceFile& prices, double throughput) {
  const std::string who = who_is_cheaper(costs, throughput);
  return fmt::format("For {} M {} on {}: {}; {}.{}", digits(throughput / 1e6), costs.unit, costs.workload,
                     reaching_clause(costs, prices, ways[0], throughput),
                     reaching_clause(costs, prices, ways[1], throughput),
                     who.empty() ? "" : " " + capitalized(who) + ".");
}

std::vector<std::string> cost_caveats(std::span<const WorkloadCosts> costs, const PriceFile& prices) {
  std::vector<std::string> lines{
      fmt::format("Prices in {}, of {}. A core of a priced machine is taken to do what a core did that was "
                  "measured; nothing is extrapolated beyond the deployments that were measured.",
                  prices.currency, prices.date)};
  const auto any = [&](auto&& holds) { return std::ranges::any_of(costs, holds); };
  if (any([](const WorkloadCosts& each) {
        return std::ranges::any_of(each.deployments, &PricedDeployment::assumes_network);
      })) {
    lines.emplace_back(
        "* measured on fewer machines than it is priced on: the network between them is not in its figure.");
  }
  for (const WorkloadCosts& each : costs) {
    if (each.unfit.empty()) continue;
    lines.push_back(fmt::format("{}: no machine has cores and memory enough for {}.", each.workload,
                                enumeration(each.unfit)));
  }
  return lines;
}

std::string render_costs(std::span<const WorkloadCosts> costs, const PriceFile& prices,
                         std::optional<double> throughput) {
  std::string text;
  for (const WorkloadCosts& each : costs) {
    text += cheaper_sentence(each, prices) + "\n";
    if (throughput) text += throughput_sentence(each, prices, *throughput) + "\n";
    if (!each.deployments.empty()) text += "\n" + render_table(each, prices);
    text += "\n";
  }
  for (const std::string& line : cost_caveats(costs, prices)) text += line + "\n";
  return text;
}

}  // namespace upout::harness
