#include "workloads/power.h"

#include <cmath>

namespace upout::workloads {

PowerTables::PowerTables() {
  for (std::size_t i = 0; i < steps; ++i) {
    const double centre = 1 + (static_cast<double>(i) + 0.5) / steps;
    centres[i] = {1 / centre, std::log2(centre)};
    fraction[i] = std::bit_cast<std::uint64_t>(std::exp2(static_cast<double>(i) / steps));
  }
}

const PowerTables power_tables;

}  // namespace upout::workloads
