#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "harness/consistency_place.h"
#include "harness/statistics/median_interval.h"

namespace upout::harness {
namespace {

using nlohmann::json;

std::vector<json> complete_repetitions(const json& run) {
  std::vector<json> complete;
  std::ranges::copy_if(run.at("repetitions"), std::back_inserter(complete),
                       [](const json& repetition) { return repetition.at("complete").get<bool>(); });
  return complete;
}

double sum_over(const std::vector<json>& repetitions, const char* member) {
  double sum = 0;
  for (const json& repetition : repetitions) sum += repetition.value(member, 0.0);
  return sum;
}

/// Those whose latencies were kept: the complete ones, or the only one that there is.
std::vector<json> timed_repetitions(const json& run) {
  std::vector<json> timed = complete_repetitions(run);
  if (timed.empty() && !run.at("repetitions").empty()) timed.push_back(run.at("repetitions").front());
  return timed;
}

void check_throughput(const Place& throughput, const std::vector<json>& complete) {
  if (complete.empty()) return throughput.expect(throughput.is_null(), "null, as no repetition is complete");
  if (throughput.is_null()) return throughput.expect(false, "a median, as there are complete repetitions");
  std::vector<double> values;
  for (const json& repetition : complete) values.push_back(repetition.at("throughput").get<double>());
  const MedianInterval expected = median_interval(values);
  throughput["median"].expect_number(expected.median, "the median of the complete repetitions");
  const Place ends = throughput["ci95"];
  ends[0].expect_number(expected.low, "the lower end of the median's interval");
  ends[1].expect_number(expected.high, "the upper end of the median's interval");
  throughput["confidence"].expect_number(expected.confidence,
                                         fmt::format("of {} repetitions", complete.size()));
  const double median = throughput["median"].number();
  ends.expect(ends[0].number() <= median && median <= ends[1].number(),
              "an interval that has the median in it");
}

/// Transactions alone can abort. Of queries nothing is generated.
void check_unit(const Place& run) {
  const Place throughput = run["summary"]["throughput"];
  if (throughput.is_null()) return;
  const auto& repetitions = run["repetitions"].value();
  const bool are_transactions =
      std::ranges::any_of(repetitions, [](const json& r) { return r.contains("aborts_by_cause"); });
  const json& unit = throughput["unit"].value();
  throughput["unit"].expect((unit == "transactions/s") == are_transactions,
                            are_transactions ? "transactions/s, as there is aborts_by_cause"
                                             : "another one, as there is no aborts_by_cause");
  if (unit == "queries/s")
    throughput["unit"].expect(!run.has("generator"), "another one, as there is a generator");
}

void check_new_orders(const Place& summary, bool is_tpcc, const std::vector<json>& complete) {
  if (!is_tpcc) return summary.expect_member("new_orders_per_minute", false, "which tpcc alone has");
  if (!summary.has("new_orders_per_minute")) return;
  std::vector<double> values;
  for (const json& repetition : complete) {
    const double new_orders = repetition.value("committed_by_type", json::object()).value("new_order", 0.0);
    values.push_back(new_orders * 60 / repetition.at("seconds").get<double>());
  }
  const Place a_minute = summary["new_orders_per_minute"];
  if (values.empty()) return a_minute.expect(a_minute.is_null(), "null, as no repetition is complete");
  a_minute.expect_number(median_interval(values).median,
                         "60 new_order / seconds, the median of the repetitions");
}

void check_order(const Place& latency) {
  const char* shorter = "p50";
  for (const char* longer : {"p90", "p99", "p999", "max"}) {
    const double least = latency[shorter].number();
    latency[longer].expect(latency[longer].number() >= least,
                           fmt::format("{:.0f} at least ({})", least, shorter));
    shorter = longer;
  }
}

double counted(const json& kinds) {
  double sum = 0;
  for (const auto& [kind, latency] : kinds.items()) sum += latency.at("count").get<double>();
  return sum;
}

/// In a closed loop each operation that counts has a latency; in an open one, those that arrived.
void check_latencies(const Place& run) {
  const Place kinds = run["summary"]["latency_ns"];
  for (const auto& [kind, latency] : kinds.value().items()) check_order(kinds[kind]);
  const std::vector<json> timed = timed_repetitions(run.value());
  const double all = counted(kinds.value());
  if (run.has("load")) {
    const double arrived = sum_over(timed, "offered_operations");
    return kinds.expect(all <= arrived, fmt::format("counts of at most {:.0f} (that arrived)", arrived));
  }
  const double done = sum_over(timed, "operations");
  kinds.expect(are_near(all, done),
               fmt::format("counts that sum up to {:.0f} operations, not {:.0f}", done, all));
  for (const auto& [type, latency] : kinds.value().items()) {
    double committed = 0;
    bool is_known = !timed.empty();
    for (const json& repetition : timed) {
      is_known = is_known && repetition.contains("committed_by_type");
      committed += repetition.value("committed_by_type", json::object()).value(type, 0.0);
    }
    if (is_known) kinds[type]["count"].expect_number(committed, "the sum over committed_by_type");
  }
}

/// How many workers generated load.
double generating_workers(const Place& run) {
  const json& deployment = run["deployment"].value();
  const double clients = deployment.value("clients", 0.0);
  const double ranks = clients > 0 ? clients : deployment.at("ranks").get<double>();
  return ranks * deployment.at("threads_per_rank").get<double>();
}

void check_generator(const Place& run) {
  if (!run.has("generator")) return;
  const Place share = run["generator"]["share"];
  const json& throughput = run["summary"]["throughput"].value();
  if (throughput.is_null()) return share.expect(share.is_null(), "null, as no repetition is complete");
  const double of_each = throughput.at("median").get<double>() / generating_workers(run);
  share.expect_number(run["generator"]["ns_per_operation"].number() * 1e-9 * of_each,
                      "ns_per_operation times the operations of each worker in a second");
}

/// What was done outside of the windows is in it too.
void check_history(const Place& run) {
  if (!run.has("history")) return;
  const Place history = run["history"];
  const Place operations = history["operations"];
  const double most = generating_workers(run) * history["operations_per_worker_at_most"].number();
  operations.expect(operations.number() <= most,
                    fmt::format("at most {:.0f}, for which the workers had room", most));
  const double measured = sum_over(run["repetitions"].value(), "operations");
  operations.expect(!history["whole"].is_true() || operations.number() >= measured,
                    fmt::format("at least the {:.0f} that were measured, as it is whole", measured));
}

void check_log(const Place& run) {
  const bool is_durable = run["deployment"]["durability"].value() != "none";
  run.expect_member("log", is_durable, is_durable ? "what is durable goes to disk" : "nothing went to disk");
}

void check_verification(const Place& verification) {
  const json& checks = verification["checks"].value();
  const bool passed = !checks.empty() &&
                      std::ranges::all_of(checks, [](const json& c) { return c.at("passed").get<bool>(); });
  verification["passed"].expect(
      verification["passed"].is_true() == passed,
      passed ? "true, as all checks passed" : "false, as a check failed or nothing was checked");
}

void check_probe(const Place& probe, double at_most) {
  probe["kept"].expect(!probe["kept"].is_true() || probe["latency_ns"].number() <= at_most,
                       "false, as the latency is longer than at_most_ns");
}

/// How many arrive is drawn: it is as far from its mean as ten times its deviation at most.
void check_arrivals(const Place& repetition, double per_second, double workers) {
  if (!repetition["complete"].is_true() || !repetition.has("offered_operations")) return;
  const double mean = per_second * repetition["seconds"].number();
  const double away = std::abs(repetition["offered_operations"].number() - mean);
  repetition["offered_operations"].expect(away <= 10 * std::sqrt(mean) + workers,
                                          fmt::format("about {:.0f} (offered_per_second x seconds)", mean));
}

}  // namespace

void check_summary(const Place& run) {
  const std::vector<json> complete = complete_repetitions(run.value());
  const Place summary = run["summary"];
  check_throughput(summary["throughput"], complete);
  check_unit(run);
  check_new_orders(summary, run["workload"]["name"].value() == "tpcc", complete);
  check_latencies(run);
  for (const Place& repetition : run["repetitions"].items()) {
    if (!repetition.has("time_series")) continue;
    for (const Place& point : repetition["time_series"].items()) check_order(point["latency_ns"]);
  }
  check_generator(run);
  check_history(run);
  check_log(run);
  check_verification(run["verification"]);
}

void check_load(const Place& run) {
  if (!run.has("load")) return;
  const Place load = run["load"];
  const std::vector<json> complete = complete_repetitions(run.value());
  const double seconds = sum_over(complete, "seconds");
  if (seconds > 0)
    load["achieved_per_second"].expect_number(sum_over(complete, "operations") / seconds,
                                              "operations / seconds of the complete repetitions");
  const double per_second = load["offered_per_second"].number();
  const json& deployment = run["deployment"].value();
  const double workers =
      deployment.at("ranks").get<double>() * deployment.at("threads_per_rank").get<double>();
  for (const Place& repetition : run["repetitions"].items()) check_arrivals(repetition, per_second, workers);
  if (!load.has("goal")) return;
  const Place goal = load["goal"];
  const double at_most = goal["at_most_ns"].number();
  for (const Place& probe : goal["probes"].items()) check_probe(probe, at_most);
  check_probe(goal["measured"], at_most);
  goal["measured"]["offered_per_second"].expect_number(per_second, "the load's");
}

}  // namespace upout::harness
