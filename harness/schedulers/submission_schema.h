#pragma once

#include <string_view>

namespace upout::harness::schedulers::embedded {

extern const std::string_view submission_schema;  ///< results/schema/upout-submission-1.schema.json

}  // namespace upout::harness::schedulers::embedded
