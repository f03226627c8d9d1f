#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "harness/integrity.h"
#include "harness/json_file.h"
#include "harness/record.h"
#include "harness/run_rules.h"
#include "harness/statistics/median_interval.h"
#include "platform/text_file.h"

namespace upout::harness {
namespace {

using nlohmann::json;

json to_json(const Rebalance& rebalance) {
  return {{"partition", rebalance.partition},
          {"from_rank", rebalance.from},
          {"to_rank", rebalance.to},
          {"complete", rebalance.complete},
          {"begin_seconds", rebalance.begin_seconds},
          {"copying_seconds", rebalance.copying_seconds},
          {"frozen_seconds", rebalance.frozen_seconds},
          {"records", rebalance.records},
          {"bytes", rebalance.bytes},
          {"throughput_before", rebalance.dip.before},
          {"lowest_throughput", rebalance.dip.lowest},
          {"dip_seconds", rebalance.dip.seconds},
          {"lost_operations", rebalance.dip.lost_operations}};
}

json to_json(const Percentiles& latency) {
  return {{"p50", latency.p50},   {"p90", latency.p90}, {"p99", latency.p99},
          {"p999", latency.p999}, {"max", latency.max}, {"count", latency.count}};
}

json to_json(const std::vector<IntervalFigures>& series) {
  json array = json::array();
  for (const IntervalFigures& point : series) {
    array.push_back({{"begin_seconds", point.begin_seconds},
                     {"seconds", point.seconds},
                     {"operations", point.operations},
                     {"throughput", static_cast<double>(point.operations) / point.seconds},
                     {"latency_ns", to_json(point.latency)}});
    if (point.offered) array.back()["offered_per_second"] = *point.offered / point.seconds;
  }
  return array;
}

std::string_view name_of(EndedBy cause) {
  return cause == EndedBy::count ? "count" : "time";
}

json repetitions_json(const std::vector<Repetition>& repetitions) {
  json array = json::array();
  for (const Repetition& repetition : repetitions) {
    array.push_back({{"operations", repetition.operations},
                     {"seconds", repetition.seconds},
                     {"throughput", repetition.throughput()},
                     {"aborts", repetition.aborts},
                     {"failed", repetition.failed},
                     {"complete", repetition.complete}});
    if (repetition.ended_by) array.back()["ended_by"] = name_of(*repetition.ended_by);
    if (repetition.offered) array.back()["offered_operations"] = *repetition.offered;
    if (repetition.aborts_by_cause) array.back()["aborts_by_cause"] = *repetition.aborts_by_cause;
    if (!repetition.committed_by_type.empty())
      array.back()["committed_by_type"] = repetition.committed_by_type;
    if (repetition.rebalance) array.back()["rebalance"] = to_json(*repetition.rebalance);
    if (!repetition.series.empty()) array.back()["time_series"] = to_json(repetition.series);
  }
  return array;
}

json throughput_json(const std::vector<Repetition>& repetitions, const std::string& unit) {
  const std::vector<double> values = complete_throughputs(repetitions);
  if (values.empty()) return nullptr;
  const MedianInterval interval = median_interval(values);
  return {{"median", interval.median},
          {"ci95", {interval.low, interval.high}},
          {"confidence", interval.confidence},
          {"unit", unit}};
}

/// Of TPC-C: from what has committed, for a mix only says what was drawn. Null: no complete repetition.
json new_orders_json(const std::vector<Repetition>& repetitions) {
  std::vector<double> values;
  for (const Repetition& repetition : repetitions) {
    if (!repetition.complete || repetition.seconds <= 0) continue;
    const auto committed = repetition.committed_by_type.find("new_order");
    const bool has_some = committed != repetition.committed_by_type.end();
    values.push_back(has_some ? static_cast<double>(committed->second) * 60 / repetition.seconds : 0);
  }
  return values.empty() ? json(nullptr) : json(median_interval(values).median);
}

json latency_json(const std::map<std::string, Histogram>& latency) {
  json kinds = json::object();
  for (const auto& [kind, histogram] : latency) kinds[kind] = to_json(percentiles_of(histogram));
  return kinds;
}

json verification_json(const Verification& verification) {
  json checks = json::array();
  for (const Check& check : verification.checks) {
    checks.push_back({{"name", check.name}, {"passed", check.passed}, {"detail", check.detail}});
  }
  json made = {{"passed", verification.passed()},
               {"checks", std::move(checks)},
               {"digest", verification.digest},
               {"records", verification.records}};
  if (!verification.applies) made["applicable"] = false;
  return made;
}

json to_json(const GoalProbe& probe) {
  return {{"offered_per_second", probe.rate}, {"latency_ns", probe.latency.count()}, {"kept", probe.kept}};
}

json to_json(const GoalReport& report) {
  json probes = json::array();
  for (const GoalProbe& probe : report.probes) probes.push_back(to_json(probe));
  return {{"latency", report.goal.name},
          {"at_most_ns", report.goal.at_most.count()},
          {"probes", std::move(probes)},
          {"measured", to_json(report.measured)}};
}

/// Of an open loop; what was achieved is over all complete repetitions.
json load_json(const RunRecord& run) {
  double operations = 0;
  double seconds = 0;
  for (const Repetition& repetition : run.repetitions) {
    if (!repetition.complete) continue;
    operations += static_cast<double>(repetition.operations);
    seconds += repetition.seconds;
  }
  json made = {{"arrivals", name_of(run.load.arrivals)},
               {"offered_per_second", run.load.per_second},
               {"achieved_per_second", seconds > 0 ? json(operations / seconds) : json(nullptr)}};
  if (run.load.profile) made["profile"] = run.load.profile->text;
  if (run.goal) made["goal"] = to_json(*run.goal);
  return made;
}

/// Of a run whose repetitions adapt.
json precision_json(const PrecisionReport& report, const std::vector<Repetition>& repetitions) {
  const std::optional<double> reached = half_width(complete_throughputs(repetitions));
  const Precision& asked = report.asked;
  return {{"asked", asked.half_width},
          {"reached", reached ? json(*reached) : json(nullptr)},
          {"least_repetitions", report.least_repetitions},
          {"most_repetitions", asked.most_repetitions == 0 ? json(nullptr) : json(asked.most_repetitions)},
          {"budget_seconds", asked.budget_seconds <= 0 ? json(nullptr) : json(asked.budget_seconds)},
          {"ended_by", report.ended_by ? json(name_of(*report.ended_by)) : json(nullptr)}};
}

/// `throughput`: as the summary has it. The share is of the time of a worker that generates load.
json generator_json(const RunRecord& run, const json& throughput) {
  const auto share = [&] {
    const double of_each = throughput.at("median").get<double>() / run.deployment.generating_workers();
    return *run.generator_ns * 1e-9 * of_each;
  };
  return {{"ns_per_operation", *run.generator_ns},
          {"share", throughput.is_null() ? json(nullptr) : json(share())}};
}

json number_or_null(const std::optional<double>& number) {
  return number ? json(*number) : json(nullptr);
}

json to_json(const LogReport& log) {
  return {{"filesystem", log.filesystem},
          {"seconds", log.seconds},
          {"bytes", log.bytes},
          {"flushes", log.flushes},
          {"checkpoint", {{"bytes", log.checkpoint_bytes}, {"seconds", log.checkpoint_seconds}}},
          {"recovery",
           {{"bytes", log.recovered_bytes},
            {"changes", log.recovered_changes},
            {"reading_seconds", log.reading_seconds},
            {"redoing_seconds", log.redoing_seconds}}}};
}

json to_json(const FaultReport& report) {
  const auto seconds = [](platform::Timestamp time) { return std::chrono::duration<double>(time).count(); };
  json made = {{"kind", name_of(report.fault.kind)},
               {"rank", report.fault.rank},
               {"at_seconds", seconds(report.fault.at)},
               {"detected_after_seconds", number_or_null(report.detected_seconds)},
               {"restored_after_seconds", number_or_null(report.restored_seconds)}};
  if (report.fault.kind != Fault::Kind::kill) made["lasted_seconds"] = seconds(report.fault.lasts);
  if (report.fault.kind == Fault::Kind::slow) made["delay_ns"] = report.fault.delay.count();
  return made;
}

json run_json(const RunRecord& run) {
  json made = {{"id", run.id},
               {"deployment", to_json(run.deployment)},
               {"workload", {{"name", run.workload}, {"properties", run.properties}}},
               {"seed", run.seed},
               {"working_set_bytes", run.working_set_bytes},
               {"warmup_seconds", run.warmup_seconds},
               {"incomplete", run.incomplete},
               {"repetitions", repetitions_json(run.repetitions)},
               {"summary",
                {{"throughput", throughput_json(run.repetitions, run.unit)},
                 {"latency_ns", latency_json(run.latency)}}},
               {"verification", verification_json(run.verification)}};
  if (run.load.is_open()) made["load"] = load_json(run);
  if (run.limits) {
    made["limits"] = {{"operations", run.limits->operations},
                      {"seconds", run.limits->seconds ? json(*run.limits->seconds) : json(nullptr)}};
  }
  if (run.precision) made["precision"] = precision_json(*run.precision, run.repetitions);
  if (run.workload == "tpcc") made["summary"]["new_orders_per_minute"] = new_orders_json(run.repetitions);
  if (run.generator_ns) made["generator"] = generator_json(run, made["summary"]["throughput"]);
  if (run.load_seconds > 0) made["load_seconds"] = run.load_seconds;
  if (run.log) made["log"] = to_json(*run.log);
  for (const FaultReport& fault : run.faults) made["faults"].push_back(to_json(fault));
  if (run.longest_unserved_seconds) made["longest_unserved_seconds"] = *run.longest_unserved_seconds;
  if (run.ledger) {
    made["ledger"] = {{"acknowledged_writes", run.ledger->acknowledged}, {"lost_writes", run.ledger->lost}};
  }
  if (run.staleness) made["staleness"] = to_json(*run.staleness);
  for (const RegionReport& region : run.regions)
    made["regions"].push_back(
        {{"name", region.name}, {"ranks", region.ranks}, {"latency_ns", latency_json(region.latency)}});
  if (run.history) {
    made["history"] = {{"operations", run.history->operations},
                       {"operations_per_worker_at_most", run.history->operations_per_worker_at_most},
                       {"whole", run.history->whole}};
  }
  return made;
}

}  // namespace

nlohmann::json to_json(const BuildInfo& build) {
  return {{"version", build.version},
          {"commit", build.commit},
          {"dirty", build.dirty ? json(*build.dirty) : json(nullptr)},
          {"compiler", build.compiler},
          {"flags", build.flags},
          {"build_type", build.build_type},
          {"native_tuning", build.native_tuning},
          {"sanitizer", build.sanitizer}};
}

nlohmann::json to_json(const Deployment& deployment) {
  return {{"engine", deployment.engine},
          {"nodes", deployment.nodes},
          {"ranks", deployment.ranks},
          {"threads_per_rank", deployment.threads_per_rank},
          {"clients", deployment.clients},
          {"partitions", deployment.partitions},
          {"depth", deployment.depth},
          {"index", deployment.index},
          {"partitioning", deployment.partitioning},
          {"binding", deployment.binding},
          {"placement", deployment.placement},
          {"islands", deployment.islands},
          {"transport", deployment.transport},
          {"read_path", deployment.read_path},
          {"rebalance", deployment.rebalance},
          {"batch_bytes", deployment.batch_bytes},
          {"batch_turns", deployment.batch_turns},
          {"link_delay_ns", deployment.link_delay_ns},
          {"concurrency_control", deployment.concurrency_control},
          {"durability", deployment.durability},
          {"copies", deployment.copies},
          {"replication", deployment.replication},
          {"read_from", deployment.read_from},
          {"regions", deployment.regions},
          {"home", deployment.home},
          {"heartbeat_ns", deployment.heartbeat_ns},
          {"failure_timeout_ns", deployment.failure_timeout_ns},
          {"oversubscribed", deployment.oversubscribed}};
}

nlohmann::json to_json(const std::vector<platform::WorkerBinding>& workers) {
  json array = json::array();
  for (const platform::WorkerBinding& worker : workers) {
    array.push_back({{"worker", worker.worker},
                     {"host", worker.host},
                     {"asked_cpu", worker.asked_cpu},
                     {"node", worker.node ? json(*worker.node) : json(nullptr)},
                     {"allowed_cpus", worker.allowed_cpus},
                     {"achieved", worker.achieved()}});
  }
  return array;
}

std::vector<double> complete_throughputs(const std::vector<Repetition>& repetitions) {
  std::vector<double> values;
  for (const Repetition& repetition : repetitions) {
    if (repetition.complete) values.push_back(repetition.throughput());
  }
  return values;
}

bool Verification::passed() const {
  return !checks.empty() && std::ranges::all_of(checks, &Check::passed);
}

nlohmann::json make_document(const std::vector<RunRecord>& runs, const nlohmann::json& environment) {
  const json suite = to_json(build_info());
  json array = json::array();
  for (const RunRecord& record : runs) {
    json run = run_json(record);
    run["verdict"] = judge({.run = run, .environment = environment, .suite = suite});
    array.push_back(std::move(run));
  }
  json document = {{"schema", "upout-result/1"},
                   {"suite", suite},
                   {"environment", environment},
                   {"runs", std::move(array)},
                   {"analysis", json::object()}};
  seal(document);
  return document;
}

platform::Expected<nlohmann::json> read_document(const std::string& path) {
  return read_json(path, "a result document").and_then([&](json document) -> platform::Expected<json> {
    if (auto valid = validate_document(document); !valid) {
      auto error = std::move(valid).error();
      error.where = path + ": " + error.where;
      return tl::unexpected(std::move(error));
    }
    return document;
  });
}

platform::Expected<void> write_document(const nlohmann::json& document, const std::string& path) {
  return platform::write_text_file(path, document.dump(2, ' ', false, json::error_handler_t::replace) + '\n');
}

}  // namespace upout::harness
