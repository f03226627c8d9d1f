#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engines/shared_nothing/partition_map.h"
#include "kernel/hash_index.h"
#include "kernel/operation.h"
#include "kernel/policy.h"
#include "kernel/remote_hash_reader.h"

namespace upout::engines::shared_nothing {

class MpiWindow;

/// The gets of one client that read other ranks' memory themselves. All that are under way take one step a
/// round, and wait for one flush together. What cannot be read this way is handed back, to be asked for.
/// Partitions do not move as long as there are such reads. Used by the rank's thread.
class OneSidedReads {
 public:
  OneSidedReads(MpiWindow& window, std::uint32_t partitions);
  ~OneSidedReads();
  OneSidedReads(const OneSidedReads&) = delete;
  OneSidedReads& operator=(const OneSidedReads&) = delete;

  /// Tells the others where a partition's table is. To be called now and then: who knows a smaller one has a
  /// longer way.
  void publish(std::uint32_t partition, const kernel::HashIndex<kernel::Shared>& index) noexcept;

  /// Finds the tables of the others' partitions, which they have published.
  void find_tables(const PartitionMap& map, int own_rank);

  /// Begins a get of a key in another rank's partition. False: it is to be asked for.
  bool begin(int owner, std::uint32_t partition, kernel::Operation& operation);

  bool is_idle() const noexcept { return active_.empty() && sought_.empty(); }
  /// All take a step. Calls `done(operation)` for those that have their result and `ask(operation)` for those
  /// that are to be asked for.
  template <class Done, class Ask>
  void go_on(Done&& done, Ask&& ask) {
    fetch();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < active_.size(); ++i) {
      Read& read = *active_[i];
      const kernel::RemoteHashReader::Result result = read.reader.step();
      if (result == kernel::RemoteHashReader::Result::more) {
        std::swap(active_[kept++], active_[i]);
        continue;
      }
      if (read.reader.has_found_growth()) seek_table(read.owner, read.partition);
      const bool is_done = result == kernel::RemoteHashReader::Result::done;
      ++(is_done ? done_ : asked_);
      is_done ? done(read.reader.operation()) : ask(read.reader.operation());
    }
    for (std::size_t i = kept; i < active_.size(); ++i) idle_.push_back(std::move(active_[i]));
    active_.resize(kept);
  }

  std::uint64_t rounds() const noexcept { return rounds_; }
  std::uint64_t gets() const noexcept { return gets_; }    ///< MPI_Gets
  std::uint64_t done() const noexcept { return done_; }    ///< reads that needed no help
  std::uint64_t asked() const noexcept { return asked_; }  ///< and that did

 private:
  struct Read {
    kernel::RemoteHashReader reader;
    int owner = 0;
    std::uint32_t partition = 0;
  };
  struct Sought {
    int owner;
    std::uint32_t partition;
  };

  void seek_table(int owner, std::uint32_t partition);
  void fetch();

  MpiWindow* window_;
  std::vector<std::unique_ptr<Read>> active_;
  std::vector<std::unique_ptr<Read>> idle_;
  std::vector<std::uint64_t> tables_;  ///< by partition, as they are known. (A fetch writes here.)
  std::vector<Sought> sought_;         ///< tables that the next round fetches
  std::uint64_t rounds_ = 0;
  std::uint64_t gets_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t asked_ = 0;
};

}  // namespace upout::engines::shared_nothing
