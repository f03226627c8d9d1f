#include <cstdlib>

#include "engines/shared_nothing/replication/consensus.h"

/// Where libraft is not installed: nobody is to make one.
namespace upout::engines::shared_nothing {

class Consensus::Raft {};

bool Consensus::is_there() noexcept {
  return false;
}
Consensus::Consensus(int, int, const ConsensusTiming&, Environment) {
  std::abort();
}
Consensus::~Consensus() = default;
void Consensus::look(platform::Timestamp) {}
bool Consensus::take(int, std::span<const std::byte>) {
  return false;
}
bool Consensus::is_leader() const noexcept {
  return false;
}
void Consensus::propose(std::span<const std::byte>) {}

}  // namespace upout::engines::shared_nothing
