#include "harness/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/json_file.h"
#include "harness/published.h"
#include "harness/record.h"
#include "harness/run_rules.h"

namespace upout::harness {
namespace {

using nlohmann::json;

/// A format of documents that this program knows.
struct Format {
  std::string_view schema;
  platform::Expected<void> (*validate)(const json& document);
  std::vector<Inconsistency> (*contradictions)(const json& document);
};
constexpr std::array formats{Format{"upout-result/1", validate_document, inconsistencies},
                             Format{published_schema, validate_published, published_inconsistencies}};

const Format* format_of(const json& document) {
  if (!document.is_object()) return nullptr;
  const json name = document.value("schema", json());
  const auto found =
      std::ranges::find_if(formats, [&](const Format& format) { return name == format.schema; });
  return found == formats.end() ? nullptr : &*found;
}

std::string known_schemas() {
  std::string names;
  for (const Format& format : formats) names += (names.empty() ? "" : " or ") + std::string(format.schema);
  return names;
}

/// By the rules, not by what the document says of itself. What lacks what they need is no result.
std::string class_of(const json& run, const json& document) {
  try {
    const json verdict =
        judge({.run = run, .environment = document.at("environment"), .suite = document.at("suite")});
    return verdict.at("class").get<std::string>();
  } catch (const json::exception&) {
    return "invalid";
  }
}

void check_plan(const json& document, const ValidationOptions& options, Validation& seen) {
  if (!options.plan_sha256 || !document.contains("plan_sha256")) return;
  if (document.at("plan_sha256") == *options.plan_sha256) return;
  seen.findings.push_back({"/plan_sha256", document.at("plan_sha256").dump(),
                           fmt::format("\"{}\" (plan.toml of its folder)", *options.plan_sha256)});
}

bool meets(const std::string& verdict, Requirement required) {
  if (required == Requirement::publishable) return verdict == "publishable";
  return required == Requirement::nothing || verdict != "invalid";
}

void check_requirement(Requirement required, Validation& seen) {
  if (required == Requirement::nothing) return;
  const std::string wanted = required == Requirement::publishable ? "publishable" : "unofficial at least";
  if (!seen.has_hash) seen.findings.push_back({"/sha256", "no hash", "one, of what is to be " + wanted});
  for (std::size_t run = 0; run < seen.classes.size(); ++run) {
    if (meets(seen.classes[run], required)) continue;
    seen.findings.push_back(
        {fmt::format("/runs/{}/verdict/class", run), seen.classes[run], wanted + ", as --require says"});
  }
}

void look_into(const json& document, const ValidationOptions& options, Validation& seen) {
  const Format* format = format_of(document);
  if (format == nullptr) {
    const json name = document.is_object() ? document.value("schema", json()) : json();
    seen.findings.push_back(
        {"/schema", name.dump(-1, ' ', true, json::error_handler_t::replace), known_schemas()});
    return;
  }
  seen.schema = format->schema;
  seen.has_hash = document.contains("sha256");
  if (const auto valid = format->validate(document); !valid) {
    seen.findings.push_back({valid.error().where, valid.error().found, valid.error().expected});
    return;
  }
  seen.findings = format->contradictions(document);
  for (const json& run : document.value("runs", json::array()))
    seen.classes.push_back(class_of(run, document));
  check_plan(document, options, seen);
  if (document.contains("runs")) check_requirement(options.required, seen);
}

std::string line_of(const Validation& seen, const Inconsistency& finding) {
  const std::string where = finding.place.empty() ? seen.file : seen.file + ": " + finding.place;
  return platform::Error{where, finding.found, finding.expected}.to_string() + "\n";
}

std::string counted(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::size_t runs_of_class(std::span<const Validation> validations, std::string_view name) {
  std::size_t count = 0;
  for (const Validation& seen : validations)
    count += static_cast<std::size_t>(std::ranges::count(seen.classes, name));
  return count;
}

}  // namespace

Validation validate_file(const std::string& path, const ValidationOptions& options) {
  Validation seen;
  seen.file = path;
  const auto document = read_json(path, "a result document");
  if (document) {
    look_into(*document, options, seen);
  } else {
    // The place in the file is a part of the sentence that names it.
    const std::string place = document.error().where.substr(path.size());
    seen.findings.push_back({"", document.error().found + (place.empty() ? "" : " at " + place.substr(1)),
                             document.error().expected});
  }
  return seen;
}

std::string render_validations(std::span<const Validation> validations) {
  std::string text;
  std::size_t findings = 0;
  for (const Validation& seen : validations) {
    for (const Inconsistency& finding : seen.findings) text += line_of(seen, finding);
    findings += seen.findings.size();
    if (!seen.has_hash && seen.schema == formats.front().schema)
      text += platform::Error{seen.file, "no hash", ""}.to_string() + "\n";
  }
  const std::array classes{"publishable", "unofficial", "invalid"};
  std::string runs;
  for (const char* name : classes) runs += fmt::format(", {} {}", runs_of_class(validations, name), name);
  return text + fmt::format("{}: {}{}\n", counted(validations.size(), "document"),
                            counted(findings, "finding"), "; runs: " + runs.substr(2));
}

nlohmann::json validations_document(std::span<const Validation> validations) {
  json files = json::array();
  bool passed = true;
  for (const Validation& seen : validations) {
    passed = passed && seen.passed();
    json findings = json::array();
    for (const Inconsistency& finding : seen.findings)
      findings.push_back(
          {{"place", finding.place}, {"found", finding.found}, {"expected", finding.expected}});
    files.push_back({{"file", seen.file},
                     {"schema", seen.schema.empty() ? json(nullptr) : json(seen.schema)},
                     {"has_hash", seen.has_hash},
                     {"classes", seen.classes},
                     {"findings", std::move(findings)}});
  }
  return {{"passed", passed}, {"files", std::move(files)}};
}

}  // namespace upout::harness
