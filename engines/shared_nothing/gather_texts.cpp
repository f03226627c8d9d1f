#include "engines/shared_nothing/gather_texts.h"

#include <cstddef>

namespace upout::engines::shared_nothing {

std::vector<std::string> gather_texts(MPI_Comm communicator, const std::string& own) {
  int size = 1;
  MPI_Comm_size(communicator, &size);
  const auto ranks = static_cast<std::size_t>(size);
  const int length = static_cast<int>(own.size());
  std::vector<int> lengths(ranks);
  MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, communicator);
  std::vector<int> begins(ranks + 1, 0);
  for (std::size_t rank = 0; rank < ranks; ++rank) begins[rank + 1] = begins[rank] + lengths[rank];
  std::string all(static_cast<std::size_t>(begins[ranks]), '\0');
  MPI_Allgatherv(own.data(), length, MPI_CHAR, all.data(), lengths.data(), begins.data(), MPI_CHAR,
                 communicator);
  std::vector<std::string> texts;
  for (std::size_t rank = 0; rank < ranks; ++rank)
    texts.push_back(
        all.substr(static_cast<std::size_t>(begins[rank]), static_cast<std::size_t>(lengths[rank])));
  return texts;
}

}  // namespace upout::engines::shared_nothing
