#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "harness/schedulers/resources.h"
#include "platform/error.h"

namespace upout::harness::schedulers {

/// What a point takes of a job. A value.
struct PointNeed {
  std::string id;
  std::string where;  ///< "FILE:LINE" of the plan
  unsigned nodes = 1;
  std::chrono::seconds time{0};  ///< that it is expected to take, generously
};

/// Points that one job measures, one after the other.
struct Pack {
  unsigned nodes = 1;
  std::chrono::seconds time{0};     ///< of all its points
  std::vector<std::size_t> points;  ///< indices into what was packed, in its order
};

/// Puts points into jobs: only points of as many nodes into one, so that no node is held for nothing, and no
/// more than fit between a job's start and its notice. The longest point goes first into the first job that
/// has room for it (first-fit decreasing; Johnson, "Near-optimal bin packing algorithms", 1973: at most 11/9
/// of the fewest jobs, and 6/9 of one). Jobs come by their nodes, the fewest first. Errors name a point that
/// takes more nodes, or more time, than the plan asks for.
platform::Expected<std::vector<Pack>> pack(std::span<const PointNeed> points, const Resources& resources,
                                           std::chrono::seconds notice);

}  // namespace upout::harness::schedulers
