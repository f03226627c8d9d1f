#pragma once

#include <toml++/toml.h>

#include <string>

#include "harness/schedulers/resources.h"
#include "platform/error.h"

namespace upout::harness {

/// Reads a plan's table [resources] (docs/plans.md). `name` is what errors call the file; their `where` is
/// "FILE:LINE". What is read can stand in a job script: see harness/schedulers/names.h.
platform::Expected<schedulers::Resources> read_resources(const toml::node& node, const std::string& name);

}  // namespace upout::harness
