#include <span>

#include "harness/record.h"
#include "harness/report.h"
#include "reader.h"

/// A result document as `upout report` takes it: read, checked against the schema, compared, answered and
/// drawn.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace upout;
  static const fuzz::MemoryFile file;
  file.replace(fuzz::text_of({data, size}));
  const auto document = harness::read_document(file.path());
  if (!document) {
    fuzz::demand_a_place_in(file.path(), document.error());
    return 0;
  }
  if (const auto page = harness::render_report(std::span(&*document, 1), {}); !page)
    fuzz::give_up("a valid document without a report", page.error().to_string());
  return 0;
}
