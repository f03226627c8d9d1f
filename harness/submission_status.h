#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/submitted_sweep.h"

/// How a submitted sweep is, for people and for programs.
namespace upout::harness {

struct SubmissionStatus {
  nlohmann::json document;   ///< of `upout status --json`; docs/clusters.md says what is in it
  std::size_t points = 0;    ///< of the plan
  std::size_t finished = 0;  ///< collected or not
  bool is_going_on = false;  ///< a job is not over
};

SubmissionStatus status_of(const SubmittedSweep& sweep);

/// A heading, a line for each job or task of an array, and a line that sums up.
std::string render_status(const SubmissionStatus& status);

}  // namespace upout::harness
