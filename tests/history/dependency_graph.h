#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel/operation.h"
#include "tests/history/transaction.h"

namespace upout::history {

enum class Dependency : std::uint8_t {
  ww,         ///< overwrote its version
  wr,         ///< read its version
  rw,         ///< overwrote what it had read (Adya's anti-dependency)
  real_time,  ///< began after it had ended
};

/// The transaction `from` comes before the transaction `to` in every serial order (both are places in the
/// history).
struct Edge {
  std::size_t from = 0;
  std::size_t to = 0;
  Dependency kind = Dependency::real_time;
  kernel::Key key = 0;
  std::optional<Version> version{};     ///< written, read or overwritten; nothing: the key's absence
  const RangeRead* range = nullptr;     ///< the scan that read it, if it was one
  std::optional<std::size_t> choice{};  ///< the choice that it depends on; nothing: it always holds
};

/// The edge in words: "T1 read 2:5 of key 4 before T3 overwrote it".
std::string to_string(const Edge& edge);

/// Adds the real-time order: n·c edges for n transactions of which c run at once, from which the others
/// follow (a transaction is only compared with the last that ended before it began; Elle, PVLDB 2020).
void add_real_time_edges(std::span<const Transaction> history, std::vector<Edge>& edges);

/// A short cycle, as the places of its edges in order; empty if there is none. Looks for it in the smallest
/// strongly connected component (Tarjan, 1972), breadth first from some of its nodes.
std::vector<std::size_t> find_cycle(std::size_t nodes, std::span<const Edge> edges);

}  // namespace upout::history
