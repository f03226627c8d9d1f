#include "workloads/choosers.h"

namespace upout::workloads {

HotspotChooser::HotspotChooser(std::uint64_t records, double data, double operations)
    : hot_(static_cast<std::uint64_t>(static_cast<double>(records) * data)),
      cold_minus_hot_(records - hot_ - hot_),
      hot_limit_(static_cast<std::uint64_t>(operations * 0x1p63)) {
  if (hot_ == 0) hot_limit_ = 0;
  if (hot_ == records) hot_limit_ = std::uint64_t{1} << 63;
}

void choose(Chooser& chooser, Random& random, std::span<std::uint64_t> records) {
  std::visit(
      [&random, records](auto& chosen) {
        if constexpr (requires { chosen.refresh(records.size()); }) chosen.refresh(records.size());
        Random local = random;  // so that its state stays in a register
        chosen.choose(local, records);
        random = local;
      },
      chooser);
}

}  // namespace upout::workloads
