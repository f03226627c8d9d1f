#include "harness/measurement.h"

namespace upout::harness {

std::string_view latency_name(kernel::OperationKind kind) {
  switch (kind) {
    case kernel::OperationKind::get:
      return "read";
    case kernel::OperationKind::put:
      return "put";
    case kernel::OperationKind::insert:
      return "insert";
    case kernel::OperationKind::update:
      return "update";
    case kernel::OperationKind::remove:
      return "remove";
    case kernel::OperationKind::read_modify_write:
      return "read_modify_write";
    case kernel::OperationKind::scan:
    case kernel::OperationKind::scan_backwards:
      return "scan";
  }
  return "unknown";
}

}  // namespace upout::harness
