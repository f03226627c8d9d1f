#include "platform/node_arenas.h"

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#if defined(UPOUT_UNSEEN_BY_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace upout::platform {

namespace {

/// What was done before an item is seen by the item, and what items do by who waits for them:
/// oneTBB does that. ThreadSanitizer, which sees neither into oneTBB nor into this file, has to be told.
class Handover {
 public:
  void give() noexcept {
#if defined(UPOUT_UNSEEN_BY_TSAN)
    __tsan_release(&place_);
#endif
  }
  void take() noexcept {
#if defined(UPOUT_UNSEEN_BY_TSAN)
    __tsan_acquire(&place_);
#endif
  }

 private:
  [[maybe_unused]] char place_ = 0;
};

std::string in_words(std::span<const unsigned> nodes) {
  if (nodes.empty()) return "none";
  std::string text;
  for (const unsigned node : nodes) text += (text.empty() ? "" : ", ") + std::to_string(node);
  return text;
}

/// From OS numbers of nodes to those that oneTBB gives them, which are its own affair and differ from version
/// to version: a thread is bound by each of them, and the kernel asked where it may run now.
std::optional<std::map<unsigned, tbb::numa_node_id>> numbers_of_tbb(
    [[maybe_unused]] const Topology& topology) {
#if defined(__SANITIZE_ADDRESS__)
  return std::nullopt;
#else
  std::map<unsigned, tbb::numa_node_id> numbers;
  for (const tbb::numa_node_id number : tbb::info::numa_nodes()) {
    if (number < 0) continue;
    std::set<std::optional<unsigned>> nodes;
    tbb::task_arena(tbb::task_arena::constraints{number, 1}).execute([&] {
      for (const unsigned cpu : topology.this_thread_cpus()) nodes.insert(topology.node_of_cpu(cpu));
    });
    if (nodes.size() == 1 && nodes.begin()->has_value()) numbers.emplace(**nodes.begin(), number);
  }
  return numbers;
#endif
}

}  // namespace

std::optional<std::vector<unsigned>> nodes_seen_by_tbb(const Topology& topology) {
  const auto numbers = numbers_of_tbb(topology);
  if (!numbers) return std::nullopt;
  std::vector<unsigned> nodes;
  for (const auto& [node, number] : *numbers) nodes.push_back(node);
  return nodes;
}

Expected<void> check_nodes_seen_by_tbb(std::span<const unsigned> seen, std::span<const unsigned> needed) {
  const auto is_seen = [seen](unsigned node) { return std::ranges::find(seen, node) != seen.end(); };
  if (std::ranges::all_of(needed, is_seen)) return {};
  return unexpected(
      "NUMA nodes that oneTBB sees", in_words(seen),
      in_words(needed) +
          " as hwloc does: install tbbbind, which oneTBB loads when it runs (Debian and Ubuntu: "
          "apt install libtbbbind-2-5)");
}

struct NodeArenas::Arenas {
  explicit Arenas(unsigned threads)
      : control(tbb::global_control::max_allowed_parallelism,
                std::max<std::size_t>(threads + 1, static_cast<unsigned>(tbb::info::default_concurrency()))) {
  }

  // The main thread counts, too, though it may find all slots taken; and workers may outnumber the
  // processors.
  tbb::global_control control;
  std::deque<tbb::task_arena> arenas;
};

NodeArenas::NodeArenas(std::vector<Crew> crews) : crews_(std::move(crews)) {
  unsigned threads = 0;
  for (const Crew& crew : crews_) threads += crew.threads;
  arenas_ = std::make_unique<Arenas>(threads);
  // No slot is reserved for the main thread, which can wait in one arena only.
  constexpr unsigned reserved = 0;
  for (const Crew& crew : crews_) {
    const auto slots = static_cast<int>(crew.threads);
    if (crew.number_of_tbb) {
      arenas_->arenas.emplace_back(tbb::task_arena::constraints{*crew.number_of_tbb, slots}, reserved);
    } else {
      arenas_->arenas.emplace_back(slots, reserved);
    }
  }
}
NodeArenas::NodeArenas(NodeArenas&&) noexcept = default;
NodeArenas::~NodeArenas() = default;

auto NodeArenas::crews_of(std::span<const WorkerPlace> places) -> std::vector<Crew> {
  std::vector<Crew> crews;
  for (const WorkerPlace& place : places) {
    auto crew = std::ranges::find(crews, place.node, &Crew::node);
    if (crew == crews.end()) crew = crews.insert(crews.end(), {place.node, 0, std::nullopt});
    ++crew->threads;
  }
  return crews;
}

Expected<NodeArenas> NodeArenas::create(const Topology& topology, std::span<const WorkerPlace> places) {
  std::vector<Crew> crews = crews_of(places);
  std::vector<unsigned> needed;
  for (const Crew& crew : crews) {
    if (crew.node) needed.push_back(*crew.node);
  }
  const bool can_bind =
      topology.is_this_machine() && topology.numa_nodes() > 1 && needed.size() == crews.size();
  const auto numbers = can_bind ? numbers_of_tbb(topology) : std::nullopt;
  if (!numbers) return NodeArenas({{std::nullopt, static_cast<unsigned>(places.size()), std::nullopt}});
  std::vector<unsigned> seen;
  for (const auto& [node, number] : *numbers) seen.push_back(node);
  return check_nodes_seen_by_tbb(seen, needed).map([&] {
    for (Crew& crew : crews) crew.number_of_tbb = numbers->at(*crew.node);
    return NodeArenas(std::move(crews));
  });
}

std::size_t NodeArenas::arena_of(std::optional<unsigned> node) const {
  const auto found = std::ranges::find(crews_, node, &Crew::node);
  return found == crews_.end() ? 0 : static_cast<std::size_t>(found - crews_.begin());
}

std::vector<std::size_t> NodeArenas::share_out(std::size_t items) const {
  std::vector<std::size_t> shares;
  std::size_t threads_left = 0;
  for (const Crew& crew : crews_) threads_left += crew.threads;
  for (const Crew& crew : crews_) {
    shares.push_back(items * crew.threads / threads_left);
    items -= shares.back();
    threads_left -= crew.threads;
  }
  return shares;
}

void NodeArenas::run(std::span<const std::size_t> items,
                     const std::function<void(std::size_t, std::size_t)>& work) {
  Handover begin;
  Handover end;
  begin.give();
  const auto do_item = [&](std::size_t arena, std::size_t item) {
    begin.take();
    work(arena, item);
    end.give();
  };
  std::deque<tbb::task_group> groups(arenas_->arenas.size());
  for (std::size_t arena = 0; arena < groups.size(); ++arena) {
    arenas_->arenas[arena].execute([&, arena] {
      groups[arena].run([&, arena] {
        tbb::parallel_for(
            std::size_t{0}, items[arena], [&, arena](std::size_t item) { do_item(arena, item); },
            tbb::simple_partitioner());
      });
    });
  }
  for (std::size_t arena = 0; arena < groups.size(); ++arena)
    arenas_->arenas[arena].execute([&, arena] { groups[arena].wait(); });
  end.take();
}

}  // namespace upout::platform
