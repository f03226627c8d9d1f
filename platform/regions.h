#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/clock.h"
#include "platform/error.h"

namespace upout::platform {

/// Places that are far from each other, and how long a message takes from one to another and back. A value;
/// empty: there are none.
class Regions {
 public:
  static constexpr std::size_t most = 16;
  static constexpr std::string_view expected =
      "regions such as \"virginia 1ms; ireland 68ms 1ms\": in each row a name, and the round-trip times to "
      "the regions before it and within it";

  Regions() = default;
  /// Rows end with a semicolon or a line. The error has no `where`.
  static Expected<Regions> parse(std::string_view text);

  std::size_t size() const noexcept { return names_.size(); }
  bool empty() const noexcept { return names_.empty(); }
  const std::string& name(std::size_t region) const { return names_[region]; }
  std::optional<std::size_t> find(std::string_view name) const;
  Timestamp round_trip(std::size_t from, std::size_t to) const {
    return from < to ? rows_[to][from] : rows_[from][to];
  }
  /// Zero: there are no regions.
  Timestamp longest_round_trip() const;
  /// As `parse` takes it.
  std::string to_string() const;

 private:
  std::optional<std::string> take_row(std::string_view row);

  std::vector<std::string> names_;
  std::vector<std::vector<Timestamp>> rows_;  ///< to each of the regions before, and within
};

/// Which region each rank of a deployment is in: those with data, and the clients behind them, are each dealt
/// out in blocks, the first ones to the first region. A value.
class RegionsOfRanks {
 public:
  RegionsOfRanks() = default;
  /// At least as many `servers` as regions, and as many `clients`, if there are any.
  RegionsOfRanks(Regions regions, unsigned servers, unsigned clients)
      : regions_(std::move(regions)), servers_(servers), clients_(clients) {}

  const Regions& regions() const noexcept { return regions_; }
  bool empty() const noexcept { return regions_.empty(); }
  std::size_t region_of(unsigned rank) const noexcept {
    return rank < servers_ ? rank * regions_.size() / servers_
                           : (rank - servers_) * regions_.size() / clients_;
  }
  Timestamp round_trip(unsigned from, unsigned to) const {
    return regions_.round_trip(region_of(from), region_of(to));
  }
  /// In ascending order.
  std::vector<unsigned> servers_of(std::size_t region) const { return ranks_of(region, servers_); }
  std::vector<unsigned> ranks_of(std::size_t region) const { return ranks_of(region, servers_ + clients_); }

 private:
  std::vector<unsigned> ranks_of(std::size_t region, unsigned of_first) const;

  Regions regions_;
  unsigned servers_ = 1;
  unsigned clients_ = 0;
};

}  // namespace upout::platform
