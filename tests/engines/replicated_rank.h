#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/session.h"
#include "engines/shared_nothing/sim_transport.h"
#include "tests/engines/register_session.h"

namespace upout::engines::shared_nothing {

/// Times that fit a network of microseconds.
inline CopyTiming simulated_timing() {
  using std::chrono::microseconds;
  return {
      .heartbeat = microseconds(50),
      .suspicion = microseconds(400),
      .lease = microseconds(250),
      .patience = microseconds(100),
      .longest_preparation = std::chrono::milliseconds(5),
      .longest_absence = std::chrono::milliseconds(5),
      .consensus = {.tick = microseconds(10), .heartbeat = microseconds(50), .election = microseconds(250)}};
}

/// One rank whose partitions have copies: a session, and a client that keeps some random operations in
/// flight.
template <class T>
class ReplicatedRank {
  using Client = testing::RegisterSession<Session<T>>;

 public:
  using Log = typename Client::Log;

  ReplicatedRank(SimNetwork& network, int rank, const Options& deployment, platform::Timestamp deadline,
                 Log& log, kernel::Key keys, unsigned operations,
                 std::size_t kinds = kernel::single_key_kinds)
      : transport_(network, rank),
        map_(*make_map(deployment, static_cast<unsigned>(network.ranks()))),
        partitions_(*make_partitions(deployment, map_, static_cast<unsigned>(rank))),
        replicas_(*Replicas<kernel::Exclusive>::create(rank, partitions_,
                                                       CopyPlacement(map_, hosts(network.ranks())),
                                                       {.policy = deployment.copies,
                                                        .timing = deployment.copy_timing,
                                                        .longest_message = transport_.longest_message(),
                                                        .seed = network.random()()})),
        session_(transport_, partitions_, map_,
                 {.deadline = deadline,
                  .replicas = replicas_.get(),
                  .on_lost_partitions = [this](const std::vector<std::uint32_t>& lost) { lost_ = lost; }}),
        client_(session_, log, keys, operations, network.random()(), 0, kinds) {}

  bool step() { return client_.step(); }
  bool is_over() const { return client_.is_over(); }
  Session<T>& session() { return session_; }
  unsigned unanswered() const { return client_.unanswered(); }
  std::uint64_t refused() const { return session_.refused(); }
  const View& view() const { return replicas_->members().view(); }
  const std::vector<std::uint32_t>& lost() const { return lost_; }

  /// What this rank has of the partition, in the order of keys; empty if it has no copy.
  using Records = std::map<kernel::Key, std::vector<std::byte>>;
  Records records(std::uint32_t number) {
    Partition<>* partition = partitions_.find(number);
    if (partition == nullptr) partition = replicas_->copies()[number].partition.get();
    Records all;
    if (partition == nullptr) return all;
    kernel::Cursor<kernel::Exclusive> cursor(*partition->store);
    while (!cursor.is_over()) {
      cursor.step(partition->worker, [&](const kernel::Redo& put) {
        all[put.key] = {put.bytes.begin(), put.bytes.end()};
      });
    }
    return all;
  }

  /// Each on its own.
  static std::vector<std::string> hosts(int ranks) {
    std::vector<std::string> names;
    for (int rank = 0; rank < ranks; ++rank) names.push_back("host" + std::to_string(rank));
    return names;
  }

 private:
  T transport_;
  PartitionMap map_;
  Partitions<> partitions_;
  std::unique_ptr<Replicas<kernel::Exclusive>> replicas_;
  Session<T> session_;
  Client client_;
  std::vector<std::uint32_t> lost_;
};

}  // namespace upout::engines::shared_nothing
