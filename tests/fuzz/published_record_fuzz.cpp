#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "harness/published.h"
#include "harness/published_comparison.h"
#include "harness/validation.h"
#include "reader.h"
#include "sample_documents.h"

/// A record of published figures: checked as `upout validate` does, read, and set beside results.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace upout;
  namespace samples = harness::samples;
  static const fuzz::MemoryFile file;
  static const std::array documents{samples::document(samples::run("shared-memory", 1, "ycsb-c", 1e6)),
                                    samples::document(samples::run("shared-memory", 2, "ycsb-c", 2e6))};
  file.replace(fuzz::text_of({data, size}));
  const harness::Validation seen = harness::validate_file(file.path(), {});
  if (harness::render_validations({&seen, 1}).find(file.path()) == std::string::npos && !seen.passed())
    fuzz::give_up("a finding that names no file", file.path());
  harness::validations_document({&seen, 1}).dump();
  const auto record = harness::read_published(file.path());
  if (!record) {
    fuzz::demand_a_place_in(file.path(), record.error());
    if (seen.passed() && seen.schema == harness::published_schema)
      fuzz::give_up("a valid record that cannot be read", record.error().to_string());
    return 0;
  }
  for (const bool is_absolute : {false, true})
    harness::render_beside_published(documents, {&*record, 1}, is_absolute);
  return 0;
}
