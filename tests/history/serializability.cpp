#include "tests/history/serializability.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "tests/history/dependency_graph.h"
#include "tests/history/observations.h"
#include "tests/history/order_search.h"

namespace upout::history {

using kernel::Key;

namespace {

/// The time from a key's insert to its remove.
struct Lifetime {
  std::size_t inserter;
  std::optional<std::size_t> remover;
};

/// The edges that always hold and the choices, from what was seen.
class Dependencies {
 public:
  Dependencies(std::span<const Transaction> history, bool is_strict)
      : history_(history), is_strict_(is_strict) {}

  Verdict build(const Observations& seen) {
    for (const NetWrite& write : seen.writes) {
      if (write.installed) writers_[*write.installed] = write.transaction;
      if (!write.overwrote) continue;
      const auto [first, is_new] = overwriters_.emplace(*write.overwrote, &write);
      if (!is_new) {
        return {"lost update",
                fmt::format("T{} and T{} both overwrote {} of key {}", first->second->transaction,
                            write.transaction, to_string(*write.overwrote), write.key)};
      }
    }
    for (const NetWrite& write : seen.writes) add_write(write);
    for (const auto& [key, lifetimes] : lifetimes_) {
      if (Verdict verdict = order_lifetimes(key, lifetimes); !verdict) return verdict;
    }
    for (const ExternalRead& read : seen.reads) add_read(read);
    if (is_strict_) add_real_time_edges(history_, edges);
    return {};
  }

  std::vector<Edge> edges;
  std::vector<Choice> choices;

 private:
  void add(const Edge& edge) {
    if (edge.from != edge.to) edges.push_back(edge);
  }

  void add_write(const NetWrite& write) {
    if (write.overwrote) {
      add({writers_.at(*write.overwrote), write.transaction, Dependency::ww, write.key, write.overwrote});
    } else {
      lifetimes_[write.key].push_back({write.transaction, remover_after(write)});
    }
  }

  std::optional<std::size_t> remover_after(const NetWrite& insert) const {
    const NetWrite* last = &insert;
    while (last->installed) {
      const auto next = overwriters_.find(*last->installed);
      if (next == overwriters_.end()) return std::nullopt;
      last = next->second;
    }
    return last->transaction;
  }

  Verdict order_lifetimes(Key key, const std::vector<Lifetime>& lifetimes) {
    for (std::size_t i = 0; i < lifetimes.size(); ++i) {
      for (std::size_t j = i + 1; j < lifetimes.size(); ++j) {
        const Lifetime& a = lifetimes[i];
        const Lifetime& b = lifetimes[j];
        if (!a.remover && !b.remover) {
          return {"lost update",
                  fmt::format("T{} and T{} both inserted key {}, which was absent, and neither "
                              "insert was undone by a remove",
                              a.inserter, b.inserter, key)};
        }
        if (!a.remover) {
          add(then(key, b, a));
        } else if (!b.remover) {
          add(then(key, a, b));
        } else if (!is_strict_ || (!is_past(*a.remover, b.inserter) && !is_past(*b.remover, a.inserter))) {
          const bool a_first = history_[a.inserter].ended <= history_[b.inserter].ended;
          choices.push_back(a_first ? Choice{then(key, a, b), then(key, b, a)}
                                    : Choice{then(key, b, a), then(key, a, b)});
        }
      }
    }
    return {};
  }

  static Edge then(Key key, const Lifetime& first, const Lifetime& second) {
    return {*first.remover, second.inserter, Dependency::ww, key, std::nullopt};
  }

  /// Real time, which has edges of its own, says that one comes before the other.
  bool is_past(std::size_t first, std::size_t second) const {
    return history_[first].ended < history_[second].began;
  }

  void add_read(const ExternalRead& read) {
    if (!read.version) {
      for (const Lifetime& lifetime : lifetimes_[read.key]) add_read_of_absence(read, lifetime);
      return;
    }
    add({writers_.at(*read.version), read.transaction, Dependency::wr, read.key, read.version, read.range});
    if (const auto next = overwriters_.find(*read.version); next != overwriters_.end()) {
      add({read.transaction, next->second->transaction, Dependency::rw, read.key, read.version, read.range});
    }
  }

