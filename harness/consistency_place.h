#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/consistency.h"

namespace upout::harness {

/// A value of a document that knows where it stands, so that a check can say so. Refers to the document and
/// to the list of what was found.
class Place {
 public:
  Place(const nlohmann::json& value, std::vector<Inconsistency>& found) : value_(&value), found_(&found) {}

  Place operator[](const std::string& member) const { return {value_->at(member), here_ / member, *found_}; }
  Place operator[](std::size_t item) const { return {value_->at(item), here_ / item, *found_}; }
  /// Those of an array.
  std::vector<Place> items() const;

  bool has(const char* member) const { return value_->contains(member); }
  bool is_null() const { return value_->is_null(); }
  const nlohmann::json& value() const { return *value_; }
  double number() const { return value_->get<double>(); }
  bool is_true() const { return value_->get<bool>(); }

  /// Otherwise there is a contradiction here.
  void expect(bool is_so, const std::string& expected) const;
  /// The same, of a member that should not be there, or should.
  void expect_member(const char* member, bool is_there, const std::string& reason) const;
  /// That the number is this one, but for the last digits; `what`: how it follows from the rest.
  void expect_number(double expected, const std::string& what) const;

 private:
  Place(const nlohmann::json& value, nlohmann::json::json_pointer here, std::vector<Inconsistency>& found)
      : value_(&value), here_(std::move(here)), found_(&found) {}

  const nlohmann::json* value_;
  nlohmann::json::json_pointer here_;
  std::vector<Inconsistency>* found_;
};

/// Whether two numbers are one, but for the last digits.
bool are_near(double one, double other);

// The parts of `inconsistencies`, a file each.

/// Of one of `runs`: its repetitions, and what is derived from them.
void check_repetitions(const Place& run);
void check_summary(const Place& run);
void check_load(const Place& run);
/// Of the environment, with the deployment of each run.
void check_environment(const Place& environment, const std::vector<Place>& runs);
void check_deployment(const Place& deployment);

}  // namespace upout::harness
