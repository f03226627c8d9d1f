#pragma once

#include <cstdint>

#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/session.h"
#include "engines/shared_nothing/sim_transport.h"
#include "tests/engines/register_session.h"

namespace upout::engines::shared_nothing {

/// What a rank of a deployment has to begin with.
struct Holdings {
  Holdings(const Options& deployment, int ranks, int rank)
      : map(*make_map(deployment, static_cast<unsigned>(ranks))),
        partitions(*make_partitions(deployment, map, static_cast<unsigned>(rank))) {}
  PartitionMap map;
  Partitions<> partitions;
};

/// One rank: its partitions, a session, and a client that keeps some random operations in flight.
template <class T>
class SimulatedRank {
  using Client = testing::RegisterSession<Session<T>>;

 public:
  using Log = typename Client::Log;

  SimulatedRank(SimNetwork& network, int rank, const Options& deployment, platform::Timestamp deadline,
                Log& log, kernel::Key keys, unsigned operations)
      : holdings_(deployment, network.ranks(), rank),
        transport_(network, rank),
        session_(transport_, holdings_.partitions, holdings_.map, {.deadline = deadline}),
        client_(session_, log, keys, operations, network.random()()) {}

  bool step() { return client_.step(); }
  bool is_over() const { return client_.is_over(); }
  Session<T>& session() { return session_; }
  unsigned unanswered() const { return client_.unanswered(); }
  std::uint64_t refused() const { return session_.refused(); }

 private:
  Holdings holdings_;
  T transport_;
  Session<T> session_;
  Client client_;
};

}  // namespace upout::engines::shared_nothing
