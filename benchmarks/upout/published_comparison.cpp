#include "benchmarks/upout/published_comparison.h"

#include <vector>

#include "benchmarks/upout/results.h"
#include "harness/published_comparison.h"

namespace upout {

platform::Expected<std::string> beside_published(std::span<const std::string> sources, bool absolute) {
  const auto documents = read_results(sources);
  if (!documents) return tl::unexpected(documents.error());
  const auto records = harness::suite_records();
  if (!records) return tl::unexpected(records.error());
  return harness::render_beside_published(*documents, *records, absolute);
}

}  // namespace upout
