#include "harness/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace upout::harness {
namespace {

using nlohmann::json;

/// The throughput of an open loop is what was offered, as long as that is carried: there is nothing in it to
/// compare. Nor is there in that of a deployment which was damaged meanwhile, or whose links were made as
/// long as between regions, where waits are the question. A summary alone, with no repetition that it could
/// be of, is no result either.
bool is_result(const json& run) {
  if (run.contains("load") || run.contains("faults") || run.contains("regions")) return false;
  const auto is_complete = [](const json& repetition) { return repetition.at("complete").get<bool>(); };
  return run.at("verdict").at("class") != "invalid" && !run.at("summary").at("throughput").is_null() &&
         std::ranges::any_of(run.at("repetitions"), is_complete);
}

unsigned cores_of(const json& run) {
  const json& deployment = run.at("deployment");
  return deployment.at("ranks").get<unsigned>() * deployment.at("threads_per_rank").get<unsigned>();
}

/// A run, and where its document comes from.
struct SourcedRun {
  const json* run;
  std::string source;
};

/// How a deployment uses its cores, as opposed to how many it has; and whose it is.
json variant_of(const SourcedRun& sourced) {
  const json deployment = completed_deployment(*sourced.run);
  json variant = {{"source", sourced.source}};
  for (const char* key :
       {"engine", "depth", "placement", "concurrency_control", "transport", "replication", "durability",
        "oversubscribed", "binding", "islands", "rebalance", "link_delay_ns", "regions", "home"}) {
    variant[key] = deployment.at(key);
  }
  if (deployment.contains("partitioning")) variant["partitioning"] = deployment.at("partitioning");
  // Threads are how the one engine grows; to the other they are a choice of its own.
  if (deployment.at("engine") == "shared-nothing") {
    for (const char* key :
         {"threads_per_rank", "batch_bytes", "batch_turns", "read_path", "clients", "copies", "read_from"})
      variant[key] = deployment.at(key);
    // One a rank is how it grows, too.
    const bool is_one_each =
        deployment.at("partitions").get<unsigned>() + deployment.at("clients").get<unsigned>() ==
        deployment.at("ranks").get<unsigned>();
    variant["partitions"] = is_one_each ? json("one a rank") : deployment.at("partitions");
  }
  return variant;
}

/// What a workload is, on whatever machine: records that are so many a worker grow with the workers. By which
/// kind of index records are found is a choice that engines are compared under, and not one between them.
json properties_of(const json& run) {
  json properties = run.at("workload").at("properties");
  if (properties.contains("recordcount_per_worker")) properties.erase("recordcount");
  properties["index"] = completed_deployment(run).at("index");
  return properties;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The members in which some of these objects differ.
std::set<std::string> differing_members(const std::vector<json>& objects) {
  std::set<std::string> differing;
  for (const json& object : objects) {
    for (const json& other : objects) {
      for (const auto& [key, value] : object.items()) {
        if (!other.contains(key) || other.at(key) != value) differing.insert(key);
      }
    }
  }
  return differing;
}

/// "PREFIX, key value, ..." of the members named.
std::string labelled(std::string label, const json& object, const std::set<std::string>& members) {
  for (const std::string& member : members) {
    if (!object.contains(member)) continue;
    std::string key = member;
    std::ranges::replace(key, '_', ' ');
    label += fmt::format(", {} {}", key, text_of(object.at(member)));
  }
  return label;
}

/// Runs of one series, by cores and id.
using Configurations = std::map<std::pair<unsigned, std::string>, std::vector<SourcedRun>>;

std::vector<double> throughputs_of(const std::vector<SourcedRun>& runs) {
  std::vector<double> values;
  for (const SourcedRun& sourced : runs) {
    for (const json& repetition : sourced.run->at("repetitions")) {
      if (repetition.at("complete").get<bool>()) values.push_back(repetition.at("throughput").get<double>());
    }
  }
  return values;
}

bool is_baseline(const SourcedRun& sourced) {
  return sourced.run->at("deployment").at("engine") == "baseline";
}

/// Of the configurations of the sequential program, the fastest.
std::optional<SeriesPoint> fastest_of(const std::vector<SourcedRun>& runs) {
  std::map<std::string, std::vector<SourcedRun>> configurations;
  for (const SourcedRun& run : runs) configurations[run.run->at("id").get<std::string>()].push_back(run);
  std::optional<SeriesPoint> fastest;
  for (const auto& [id, same] : configurations) {
    std::vector<double> repetitions = throughputs_of(same);
    const MedianInterval throughput = median_interval(repetitions);
    SeriesPoint point{id, 1, throughput, std::move(repetitions)};
    if (!fastest || point.throughput.median > fastest->throughput.median) fastest = std::move(point);
  }
  return fastest;
}

using RunsByProperties = std::map<json, std::vector<SourcedRun>>;

json without_index(json properties) {
  properties.erase("index");
  return properties;
}

/// Of the workloads of one name. The sequential program has the one kind of index that suits a workload, and
/// is set against engines with either.
class Runs {
 public:
  void add(const SourcedRun& run) {
    json properties = properties_of(*run.run);
    if (is_baseline(run)) {
      baselines_[without_index(std::move(properties))].push_back(run);
    } else {
      by_properties_[std::move(properties)].push_back(run);
    }
  }
  /// A baseline that there is nothing to set against stands alone: without runs.
  RunsByProperties by_properties() const {
    RunsByProperties all = by_properties_;
    for (const auto& [properties, runs] : baselines_) {
      // (clang 14 captures no structured bindings.)
      const bool stands_alone = std::ranges::none_of(
          by_properties_,
          [&own = properties](const auto& engines) { return without_index(engines.first) == own; });
      if (stands_alone) all[properties_of(*runs.front().run)];
    }
    return all;
  }
  std::vector<SourcedRun> baselines_of(const json& properties) const {
    const auto found = baselines_.find(without_index(properties));
    return found == baselines_.end() ? std::vector<SourcedRun>{} : found->second;
  }

 private:
  RunsByProperties by_properties_;  ///< of engines
  RunsByProperties baselines_;      ///< by properties without the index
};

/// In which members the variants of each engine differ.
using DifferencesByEngine = std::map<std::string, std::set<std::string>>;

DifferencesByEngine differences_of(const RunsByProperties& runs_by_properties) {
  std::map<std::string, std::set<json>> variants;
  for (const auto& [properties, runs] : runs_by_properties) {
    for (const SourcedRun& run : runs) {
      json variant = variant_of(run);
      variants[variant.at("engine").get<std::string>()].insert(std::move(variant));
    }
  }
  DifferencesByEngine differences;
  for (const auto& [engine, of_it] : variants)
    differences[engine] = differing_members(std::vector<json>(of_it.begin(), of_it.end()));
  return differences;
}

/// `differences` are those of all runs of the workload's name, so that what is the same series in several
/// comparisons has the same label in each.
std::vector<Series> series_of(const std::vector<SourcedRun>& runs, const DifferencesByEngine& differences) {
  std::map<json, Configurations> by_variant;
  for (const SourcedRun& run : runs)
    by_variant[variant_of(run)][{cores_of(*run.run), run.run->at("id").get<std::string>()}].push_back(run);

  std::vector<Series> all;
  for (const auto& [variant, configurations] : by_variant) {
    const auto engine = variant.at("engine").get<std::string>();
    Series series{engine,  labelled(engine, variant, differences.at(engine)),
                  {},      variant.at("source"),
                  variant, differences.at(engine)};
    for (const auto& [key, same] : configurations) {
      std::vector<double> repetitions = throughputs_of(same);
      const MedianInterval throughput = median_interval(repetitions);
      series.points.push_back({key.second, key.first, throughput, std::move(repetitions)});
    }
    all.push_back(std::move(series));
  }
  std::ranges::stable_sort(all, {}, &Series::engine);
  return all;
}

}  // namespace

nlohmann::json completed_deployment(const nlohmann::json& run) {
  const json& deployment = run.at("deployment");
  const bool has_messages = deployment.at("engine") == "shared-nothing";
  json completed = {{"index", "hash"},
                    {"binding", "cores"},
                    {"islands", 1},
                    {"rebalance", "none"},
                    {"link_delay_ns", 0},
                    {"regions", ""},
                    {"home", ""},
                    {"clients", 0},
                    {"copies", 1},
                    {"read_from", "primary"},
                    {"read_path", has_messages ? "request" : "none"},
                    {"batch_bytes", has_messages ? 3072 : 0},
                    {"batch_turns", has_messages ? 64 : 0}};
  completed.update(deployment);
  return completed;
}

std::string workload_without(const Comparison& comparison, const std::string& property) {
  std::set<std::string> others = comparison.telling;
  others.erase(property);
  return labelled(comparison.name, comparison.properties, others);
}

std::string label_without(const Series& series, const std::string& member) {
  std::set<std::string> others = series.telling;
  others.erase(member);
  return labelled(series.engine, series.variant, others);
}

std::vector<Crossing> crossings(std::span<const Comparison> comparisons) {
  std::map<std::string, std::vector<const Comparison*>> families;
  for (const Comparison& comparison : comparisons) {
    if (comparison.crossing) families[workload_without(comparison, "crosspartition")].push_back(&comparison);
  }
  std::vector<Crossing> found;
  for (auto& [workload, members] : families) {
    if (members.size() < 2) continue;
    std::ranges::sort(members, {}, [](const Comparison* member) { return *member->crossing; });
    found.push_back({workload, std::move(members)});
  }
  return found;
}

unsigned cores_of(const Crossing& crossing) {
  std::map<unsigned, std::size_t> shares_with_both;
  for (const Comparison* comparison : crossing.by_share) {
    std::map<unsigned, std::set<std::string>> engines;
    for (const Series& series : comparison->series) {
      for (const SeriesPoint& point : series.points) {
        if (point.throughput.low > 0) engines[point.cores].insert(series.engine);
      }
    }
    for (const auto& [cores, measured] : engines) shares_with_both[cores] += measured.size() > 1 ? 1 : 0;
  }
  unsigned found = 0;
  std::size_t most = 0;
  for (const auto& [cores, shares] : shares_with_both) {
    if (shares < most) continue;
    found = cores;
    most = shares;
  }
  return found;
}

std::vector<Comparison> compare(std::span<const nlohmann::json> documents,
                                std::span<const std::string> sources) {
  assert(sources.empty() || sources.size() == documents.size());
  std::map<std::string, Runs> workloads;  // by name
  for (std::size_t i = 0; i < documents.size(); ++i) {
    for (const json& run : documents[i].at("runs")) {
      if (is_result(run))
        workloads[run.at("workload").at("name").get<std::string>()].add(
            {&run, sources.empty() ? "" : sources[i]});
    }
  }

  std::vector<Comparison> comparisons;
  for (const auto& [name, of_it] : workloads) {
    const RunsByProperties by_properties = of_it.by_properties();
    std::vector<json> properties;
    for (const auto& [key, runs] : by_properties) properties.push_back(key);
    const std::set<std::string> differing = differing_members(properties);
    const DifferencesByEngine differences = differences_of(by_properties);
    for (const auto& [key, runs] : by_properties) {
      const std::vector<SourcedRun> baselines = of_it.baselines_of(key);
      Comparison comparison{labelled(name, key, differing), series_of(runs, differences),
                            fastest_of(baselines)};
      comparison.name = name;
      comparison.properties = key;
      comparison.unit =
          (runs.empty() ? baselines : runs).front().run->at("summary").at("throughput").at("unit");
      comparison.telling = differing;
      if (differing.contains("crosspartition") && key.value("crosspartition", json()).is_number())
        comparison.crossing = key.at("crosspartition").get<double>();
      comparisons.push_back(std::move(comparison));
    }
  }
  return comparisons;
}

}  // namespace upout::harness
