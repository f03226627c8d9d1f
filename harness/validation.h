#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/consistency.h"
#include "platform/error.h"

namespace upout::harness {

/// What runs have to be, at least.
enum class Requirement { nothing, unofficial, publishable };

/// How a file is validated.
struct ValidationOptions {
  Requirement required = Requirement::nothing;  ///< of each run; a document without a hash does not meet one
  std::optional<std::string> plan_sha256 = {};  ///< of the plan that it should be of, if that is known
};

/// What was seen of one file.
struct Validation {
  std::string file;
  std::string schema;  ///< "upout-result/1"; empty: none that is known
  bool has_hash = false;
  std::vector<std::string> classes;     ///< of its runs, by the run rules of this program
  std::vector<Inconsistency> findings;  ///< empty: all is well. A place is empty of a file that is no JSON.

  bool passed() const { return findings.empty(); }
};

/// Reads a file, and checks it against the schema that it names, against itself, and against the options. All
/// that is wrong with it is among the findings.
Validation validate_file(const std::string& path, const ValidationOptions& options);

/// A line for each finding, for each document without a hash, and at the end a summary.
std::string render_validations(std::span<const Validation> validations);

/// The same for programs.
nlohmann::json validations_document(std::span<const Validation> validations);

}  // namespace upout::harness
