#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/record.h"

namespace upout::harness {

/// What a log has of the latencies of a window: all of them together, without a tag, and each kind, by its
/// name.
std::vector<LoggedLatency> logged(const std::map<std::string, Histogram>& by_kind);

/// The log of a run's repetitions as HdrHistogram's tools read it (format 1.3: HistogramLogReader and
/// HistogramLogProcessor), in nanoseconds. Lines with a tag are of one kind of operation, or type of
/// transaction, in one repetition; those without are of all, in one interval of the time series, or, where
/// there is none, in one repetition. Empty but for its head if nothing was logged.
std::string hdr_log(const RunRecord& run);

}  // namespace upout::harness
