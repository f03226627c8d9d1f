#include <string>
#include <vector>

#include "line_mutator.h"
#include "reader.h"
#include "workloads/field_length_histogram.h"
#include "workloads/properties.h"
#include "workloads/registry.h"

namespace upout {

namespace {

void read_histogram(std::string_view text, const std::string& path) {
  const auto histogram = workloads::FieldLengthHistogram::parse(text, path);
  if (!histogram) {
    fuzz::demand_a_sentence_about(path, histogram.error());
    return;
  }
  workloads::Random random(1, 0);
  for (int draws = 0; draws < 16; ++draws) {
    const std::size_t length = histogram->draw(random);
    if (length < histogram->least() || length > histogram->greatest())
      fuzz::give_up("a length that is not in the histogram", std::to_string(length));
  }
}

void make_all_workloads(const workloads::Properties& properties) {
  for (const workloads::WorkloadEntry& entry : workloads::workloads()) {
    std::vector<std::string> warnings;
    const auto workload = make_workload(entry.name, properties, warnings);
    if (workload) {
      (*workload)->properties();
    } else if (workload.error().where.empty() || workload.error().found.empty()) {
      fuzz::give_up("an error without a place", workload.error().to_string());
    }
  }
}

}  // namespace

}  // namespace upout

/// A YCSB property file as `-P` takes it, for every workload. Behind a NUL, if there is one, stands the
/// histogram of field lengths that goes with it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace upout;
  static const fuzz::MemoryFile property_file;
  static const fuzz::MemoryFile histogram_file;
  const std::string_view text = fuzz::text_of({data, size});
  const std::size_t end = text.find('\0');
  property_file.replace(text.substr(0, end));
  workloads::Properties properties;
  if (const auto read = properties.read_file(property_file.path()); !read) {
    fuzz::demand_a_place_in(property_file.path(), read.error());
  } else {
    fuzz::remember_as_readable({data, size});
  }
  if (end != std::string_view::npos) {
    histogram_file.replace(text.substr(end + 1));
    read_histogram(text.substr(end + 1), histogram_file.path());
    properties.set("fieldlengthhistogram", histogram_file.path(), "-p");
  }
  make_all_workloads(properties);
  return 0;
}
