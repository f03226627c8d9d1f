#pragma once

#include "platform/nearest.h"

namespace upout::workloads {

using platform::nearest;

}  // namespace upout::workloads
