#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/plan.h"
#include "harness/schedulers/resources.h"

namespace upout::harness {

/// One of the values that a key may have, and the line where it stands.
struct Choice {
  std::string value;  ///< checked, and written in one way only: 3 and 3.0 seconds are the same
  unsigned line = 0;
};

/// The values of each key; those of property P under "properties.P".
using Settings = std::map<std::string, std::vector<Choice>>;

/// A [[points]] table together with the [defaults]: its values, not yet multiplied out.
struct PointBlock {
  unsigned line = 0;
  Settings settings;  ///< the block's own
};

/// A plan file with every key and value checked by itself.
struct PlanFile {
  std::string title;
  std::string question;
  std::optional<schedulers::Resources> resources;
  Settings defaults;
  std::vector<PointBlock> blocks;
};

/// The value of a size key that stands for "every size up to the machine's"; multiplied out with the points.
inline constexpr const char* scale_keyword = "scale";
/// The same for the machine's size alone.
inline constexpr const char* cores_keyword = "cores";

inline constexpr const char* property_prefix = "properties.";

/// Checks form, keys and types. `name` is what errors call the file.
platform::Expected<PlanFile> parse_plan_file(const std::string& text, const std::string& name);

}  // namespace upout::harness
