#pragma once

#include <mpi.h>

#include <string>
#include <vector>

namespace upout::engines::shared_nothing {

/// What each rank has to say, by rank, on all of them. Collective.
std::vector<std::string> gather_texts(MPI_Comm communicator, const std::string& own);

}  // namespace upout::engines::shared_nothing
