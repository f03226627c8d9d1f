#include "harness/scaling_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "harness/wording.h"

namespace upout::harness {
namespace {

using nlohmann::json;

double greatest_throughput(const json& series) {
  double greatest = 0;
  for (const json& point : series.at("points"))
    greatest = std::max(greatest, point.at("throughput").at("median").get<double>());
  return greatest;
}

/// Of each engine the series that does most.
std::map<std::string, const json*> strongest_series(const json& workload) {
  std::map<std::string, const json*> strongest;
  for (const json& series : workload.at("series")) {
    const json*& found = strongest[series.at("engine").get<std::string>()];
    if (found == nullptr || greatest_throughput(series) > greatest_throughput(*found)) found = &series;
  }
  return strongest;
}

/// "sigma 0.05 (0.04 to 0.06)".
std::string estimate_text(const char* name, const json& estimate) {
  const json& ends = estimate.at("ci95");
  return fmt::format("{} {:.2g} ({:.2g} to {:.2g})", name, estimate.at("value").get<double>(),
                     ends.at(0).get<double>(), ends.at(1).get<double>());
}

bool has_interval(const json& law, const char* name) {
  const json& ends = law.at(name).at("ci95");
  return !ends.is_null() && ends.at(0).is_number() && ends.at(1).is_number();
}

std::optional<Claim> limit_claim(const json& series, const std::string& workload) {
  const json& law = series.at("models").at("usl");
  if (!law.at("fitted").get<bool>() || !has_interval(law, "sigma") || !has_interval(law, "kappa"))
    return std::nullopt;
  std::vector<std::string> told;
  for (const auto& [name, what] : {std::pair{"sigma", "contention"}, {"kappa", "coherence"}}) {
    if (law.at(name).at("ci95").at(0).get<double>() > 0) told.emplace_back(what);
  }
  const std::string by = told.empty() ? "nothing that the intervals can tell" : enumeration(told);
  const json& misfit = law.at("lack_of_fit_p");
  const std::string doubt = misfit.is_number() && misfit.get<double>() < 0.05
                                ? fmt::format(", although it is off by up to {:.2g} %",
                                              100 * law.at("greatest_deviation").get<double>())
                                : "";
  return Claim{"By the Universal Scalability Law",
               fmt::format("{} is held back by {}", series.at("label").get<std::string>(), by), "", "",
               fmt::format("{} with {} and {}{}", workload, estimate_text("sigma", law.at("sigma")),
                           estimate_text("kappa", law.at("kappa")), doubt)};
}

}  // namespace

std::vector<Claim> limit_claims(const nlohmann::json& analysis) {
  std::vector<Claim> claims;
  for (const json& workload : analysis.at("workloads")) {
    for (const auto& [engine, series] : strongest_series(workload)) {
      if (auto claim = limit_claim(*series, workload.at("workload").get<std::string>()))
        claims.push_back(std::move(*claim));
    }
  }
  return claims;
}

}  // namespace upout::harness
