#pragma once

#include <cstddef>

namespace upout::engines::shared_nothing {

/// When a message that has been begun goes out to its peer. (It always does when its client has nothing more
/// to add.)
struct Batching {
  /// It is so full. MPI libraries send up to about 4 KiB at once, without asking the receiver first (Open MPI
  /// 4.1: btl_vader_eager_limit).
  std::size_t bytes = 3072;
  /// It is so old, in turns of the worker, each of which takes some hundred nanoseconds: a clock would cost
  /// a tenth of that to look at.
  unsigned turns = 64;
};

}  // namespace upout::engines::shared_nothing
