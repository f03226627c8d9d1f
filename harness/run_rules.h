#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace upout::harness {

/// What breaking a rule makes of a run: `unofficial` figures may be looked at but not published beside
/// others; `invalid` ones are no result at all.
enum class Severity { unofficial, invalid };

std::string_view to_string(Severity severity);

/// What a rule looks at. `environment` and `suite` are known before anything is measured, so that rules about
/// them can be asked with an empty run (`upout doctor`).
enum class Subject { run, environment, suite };

/// What a rule may look at: one run of a result document (its verdict aside), and the document's
/// `environment` and `suite`, all of them as the schema has them.
struct Evidence {
  const nlohmann::json& run;
  const nlohmann::json& environment;
  const nlohmann::json& suite;
};

/// One condition that a publishable run meets. docs/run-rules.md says more about each.
struct RunRule {
  std::string_view name;
  Severity severity;
  Subject subject;
  std::string_view expected;
  std::string_view why;
  /// What was found instead, in words; nothing if the rule is kept.
  std::optional<std::string> (*violation)(const Evidence& evidence);
};

/// All rules, invalid ones first.
std::span<const RunRule> run_rules();

/// The `verdict` object of a run: the worst severity of the rules that it breaks, and each of them with what
/// it expected and what it found.
nlohmann::json judge(const Evidence& evidence);

}  // namespace upout::harness
