#include <array>
#include <nlohmann/json.hpp>

#include "harness/cost/cost_text.h"
#include "harness/cost/deployment_cost.h"
#include "harness/cost/price_file.h"
#include "line_mutator.h"
#include "reader.h"
#include "sample_documents.h"

/// A price file as `upout cost` takes it: read, and results priced with it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace upout;
  namespace samples = harness::samples;
  static const fuzz::MemoryFile file;
  static const std::array documents{samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e6)),
                                    samples::document(samples::run("shared-nothing", 2, "ycsb-c", 2e6))};
  file.replace(fuzz::text_of({data, size}));
  const auto prices = harness::read_price_file(file.path());
  if (!prices) {
    fuzz::demand_a_place_in(file.path(), prices.error());
    return 0;
  }
  fuzz::remember_as_readable({data, size});
  const auto costs = harness::price_deployments(documents, *prices);
  if (harness::render_costs(costs, *prices, 1.5e6).empty())
    fuzz::give_up("prices without a cost", file.path());
  return 0;
}