  void add_read_of_absence(const ExternalRead& read, const Lifetime& lifetime) {
    const std::size_t reader = read.transaction;
    if (reader == lifetime.inserter) return;
    const Edge before{reader, lifetime.inserter, Dependency::rw, read.key, std::nullopt, read.range};
    // Who removed the key had seen it absent before that.
    if (!lifetime.remover || *lifetime.remover == reader) return add(before);
    const std::size_t remover = *lifetime.remover;
    if (is_strict_ && (is_past(reader, lifetime.inserter) || is_past(remover, reader))) return;
    const Edge after{remover, reader, Dependency::wr, read.key, std::nullopt, read.range};
    const bool is_after = history_[remover].ended <= history_[reader].ended;
    choices.push_back(is_after ? Choice{after, before} : Choice{before, after});
  }

  std::span<const Transaction> history_;
  bool is_strict_;
  std::unordered_map<Version, std::size_t> writers_;
  std::unordered_map<Version, const NetWrite*> overwriters_;
  std::map<Key, std::vector<Lifetime>> lifetimes_;
};

Verdict name_cycle(std::span<const Edge> cycle) {
  const auto count = [&](Dependency kind) {
    return std::count_if(cycle.begin(), cycle.end(), [&](const Edge& edge) { return edge.kind == kind; });
  };
  const auto antidependencies = count(Dependency::rw);
  Verdict verdict;
  verdict.anomaly = antidependencies > 1         ? "G2"
                    : antidependencies == 1      ? "G-single"
                    : count(Dependency::wr) != 0 ? "G1c"
                                                 : "G0";
  if (count(Dependency::real_time) != 0) verdict.anomaly += "-realtime";
  verdict.explanation = "a cycle of transactions, each of which comes before the next:\n";
  for (const Edge& edge : cycle) verdict.explanation += "  " + to_string(edge) + "\n";
  return verdict;
}

/// The plainest cycle: of as few kinds of dependencies as there is one of.
Verdict check_certain(std::size_t nodes, std::span<const Edge> edges) {
  if (find_cycle(nodes, edges).empty()) return {};
  for (const bool with_real_time : {false, true}) {
    for (const Dependency most : {Dependency::ww, Dependency::wr, Dependency::rw}) {
      std::vector<Edge> some;
      std::copy_if(edges.begin(), edges.end(), std::back_inserter(some), [&](const Edge& edge) {
        return edge.kind == Dependency::real_time ? with_real_time : edge.kind <= most;
      });
      std::vector<Edge> cycle;
      for (const std::size_t place : find_cycle(nodes, some)) cycle.push_back(some[place]);
      if (!cycle.empty()) return name_cycle(cycle);
    }
  }
  return {};
}

Verdict check(std::span<const Transaction> history, bool is_strict) {
  const auto seen = observe(history);
  if (!seen) return seen.error();
  Dependencies dependencies(history, is_strict);
  if (Verdict verdict = dependencies.build(*seen); !verdict) return verdict;
  if (Verdict verdict = check_certain(history.size(), dependencies.edges); !verdict) return verdict;

  OrderSearch search(history.size(), std::move(dependencies.edges), dependencies.choices);
  switch (search.run()) {
    case OrderSearch::Outcome::acyclic:
      return {};
    case OrderSearch::Outcome::given_up:
      return {"undecided", "too many orders of absences are possible"};
    case OrderSearch::Outcome::cyclic:
      break;
  }
  Verdict verdict = name_cycle(search.cycle());
  verdict.explanation += "Where a key was absent more than once, every other order leaves a cycle too.\n";
  return verdict;
}

}  // namespace

Verdict check_serializable(std::span<const Transaction> history) {
  return check(history, false);
}

Verdict check_strictly_serializable(std::span<const Transaction> history) {
  return check(history, true);
}

}  // namespace upout::history
