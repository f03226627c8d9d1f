#include <fmt/format.h>

#include <cmath>

#include "harness/consistency_place.h"

namespace upout::harness {
namespace {

using nlohmann::json;

double sum_of(const json& counts) {
  double sum = 0;
  for (const auto& [name, count] : counts.items()) sum += count.get<double>();
  return sum;
}

void check_rate(const Place& window) {
  const double seconds = window["seconds"].number();
  const double rate = seconds > 0 ? window["operations"].number() / seconds : 0;
  window["throughput"].expect_number(rate, "operations / seconds");
}

void check_causes(const Place& repetition) {
  if (repetition.has("committed_by_type"))
    repetition["operations"].expect_number(sum_of(repetition["committed_by_type"].value()),
                                           "the sum of committed_by_type");
  if (!repetition.has("aborts_by_cause"))
    return repetition["aborts"].expect_number(0, "as there is no aborts_by_cause");
  const json& causes = repetition["aborts_by_cause"].value();
  repetition["aborts"].expect_number(sum_of(causes) - causes.value("requested", 0.0),
                                     "the sum of aborts_by_cause without requested");
}

/// One after the other, without a gap. What is done is done in one of them.
void check_series(const Place& repetition, bool is_open) {
  const std::vector<Place> points = repetition["time_series"].items();
  double end = 0;
  double operations = 0;
  for (const Place& point : points) {
    const bool follows = std::abs(point["begin_seconds"].number() - end) < 1e-6;
    point["begin_seconds"].expect(follows, fmt::format("{:g} (where the interval before ends)", end));
    end = point["begin_seconds"].number() + point["seconds"].number();
    operations += point["operations"].number();
    check_rate(point);
    point.expect_member("offered_per_second", is_open,
                        is_open ? "as the load is open" : "as the loop is closed");
    if (!is_open) {
      point["latency_ns"]["count"].expect_number(point["operations"].number(),
                                                 "operations: each has a latency");
    }
  }
  repetition["operations"].expect_number(operations, "the sum over time_series");
  repetition["seconds"].expect(std::abs(repetition["seconds"].number() - end) < 1e-6,
                               fmt::format("{:g} (where time_series ends)", end));
}

void check_rebalance(const Place& move, const Place& deployment, double window) {
  const auto below = [](const Place& number, double limit, const char* what) {
    number.expect(number.number() < limit, fmt::format("less than {:g} ({})", limit, what));
  };
  const json& asked = deployment.value();
  const double owners = asked.at("ranks").get<double>() - asked.value("clients", 0.0);
  below(move["partition"], asked.at("partitions").get<double>(), "partitions");
  below(move["from_rank"], owners, "ranks with data");
  below(move["to_rank"], owners, "ranks with data");
  move["to_rank"].expect(move["to_rank"].value() != move["from_rank"].value(), "another rank than from_rank");
  move["dip_seconds"].expect(move["dip_seconds"].number() <= window * (1 + 1e-9), "a part of the window");
}

}  // namespace

void check_repetitions(const Place& run) {
  const bool is_open = run.has("load");
  const bool was_ended = run["incomplete"].is_true();
  for (const Place& repetition : run["repetitions"].items()) {
    const bool complete = repetition["complete"].is_true();
    check_rate(repetition);
    check_causes(repetition);
    repetition["complete"].expect(complete || was_ended, "true, as the run is not incomplete");
    repetition["seconds"].expect(!complete || repetition["seconds"].number() > 0,
                                 "more than 0 of a complete repetition");
    repetition.expect_member("offered_operations", is_open,
                             is_open ? "as the load is open" : "as the loop is closed");
    if (!run.has("limits")) repetition.expect_member("ended_by", false, "as operations were not counted");
    if (repetition.has("time_series")) check_series(repetition, is_open);
    if (repetition.has("rebalance"))
      check_rebalance(repetition["rebalance"], run["deployment"], repetition["seconds"].number());
  }
}

}  // namespace upout::harness
