#include "harness/schema.h"

#define VALIJSON_USE_EXCEPTIONS 1  // without them, valijson aborts

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "harness/embedded.h"
#include "harness/record.h"

namespace upout::harness {
namespace {

using nlohmann::json;

constexpr std::size_t longest_quote = 60;

/// Member names and item numbers on the way from the root of a document to a place in it.
using Path = std::vector<std::string>;

/// A JSON pointer (RFC 6901).
json::json_pointer pointer_to(const Path& path) {
  json::json_pointer pointer;
  for (const std::string& step : path) pointer.push_back(step);
  return pointer;
}

/// valijson names the root "<root>" and each step "[step]".
Path path_of(const valijson::ValidationResults::Error& error) {
  Path path;
  for (const std::string& step : error.context) {
    if (step.size() >= 2 && step.front() == '[' && step.back() == ']')
      path.push_back(step.substr(1, step.size() - 2));
  }
  return path;
}

/// The deepest place that valijson complains of: the others only contain it.
std::optional<Path> deepest_fault(const json& schema_text, const json& document) {
  valijson::Schema schema;
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_text), schema);
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  if (validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(document), &results))
    return std::nullopt;
  Path deepest;
  for (const auto& error : results) {
    if (Path path = path_of(error); path.size() > deepest.size()) deepest = std::move(path);
  }
  return deepest;
}

const json& resolve(const json& root, const json& schema) {
  const auto reference = schema.find("$ref");
  if (reference == schema.end()) return schema;
  return root.at(json::json_pointer(reference->get<std::string>().substr(1)));
}

/// The part of the schema that is responsible for a place of the document.
const json& schema_of(const json& root, const Path& path) {
  const json* schema = &root;
  for (const std::string& step : path) {
    if (schema->contains("items")) {
      schema = &schema->at("items");
    } else if (schema->contains("properties") && schema->at("properties").contains(step)) {
      schema = &schema->at("properties").at(step);
    } else {
      schema = &schema->at("additionalProperties");
    }
    schema = &resolve(root, *schema);
  }
  return *schema;
}

/// The conditions of a schema in words, e.g. "integer, minimum 0 (the seed)".
std::string conditions(const json& schema) {
  std::string words;
  for (const char* key :
       {"type", "const", "enum", "pattern", "minimum", "maximum", "minLength", "minItems", "maxItems"}) {
    if (!schema.contains(key)) continue;
    const json& value = schema.at(key);
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", key, quote(value));
  }
  return fmt::format("{} ({})", words, schema.value("description", ""));
}

std::string names_of(const json& object) {
  std::string names;
  for (const auto& [name, value] : object.items()) names += (names.empty() ? "" : ", ") + name;
  return names;
}

platform::Error explain(const json& root, const Path& path, const json& document) {
  const json::json_pointer pointer = pointer_to(path);
  const std::string where = path.empty() ? "/" : pointer.to_string();
  const json& schema = schema_of(root, path);
  const json& value = document.at(pointer);
  if (value.is_object() && schema.contains("required")) {
    for (const json& name : schema.at("required")) {
      const auto& text = name.get_ref<const std::string&>();
      if (!value.contains(text)) {
        const json& missing = resolve(root, schema.at("properties").at(text));
        return {where, fmt::format("no member \"{}\"", text), "one: " + missing.value("description", "")};
      }
    }
    for (const auto& [name, member] : value.items()) {
      if (schema.value("additionalProperties", json()) == false && !schema.at("properties").contains(name)) {
        return {where, fmt::format("a member {}", quote(name)), "only " + names_of(schema.at("properties"))};
      }
    }
  }
  return {where, quote(value), conditions(schema)};
}

}  // namespace

std::string quote(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > longest_quote) text = text.substr(0, longest_quote) + "...";
  return text;
}

platform::Expected<void> validate_against(std::string_view schema_text, const nlohmann::json& document) {
  try {
    const json schema = json::parse(schema_text);
    const std::optional<Path> fault = deepest_fault(schema, document);
    if (!fault) return {};
    return tl::unexpected(explain(schema, *fault, document));
  } catch (const std::exception& error) {
    return platform::unexpected("/", error.what(), "a document that can be checked against the schema");
  }
}

platform::Expected<void> validate_document(const nlohmann::json& document) {
  return validate_against(embedded::result_schema, document);
}

}  // namespace upout::harness
