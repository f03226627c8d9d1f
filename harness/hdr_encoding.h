#pragma once

#include <string>

#include "harness/histogram.h"

namespace upout::harness {

/// A histogram as the logs of HdrHistogram have it: its version 2, compressed, in base 64 (Tene,
/// HdrHistogram, V2 encoding). Two significant digits: a bucket is at most 1/128 of its values wide there,
/// and none of them lies across an end of one of `Histogram`'s, so that readers see the same percentiles as
/// `quantile` but for those that `max()` cuts short, and these within 1/128.
std::string encode_hdr(const Histogram& histogram);

}  // namespace upout::harness
