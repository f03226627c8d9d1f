#pragma once

#include <string>

namespace upout::engines::shared_nothing {

/// MPI for the life of the process: initialised (MPI_THREAD_FUNNELED) when made, finalised when it goes. Make
/// one, on the main thread.
class MpiProcess {
 public:
  MpiProcess();
  ~MpiProcess();
  MpiProcess(const MpiProcess&) = delete;
  MpiProcess& operator=(const MpiProcess&) = delete;

  int rank() const;  ///< in MPI_COMM_WORLD
  int size() const;

  /// The text of the first rank whose text is not empty, the same on all ranks; empty if all are. Collective.
  std::string first_error(const std::string& own) const;

  /// Ends all ranks at once, this one included: for what one of them cannot go on from.
  [[noreturn]] static void abort_all(int exit_status);
  /// Ends this one without MPI_Finalize, which would wait for ranks that are gone.
  [[noreturn]] static void leave(int exit_status);

  /// True if a launcher (mpirun, srun --mpi …) has started this process as one of several ranks' processes;
  /// asks only the environment, so it may be called before MPI is initialised.
  static bool was_launched();
  /// How many processes the launcher says that it started; 1 if it does not say. Asks only the environment.
  static int launched_size();
  static std::string library();  ///< "Open MPI", "MPICH" …: the first words of the library's version
  static std::string library_version();  ///< e.g. "4.1.4"
};

}  // namespace upout::engines::shared_nothing
