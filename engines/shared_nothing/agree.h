#pragma once

#include <mpi.h>

#include "platform/error.h"

namespace upout::engines::shared_nothing {

/// What happened on this rank; if nothing did, and something did on another one, an error that says so.
/// Collective.
template <class T>
platform::Expected<T> agree(MPI_Comm communicator, platform::Expected<T> own, const char* what) {
  int failed = own ? 0 : 1;
  MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, communicator);
  if (own && failed != 0) return platform::unexpected(what, "an error on another rank", "none on any");
  return own;
}

}  // namespace upout::engines::shared_nothing
