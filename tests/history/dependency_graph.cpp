#include "tests/history/dependency_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace upout::history {

namespace {

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

/// The edges by the node that they leave from.
class Adjacency {
 public:
  Adjacency(std::size_t nodes, std::span<const Edge> edges)
      : edges_(edges), first_(nodes + 1, 0), out_(edges.size()) {
    for (const Edge& edge : edges) ++first_[edge.from + 1];
    for (std::size_t node = 0; node < nodes; ++node) first_[node + 1] += first_[node];
    std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
    for (std::size_t i = 0; i < edges.size(); ++i) out_[next[edges[i].from]++] = i;
  }

  std::size_t nodes() const noexcept { return first_.size() - 1; }
  std::size_t begin_of(std::size_t node) const noexcept { return first_[node]; }
  std::size_t end_of(std::size_t node) const noexcept { return first_[node + 1]; }
  std::size_t edge_at(std::size_t place) const noexcept { return out_[place]; }
  std::size_t target_at(std::size_t place) const noexcept { return edges_[out_[place]].to; }

 private:
  std::span<const Edge> edges_;
  std::vector<std::size_t> first_;
  std::vector<std::size_t> out_;
};

/// Tarjan's strongly connected components, without recursion: histories are long.
class Components {
 public:
  explicit Components(const Adjacency& graph)
      : graph_(graph),
        number_(graph.nodes(), none),
        low_(graph.nodes()),
        component_(graph.nodes(), none),
        next_edge_(graph.nodes()) {
    for (std::size_t node = 0; node < graph.nodes(); ++node) {
      if (number_[node] == none) visit(node);
    }
  }

  std::size_t of(std::size_t node) const noexcept { return component_[node]; }
  /// The nodes of the smallest component of more than one; empty if there is none.
  const std::vector<std::size_t>& smallest_cyclic() const noexcept { return smallest_; }

 private:
  void visit(std::size_t root) {
    enter(root);
    while (!path_.empty()) {
      const std::size_t node = path_.back();
      if (next_edge_[node] == graph_.end_of(node)) {
        leave(node);
        continue;
      }
      const std::size_t to = graph_.target_at(next_edge_[node]++);
      if (number_[to] == none) {
        enter(to);
      } else if (component_[to] == none) {
        low_[node] = std::min(low_[node], number_[to]);
      }
    }
  }

  void enter(std::size_t node) {
    number_[node] = low_[node] = numbered_++;
    next_edge_[node] = graph_.begin_of(node);
    path_.push_back(node);
    open_.push_back(node);
  }

  void leave(std::size_t node) {
    path_.pop_back();
    if (!path_.empty()) low_[path_.back()] = std::min(low_[path_.back()], low_[node]);
    if (low_[node] != number_[node]) return;
    std::vector<std::size_t> members;
    do {
      members.push_back(open_.back());
      component_[open_.back()] = components_;
      open_.pop_back();
    } while (members.back() != node);
    ++components_;
    if (members.size() > 1 && (smallest_.empty() || members.size() < smallest_.size())) {
      smallest_ = std::move(members);
    }
  }

  const Adjacency& graph_;
  std::vector<std::size_t> number_;  // in the order of discovery
  std::vector<std::size_t> low_;
  std::vector<std::size_t> component_;
  std::vector<std::size_t> next_edge_;
  std::vector<std::size_t> path_;
  std::vector<std::size_t> open_;  // nodes whose component is not complete
  std::vector<std::size_t> smallest_;
  std::size_t numbered_ = 0;
  std::size_t components_ = 0;
};

/// The shortest cycle through the node, breadth first within its component.
std::vector<std::size_t> shortest_cycle_through(std::size_t start, const Adjacency& graph,
                                                const Components& components, std::span<const Edge> edges) {
  std::vector<std::size_t> arrived_by(graph.nodes(), none);
  std::vector<std::size_t> queue{start};
  for (std::size_t head = 0; head < queue.size() && arrived_by[start] == none; ++head) {
    const std::size_t node = queue[head];
    for (std::size_t place = graph.begin_of(node); place < graph.end_of(node); ++place) {
      const std::size_t to = graph.target_at(place);
      if (components.of(to) != components.of(start) || arrived_by[to] != none) continue;
      arrived_by[to] = graph.edge_at(place);
      queue.push_back(to);
    }
  }
  std::vector<std::size_t> cycle;
  std::size_t node = start;
  do {
    cycle.push_back(arrived_by[node]);
    node = edges[arrived_by[node]].from;
  } while (node != start);
  std::reverse(cycle.begin(), cycle.end());
  return cycle;
}

std::string scan_name(const RangeRead* range) {
  return range == nullptr ? "" : fmt::format(", scanning {} to {},", range->first, range->last);
}

}  // namespace

std::string to_string(const Edge& edge) {
  const std::string what = edge.version ? fmt::format("{} of key {}", to_string(*edge.version), edge.key)
                                        : fmt::format("key {}", edge.key);
  const bool present = edge.version.has_value();
  const std::string scan = scan_name(edge.range);
  switch (edge.kind) {
    case Dependency::ww:
      return fmt::format("T{} {} {} before T{} {} it", edge.from, present ? "wrote" : "removed", what,
                         edge.to, present ? "overwrote" : "inserted");
    case Dependency::wr:
      return fmt::format("T{} {} {} before T{}{} {}", edge.from, present ? "wrote" : "removed", what, edge.to,
                         scan, present ? "read it" : "found it absent");
    case Dependency::rw:
      return fmt::format("T{}{} {} {}{} before T{} {} it", edge.from, scan, present ? "read" : "found", what,
                         present ? "" : " absent", edge.to, present ? "overwrote" : "inserted");
    case Dependency::real_time:
      return fmt::format("T{} ended before T{} began", edge.from, edge.to);
  }
  return {};
}

void add_real_time_edges(std::span<const Transaction> history, std::vector<Edge>& edges) {
  struct Event {
    Time time;
    bool is_end;  // of two at one time the beginning comes first: they overlap
    std::size_t transaction;
    auto operator<=>(const Event&) const = default;  // NOLINT(modernize-use-nullptr): there is no pointer
  };
  std::vector<Event> events;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (!history[i].committed) continue;
    events.push_back({history[i].began, false, i});
    events.push_back({history[i].ended, true, i});
  }
  std::sort(events.begin(), events.end());
  std::vector<std::size_t> last;  // those that have ended, but for those that ended before one of them began
  for (const Event& event : events) {
    if (event.is_end) {
      std::erase_if(last, [&](std::size_t i) { return history[i].ended < history[event.transaction].began; });
      last.push_back(event.transaction);
    } else {
      for (const std::size_t i : last) edges.push_back({.from = i, .to = event.transaction});
    }
  }
}

std::vector<std::size_t> find_cycle(std::size_t nodes, std::span<const Edge> edges) {
  constexpr std::size_t starts = 32;
  const Adjacency graph(nodes, edges);
  const Components components(graph);
  const std::vector<std::size_t>& members = components.smallest_cyclic();
  std::vector<std::size_t> best;
  for (std::size_t i = 0; i < std::min(starts, members.size()); ++i) {
    auto cycle = shortest_cycle_through(members[i], graph, components, edges);
    if (best.empty() || cycle.size() < best.size()) best = std::move(cycle);
  }
  return best;
}

}  // namespace upout::history
