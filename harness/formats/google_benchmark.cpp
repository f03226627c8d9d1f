#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "harness/formats/format.h"

namespace upout::harness {

namespace {

using nlohmann::json;
/// Members in the order in which that library writes them.
using Members = nlohmann::ordered_json;

/// A repetition, as that library counts: an operation is an iteration, and an item.
struct Iterations {
  std::uint64_t count = 0;
  double seconds = 0;

  double nanoseconds_each() const { return seconds * 1e9 / static_cast<double>(count); }
  double per_second() const { return static_cast<double>(count) / seconds; }
};

/// Of the repetitions that have a time for each operation.
std::vector<Iterations> iterations_of(const json& run) {
  std::vector<Iterations> made;
  for (const json& repetition : run.at("repetitions")) {
    const Iterations iterations{repetition.at("operations"), repetition.at("seconds")};
    if (repetition.at("complete").get<bool>() && iterations.count > 0 && iterations.seconds > 0)
      made.push_back(iterations);
  }
  return made;
}

/// Nothing, or which rules make the figures doubtful.
std::string label_of(const json& run) {
  std::string rules;
  for (const json& reason : run.at("verdict").at("reasons"))
    rules += (rules.empty() ? "unofficial: " : ", ") + reason.at("rule").get<std::string>();
  return rules;
}

/// What the repetitions and aggregates of a run have in common. `suffix`: of an aggregate's name.
Members head_of(const json& run, std::size_t family, std::size_t repetitions, const std::string& suffix) {
  const auto id = run.at("id").get<std::string>();
  return {{"name", id + suffix},
          {"family_index", family},
          {"per_family_instance_index", 0},
          {"run_name", id},
          {"run_type", suffix.empty() ? "iteration" : "aggregate"},
          {"repetitions", repetitions}};
}

unsigned workers_of(const json& run) {
  const json& deployment = run.at("deployment");
  return deployment.at("ranks").get<unsigned>() * deployment.at("threads_per_rank").get<unsigned>();
}

/// The time of the processor is not measured: that of the clock stands for it, as readers want both.
void add_figures(Members& entry, std::uint64_t iterations, double time, double per_second,
                 const std::string& label) {
  entry["iterations"] = iterations;
  entry["real_time"] = time;
  entry["cpu_time"] = time;
  entry["time_unit"] = "ns";
  entry["items_per_second"] = per_second;
  if (!label.empty()) entry["label"] = label;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double deviation(const std::vector<double>& values) {
  const double center = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - center) * (value - center);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double relative_deviation(const std::vector<double>& values) {
  return deviation(values) / mean(values);
}

struct Aggregate {
  const char* name;
  const char* unit;
  double (*of)(const std::vector<double>& values);
};
constexpr Aggregate mean_of{"mean", "time", mean};
const Aggregate aggregates[] = {
    mean_of,
    {"median", "time", [](const std::vector<double>& values) { return median(values); }},
    {"stddev", "time", deviation},
    {"cv", "percentage", relative_deviation}};

void add_aggregates(Members& entries, const json& run, std::size_t family,
                    const std::vector<Iterations>& repetitions) {
  std::vector<double> times;
  std::vector<double> rates;
  for (const Iterations& repetition : repetitions) {
    times.push_back(repetition.nanoseconds_each());
    rates.push_back(repetition.per_second());
  }
  for (const Aggregate& aggregate : aggregates) {
    Members entry = head_of(run, family, repetitions.size(), std::string("_") + aggregate.name);
    entry["threads"] = workers_of(run);
    entry["aggregate_name"] = aggregate.name;
    entry["aggregate_unit"] = aggregate.unit;
    add_figures(entry, repetitions.size(), aggregate.of(times), aggregate.of(rates), label_of(run));
    entries.push_back(std::move(entry));
  }
}

void add_run(Members& entries, const json& run, std::size_t family,
             const std::vector<Iterations>& repetitions) {
  for (std::size_t i = 0; i < repetitions.size(); ++i) {
    Members entry = head_of(run, family, repetitions.size(), "");
    entry["repetition_index"] = i;
    entry["threads"] = workers_of(run);
    add_figures(entry, repetitions[i].count, repetitions[i].nanoseconds_each(), repetitions[i].per_second(),
                label_of(run));
    entries.push_back(std::move(entry));
  }
  if (repetitions.size() > 1) add_aggregates(entries, run, family, repetitions);
}

/// What documents say of when, caches and clock rate is not enough for `date`, `caches` and `mhz_per_cpu`.
Members context_of(const json& document) {
  const json& environment = document.at("environment");
  const json& suite = document.at("suite");
  Members context;
  context["host_name"] = environment.at("host_name").is_null() ? json("") : environment.at("host_name");
  context["executable"] = "upout";
  context["num_cpus"] = environment.at("processing_units");
  if (const json& governor = environment.at("scaling_governor"); !governor.is_null())
    context["cpu_scaling_enabled"] = governor != "performance";
  context["load_avg"] = json::array();
  if (const json& load = environment.at("load_average_1min"); !load.is_null())
    context["load_avg"].push_back(load.get<double>());
  context["library_build_type"] = suite.at("build_type") == "Release" ? "release" : "debug";
  context["cpu_model"] = environment.at("cpu_model").is_null() ? json("") : environment.at("cpu_model");
  context["upout_version"] =
      suite.at("version").get<std::string>() + " " + suite.at("commit").get<std::string>();
  return context;
}

/// One context stands for all runs.
platform::Expected<void> check_one_context(std::span<const json> documents) {
  for (const json& document : documents.subspan(1)) {
    for (const char* place : {"/environment/host_name", "/suite/commit"}) {
      const json::json_pointer pointer(place);
      if (document.at(pointer) == documents[0].at(pointer)) continue;
      return platform::unexpected(
          "google-benchmark",
          fmt::format("{} {} and {}", place, documents[0].at(pointer).dump(), document.at(pointer).dump()),
          "results of one machine and one commit, for its context is one");
    }
  }
  return {};
}

platform::Expected<Export> render(std::span<const json> documents) {
  if (auto one = check_one_context(documents); !one) return tl::unexpected(one.error());
  Members entries = Members::array();
  std::size_t family = 0;
  std::vector<std::string> left_out;
  for (const json& document : documents) {
    for (const json& run : document.at("runs")) {
      const std::vector<Iterations> repetitions = iterations_of(run);
      const auto id = run.at("id").get<std::string>();
      if (run.at("verdict").at("class") == "invalid") {
        left_out.push_back(id + " is left out: its verdict is invalid");
        continue;
      }
      if (repetitions.size() < run.at("repetitions").size())
        left_out.push_back(fmt::format("{}: {} of {} repetitions are left out: not complete, or nothing done",
                                       id, run.at("repetitions").size() - repetitions.size(),
                                       run.at("repetitions").size()));
      add_run(entries, run, family++, repetitions);
    }
  }
  if (entries.empty())
    return platform::unexpected("google-benchmark", "no run that may be compared", "one that is not invalid");
  const Members made{{"context", context_of(documents[0])}, {"benchmarks", std::move(entries)}};
  return Export{made.dump(2, ' ', false, Members::error_handler_t::replace) + "\n", std::move(left_out)};
}

}  // namespace

Format google_benchmark() {
  return {"google-benchmark", "that library's JSON, each repetition an entry: its compare.py compares two",
          render};
}

}  // namespace upout::harness
