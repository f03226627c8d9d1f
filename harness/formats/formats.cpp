#include "harness/formats/format.h"

namespace upout::harness {

std::span<const Format> formats() {
  static const Format all[] = {csv(), markdown(), latex(), google_benchmark()};
  return all;
}

}  // namespace upout::harness
