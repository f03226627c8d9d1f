#pragma once

#include <mpi.h>

#include <algorithm>
#include <string>

#include "engines/shared_nothing/gather_texts.h"
#include "platform/error.h"

namespace upout::engines::shared_nothing {

/// Where one rank has an error, all have that of the first one that has. Collective.
template <class T>
platform::Expected<T> agree(MPI_Comm communicator, platform::Expected<T> own) {
  const auto errors = gather_texts(communicator, own ? "" : own.error().to_string());
  const auto first = std::ranges::find_if(errors, [](const std::string& error) { return !error.empty(); });
  if (first == errors.end() || errors.size() == 1) return own;
  return platform::unexpected("rank " + std::to_string(first - errors.begin()) + ": " + *first, "", "");
}

}  // namespace upout::engines::shared_nothing
