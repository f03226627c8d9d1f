#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <vector>

#include "tests/history/dependency_graph.h"

namespace upout::history {

/// Two edges, of which one holds. The first is tried first.
using Choice = std::array<Edge, 2>;

/// Looks for choices that leave a graph without a cycle (a polygraph; Papadimitriou, 1979). As long as there
/// is a cycle, one of its choices is turned; where that leads nowhere, the search returns at once to the last
/// choice that had a part in it (conflict-directed backjumping; Prosser, 1993).
class OrderSearch {
 public:
  OrderSearch(std::size_t nodes, std::vector<Edge> edges, const std::vector<Choice>& choices);

  enum class Outcome { acyclic, cyclic, given_up };
  Outcome run();

  /// The cycle that the last choices left, if none leave no cycle.
  const std::vector<Edge>& cycle() const noexcept { return cycle_; }

 private:
  using Conflict = std::set<std::size_t>;

  std::optional<Conflict> explore();
  void turn(std::size_t choice);

  std::size_t nodes_;
  std::size_t certain_;       // so many edges do not depend on choices
  std::vector<Edge> edges_;   // these, then one for each choice
  std::vector<Edge> others_;  // the edge not chosen, for each choice
  std::vector<bool> decided_;
  std::vector<Edge> cycle_;
  std::size_t steps_ = 0;
};

}  // namespace upout::history
