#include "tests/history/order_search.h"

#include <utility>

namespace upout::history {

namespace {
constexpr std::size_t most_steps = 20'000;  // each looks through the whole graph
}

OrderSearch::OrderSearch(std::size_t nodes, std::vector<Edge> edges, const std::vector<Choice>& choices)
    : nodes_(nodes), certain_(edges.size()), edges_(std::move(edges)), decided_(choices.size(), false) {
  for (std::size_t i = 0; i < choices.size(); ++i) {
    edges_.push_back(choices[i][0]);
    others_.push_back(choices[i][1]);
    edges_.back().choice = others_.back().choice = i;
  }
}

auto OrderSearch::run() -> Outcome {
  if (!explore()) return Outcome::acyclic;
  return steps_ > most_steps ? Outcome::given_up : Outcome::cyclic;
}

/// Nothing: there is no cycle any more. Otherwise decided choices of which one has to change.
auto OrderSearch::explore() -> std::optional<Conflict> {
  if (++steps_ > most_steps) return Conflict{};
  const std::vector<std::size_t> cycle = find_cycle(nodes_, edges_);
  if (cycle.empty()) return std::nullopt;
  Conflict conflict;
  std::optional<std::size_t> open;
  for (const std::size_t place : cycle) {
    const auto choice = edges_[place].choice;
    if (!choice) continue;
    if (decided_[*choice]) {
      conflict.insert(*choice);
    } else if (!open) {
      open = choice;
    }
  }
  if (!open) {
    cycle_.clear();
    for (const std::size_t place : cycle) cycle_.push_back(edges_[place]);
    return conflict;
  }
  conflict.clear();
  decided_[*open] = true;
  for (int option = 0; option < 2; ++option) {
    turn(*open);
    const auto deeper = explore();
    if (!deeper) return std::nullopt;
    if (!deeper->contains(*open)) {
      conflict = *deeper;
      break;
    }
    conflict.insert(deeper->begin(), deeper->end());
  }
  decided_[*open] = false;
  conflict.erase(*open);
  return conflict;
}

void OrderSearch::turn(std::size_t choice) {
  std::swap(edges_[certain_ + choice], others_[choice]);
}

}  // namespace upout::history
