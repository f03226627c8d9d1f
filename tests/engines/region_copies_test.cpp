#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/sim_transport.h"
#include "tests/engines/replicated_rank.h"

/// Copies that are far from each other: where they lie, who reads which, and what waits for them.
namespace upout::engines::shared_nothing {
namespace {

using namespace std::chrono_literals;
using platform::Timestamp;

Options in_regions(const std::string& rows, unsigned copies) {
  return {.partitions = 8,
          .value_bytes = 100,
          .regions = *platform::Regions::parse(rows),
          .copies = {.copies = copies, .acknowledge = Acknowledge::all, .read_from = ReadFrom::nearest}};
}

/// What one rank has, where all are on one host.
struct Copies {
  Copies(const Options& deployment, unsigned rank, unsigned ranks)
      : map(*make_map(deployment, ranks)),
        partitions(*make_partitions(deployment, map, rank)),
        replicas(*make_replicas(deployment, map, partitions, rank, std::vector<std::string>(ranks, "host"))) {
  }

  PartitionMap map;
  Partitions<> partitions;
  std::unique_ptr<Replicas<kernel::Exclusive>> replicas;
};

TEST(RegionCopies, OfAPartitionAreInDifferentRegions) {
  const Options deployment = in_regions("a 1ms; b 10ms 1ms; c 20ms 30ms 1ms", 3);
  const platform::RegionsOfRanks regions = regions_of(deployment, 6);
  const Copies copies(deployment, 0, 6);
  for (const View::Copies& of : copies.replicas->members().view().copies) {
    std::set<std::size_t> seen;
    for (const int member : of.members) seen.insert(regions.region_of(static_cast<unsigned>(member)));
    EXPECT_EQ(seen.size(), 3U);
  }
}

/// Where there are fewer regions than copies, no host has two as long as there is another one.
TEST(RegionCopies, InOneRegionAreOnDifferentHosts) {
  const PartitionMap owners = *make_map({.partitions = 6}, 6);
  const CopyPlacement placement(owners, {"h0", "h0", "h1", "h2", "h2", "h3"}, {"a", "a", "a", "b", "b", "b"});
  const std::vector<std::string> hosts{"h0", "h0", "h1", "h2", "h2", "h3"};
  for (std::uint32_t partition = 0; partition < 6; ++partition) {
    const std::vector<int> chosen = placement.choose(partition, 4, {}, [](int) { return true; });
    std::set<std::string> seen;
    for (const int rank : chosen) seen.insert(hosts[static_cast<std::size_t>(rank)]);
    EXPECT_EQ(seen.size(), 4U) << "of partition " << partition;
    EXPECT_NE(chosen[0] < 3, chosen[1] < 3) << "the first two are in different regions";
  }
}

TEST(RegionCopies, AreReadInTheRegionThatIsTheFewestMillisecondsAway) {
  const Options deployment = in_regions("a 1ms; b 10ms 1ms; c 20ms 30ms 1ms", 2);
  const platform::RegionsOfRanks regions = regions_of(deployment, 6);
  for (unsigned rank = 0; rank < 6; ++rank) {
    const Copies copies(deployment, rank, 6);
    const auto& of_all = copies.replicas->members().view().copies;
    for (std::uint32_t number = 0; number < of_all.size(); ++number) {
      const auto reader = static_cast<unsigned>(copies.replicas->reader_of(number));
      for (const int member : of_all[number].members)
        EXPECT_LE(regions.round_trip(rank, reader), regions.round_trip(rank, static_cast<unsigned>(member)));
    }
  }
}

TEST(RegionCopies, BeginWithWhatIsServedAtHome) {
  Options deployment = in_regions("a 1ms; b 10ms 1ms", 2);
  deployment.home = 1;
  const PartitionMap map = *make_map(deployment, 4);
  for (std::uint32_t partition = 0; partition < map.partitions(); ++partition)
    EXPECT_EQ(map.owner(partition), partition < 4 ? 2U : 3U);
}

struct Rank {
  Rank(SimNetwork& network, int number, const Options& deployment)
      : transport(network, number),
        copies(deployment, static_cast<unsigned>(number), static_cast<unsigned>(network.ranks())),
        session(transport, copies.partitions, copies.map, {.replicas = copies.replicas.get()}) {}

  SimTransport transport;
  Copies copies;
  Session<SimTransport> session;
};

/// In virtual time: when what was asked for at one moment came back.
struct Answered {
  std::optional<Timestamp> write;
  std::optional<Timestamp> same;   ///< a read of the record that is written
  std::optional<Timestamp> other;  ///< of another one
};

/// Of three ranks 100 us from each other, the first has the partition and the second its copy.
Answered ask(std::size_t asker) {
  SimNetwork network(3, 1024, {.least_delay = 100us, .mean_further_delay = 0us, .longest_sleep = 1us});
  const Options deployment{.partitioning = PartitioningKind::range,
                           .partitions = 3,
                           .largest_key = 299,
                           .value_bytes = 8,
                           .copies = {.copies = 2, .acknowledge = Acknowledge::all}};
  std::deque<Rank> all;
  for (int rank = 0; rank < 3; ++rank) all.emplace_back(network, rank, deployment);
  std::array<std::byte, 8> value{};
  std::array<std::array<std::byte, 8>, 2> read{};
  std::array<kernel::Operation, 3> asked{
      {{.kind = kernel::OperationKind::put, .slot = 0, .key = 7, .input = value},
       {.kind = kernel::OperationKind::get, .slot = 1, .key = 7, .output = read[0]},
       {.kind = kernel::OperationKind::get, .slot = 2, .key = 8, .output = read[1]}}};
  std::array<kernel::Operation*, 3> pointers{&asked[0], &asked[1], &asked[2]};
  std::array<std::optional<Timestamp>, 3> came;
  std::optional<Timestamp> began;
  const auto is_over = [&] {
    return std::ranges::all_of(came, [](const auto& each) { return each.has_value(); });
  };
  network.run(
      [&](int number) {
        Rank& rank = all[static_cast<std::size_t>(number)];
        Completed done;
        if (static_cast<std::size_t>(number) == asker && network.now() > 25ms && !began) {
          began = network.now();
          rank.session.submit(pointers, done);
        }
        rank.session.poll(done);
        for (const kernel::Operation* operation : done) came[operation->slot] = network.now() - *began;
        return false;
      },
      [&] { return is_over() || network.now() > 100ms; });
  return {came[0], came[1], came[2]};
}

TEST(RegionCopies, HoldUpReadsOfARecordThatIsBeingWrittenAndNoOthers) {
  const Answered here = ask(0);
  ASSERT_TRUE(here.write && here.same && here.other);
  EXPECT_GE(*here.write, 200us) << "to the copy and back";
  EXPECT_GE(*here.same, 200us);
  EXPECT_LT(*here.other, 100us) << "it depends on no message";
  const Answered from_afar = ask(2);
  ASSERT_TRUE(from_afar.write && from_afar.same && from_afar.other);
  EXPECT_GE(*from_afar.write, 400us) << "to the primary, from there to the copy, and all the way back";
  EXPECT_GE(*from_afar.same, 400us);
  EXPECT_GE(*from_afar.other, 200us);
  EXPECT_LT(*from_afar.other, 400us) << "it came in one message with the write";
}

}  // namespace
}  // namespace upout::engines::shared_nothing
