#include "engines/shared_nothing/mpi_process.h"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace upout::engines::shared_nothing {

namespace {

std::string version_text() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  MPI_Get_library_version(text.data(), &length);
  return text.data();
}

}  // namespace

MpiProcess::MpiProcess() {
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
}

MpiProcess::~MpiProcess() {
  MPI_Finalize();
}

int MpiProcess::rank() const {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

int MpiProcess::size() const {
  int size = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

std::string MpiProcess::first_error(const std::string& own) const {
  int first = own.empty() ? size() : rank();
  MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  if (first == size()) return {};
  int length = static_cast<int>(own.size());
  MPI_Bcast(&length, 1, MPI_INT, first, MPI_COMM_WORLD);
  std::string text = own;
  text.resize(static_cast<std::size_t>(length));
  MPI_Bcast(text.data(), length, MPI_CHAR, first, MPI_COMM_WORLD);
  return text;
}

void MpiProcess::abort_all(int exit_status) {
  MPI_Abort(MPI_COMM_WORLD, exit_status);
  std::abort();
}

void MpiProcess::leave(int exit_status) {
  std::fflush(nullptr);
  _exit(exit_status);
}

bool MpiProcess::was_launched() {
  // Open MPI's mpirun, any PMIx launcher (srun --mpi=pmix, prrte), Hydra and Slurm's PMI-1 and PMI-2.
  constexpr std::array names{"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "FLUX_TASK_RANK"};
  return std::ranges::any_of(names, [](const char* name) { return std::getenv(name) != nullptr; });
}

int MpiProcess::launched_size() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    if (const char* text = std::getenv(name); text != nullptr) return std::max(1, std::atoi(text));
  }
  return 1;
}

std::string MpiProcess::library() {
  const std::string text = version_text();
  for (const char* known : {"Open MPI", "MPICH", "MVAPICH", "Intel(R) MPI", "Cray MPICH"}) {
    if (text.find(known) != std::string::npos) return known;
  }
  return text.substr(0, text.find_first_of("\n,"));
}

std::string MpiProcess::library_version() {
  std::string text = version_text();
  const std::size_t first = text.find_first_of("0123456789");
  if (first == std::string::npos) return text;
  return text.substr(first, text.find_first_not_of("0123456789.", first) - first);
}

}  // namespace upout::engines::shared_nothing
