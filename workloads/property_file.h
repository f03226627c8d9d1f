#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/error.h"
#include "workloads/properties.h"

namespace upout::workloads {

/// The properties in a Java property file's text (the format of java.util.Properties.load), in its order;
/// `path` is for their origins and for errors. A name with nothing after it, which Java takes as an empty
/// value, is an error.
platform::Expected<std::vector<Property>> parse_property_file(std::string_view text, const std::string& path);

}  // namespace upout::workloads
