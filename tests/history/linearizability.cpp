#include "tests/history/linearizability.h"

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace upout::history {

using kernel::OperationKind;
using kernel::Status;

namespace {

bool reads(OperationKind kind) {
  return kind == OperationKind::get || kind == OperationKind::read_modify_write;
}

/// It has had its result, and that was not a change: it may take effect wherever the state suits it.
bool is_observer(const RegisterOperation& operation) {
  return !operation.is_pending() && (operation.kind == OperationKind::get || operation.status != Status::ok);
}

std::string_view name(OperationKind kind) {
  constexpr std::array<std::string_view, kernel::single_key_kinds> names = {
      "get", "put", "insert", "update", "remove", "read_modify_write"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name(Status status) {
  constexpr std::array<std::string_view, 6> names = {"ok",           "not found", "exists",
                                                     "out of range", "too large", "out of memory"};
  return names[static_cast<std::size_t>(status)];
}

/// Values of two halves, as versions are, read better as such.
std::string value_name(std::uint64_t value) {
  return value >> 32 == 0 ? std::to_string(value) : to_string(Version::of_word(value));
}

std::string state_name(RegisterState state) {
  return state.is_present ? value_name(state.value) : "absent";
}

/// Which of the running operations have taken effect (by their places), and the state after them.
struct Configuration {
  std::uint64_t done = 0;
  RegisterState state;

  bool operator==(const Configuration&) const = default;
  template <class Hash>
  // NOLINTNEXTLINE(readability-identifier-naming): the library asks for this name
  friend Hash AbslHashValue(Hash hash, const Configuration& configuration) {
    return Hash::combine(std::move(hash), configuration.done, configuration.state.is_present,
                         configuration.state.value);
  }
};

/// What is known of one key's operations without a search.
class Traces {
 public:
  explicit Traces(std::span<const RegisterOperation* const> operations) {
    for (const RegisterOperation* operation : operations) {
      are_whole_ &= ~operation->mask == 0;
      if (reads(operation->kind) && !operation->is_pending()) read_.insert(operation->read);
    }
  }

  /// It never ended, and nothing shows that it took effect: any order with it is one without it. (Writes of
  /// a part may show in values that are read nowhere as they wrote them; and what changes whether the key is
  /// there shows without being read.) Each of these would double the configurations from then on.
  bool has_left_none(const RegisterOperation& operation) const {
    if (!operation.is_pending()) return false;
    if (operation.kind == OperationKind::get) return true;
    const bool updates =
        operation.kind == OperationKind::update || operation.kind == OperationKind::read_modify_write;
    return updates && are_whole_ && !read_.contains(operation.written);
  }

 private:
  bool are_whole_ = true;
  absl::flat_hash_set<std::uint64_t> read_;
};

/// The search over one key's operations.
class Search {
 public:
  explicit Search(std::vector<const RegisterOperation*> operations) : operations_(std::move(operations)) {
    configurations_.insert(Configuration{});
  }

  Verdict run() {
    for (const auto& [time, is_end, operation] : events()) {
      if (!is_end) {
        begin(*operation);
      } else if (!end(*operation)) {
        return {"not linearizable", explain(*operation)};
      }
    }
    return {};
  }

 private:
  using Event = std::tuple<Time, bool, const RegisterOperation*>;  // the bool: is its end

  /// In time order. Operations that touch in one point overlap: beginnings come first.
  std::vector<Event> events() const {
    const Traces traces(operations_);
    std::vector<Event> events;
    for (const RegisterOperation* operation : operations_) {
      if (traces.has_left_none(*operation)) continue;
      events.emplace_back(operation->began, false, operation);
      if (!operation->is_pending()) events.emplace_back(operation->ended, true, operation);
    }
    std::sort(events.begin(), events.end());
    return events;
  }

  static std::uint64_t bit(std::size_t place) noexcept { return std::uint64_t{1} << place; }

  void begin(const RegisterOperation& operation) {
    const auto place = static_cast<std::size_t>(std::countr_one(running_));
    if (place == running_at_.size()) throw std::length_error("more than 64 operations of a key run at once");
    running_ |= bit(place);
    observers_ |= is_observer(operation) ? bit(place) : 0;
    running_at_[place] = &operation;
  }

  /// Leaves the configurations in which the operation has taken effect. False: there is none.
  bool end(const RegisterOperation& operation) {
    const auto place = static_cast<std::size_t>(
        std::find_if(running_at_.begin(), running_at_.end(), [&](auto* at) { return at == &operation; }) -
        running_at_.begin());
    next_.clear();
    seen_.clear();
    pending_.assign(configurations_.begin(), configurations_.end());
    while (!pending_.empty()) {
      Configuration configuration = observe(pending_.back());
      pending_.pop_back();
      if (!seen_.insert(configuration).second) continue;
      if ((configuration.done & bit(place)) != 0) {
        configuration.done &= ~bit(place);
        next_.insert(configuration);
      } else {
        push_successors(configuration);
      }
    }
    if (next_.empty()) return false;
    std::swap(configurations_, next_);
    running_ &= ~bit(place);
    observers_ &= ~bit(place);
    running_at_[place] = nullptr;
    return true;
  }

  /// With the effect of every observer that the state suits.
  Configuration observe(Configuration configuration) const {
    for (std::uint64_t left = observers_ & ~configuration.done; left != 0; left &= left - 1) {
      const auto place = static_cast<std::size_t>(std::countr_zero(left));
      if (apply(*running_at_[place], configuration.state)) configuration.done |= bit(place);
    }
    return configuration;
  }

  void push_successors(const Configuration& configuration) {
    for (std::uint64_t left = running_ & ~observers_ & ~configuration.done; left != 0; left &= left - 1) {
      const auto place = static_cast<std::size_t>(std::countr_zero(left));
      if (const auto state = apply(*running_at_[place], configuration.state)) {
        pending_.push_back({configuration.done | bit(place), *state});
      }
    }
  }

  std::string explain(const RegisterOperation& culprit) const {
    std::vector<std::string> states;
    for (const Configuration& configuration : configurations_)
      states.push_back(state_name(configuration.state));
    std::sort(states.begin(), states.end());
    states.erase(std::unique(states.begin(), states.end()), states.end());
    const auto ended = std::count_if(operations_.begin(), operations_.end(),
                                     [&](const auto* operation) { return operation->ended < culprit.ended; });
    std::string text = fmt::format(
        "key {}: the first {} operations to end can be ordered, and leave it {};\nbut not with\n  {}\n",
        culprit.key, ended, fmt::join(states, " or "), to_string(culprit));
    if (const RegisterOperation* writer = writer_of(culprit)) {
      text += fmt::format("which read what was written by\n  {}\n", to_string(*writer));
    }
    std::string_view lead = "also running then:\n";
    for (const RegisterOperation* operation : running_at_) {
      if (operation == nullptr || operation == &culprit) continue;
      text += fmt::format("{}  {}\n", std::exchange(lead, ""), to_string(*operation));
    }
    return text;
  }

  const RegisterOperation* writer_of(const RegisterOperation& reader) const {
    if (!reads(reader.kind) || reader.status != Status::ok) return nullptr;
    for (const RegisterOperation* operation : operations_) {
      const bool writes = operation->kind != OperationKind::get && operation->kind != OperationKind::remove;
      if (writes && operation->written == reader.read && operation != &reader) return operation;
    }
    return nullptr;
  }

  std::vector<const RegisterOperation*> operations_;
  std::uint64_t running_ = 0;    // the places in use
  std::uint64_t observers_ = 0;  // those of operations that change nothing
  std::array<const RegisterOperation*, 64> running_at_{};
  absl::flat_hash_set<Configuration> configurations_;
  absl::flat_hash_set<Configuration> next_;
  absl::flat_hash_set<Configuration> seen_;
  std::vector<Configuration> pending_;
};

}  // namespace

std::optional<RegisterState> apply(const RegisterOperation& operation, RegisterState state) noexcept {
  const bool succeeds = operation.is_pending() || operation.status == Status::ok;
  if (operation.status == Status::too_large || operation.status == Status::out_of_memory) return state;
  if (operation.kind == OperationKind::put || operation.kind == OperationKind::insert) {
    if (succeeds && operation.kind == OperationKind::insert && state.is_present) return std::nullopt;
    if (succeeds) return RegisterState{true, operation.written};
    const bool refused = operation.kind == OperationKind::insert && operation.status == Status::exists;
    return refused && state.is_present ? std::optional(state) : std::nullopt;
  }
  // The others need the key to be there, and say so if it is not.
  const bool found = operation.is_pending() || operation.status != Status::not_found;
  if (state.is_present != found) return std::nullopt;
  if (!succeeds) return state;
  if (reads(operation.kind) && !operation.is_pending() && operation.read != state.value) return std::nullopt;
  if (operation.kind == OperationKind::get) return state;
  if (operation.kind == OperationKind::remove) return RegisterState{};
  return RegisterState{true, (state.value & ~operation.mask) | (operation.written & operation.mask)};
}

std::string to_string(const RegisterOperation& operation) {
  std::string text = fmt::format("thread {}: {}", operation.thread, name(operation.kind));
  const OperationKind kind = operation.kind;
  if (kind != OperationKind::get && kind != OperationKind::remove)
    text += " " + value_name(operation.written);
  if (operation.is_pending()) return text + fmt::format(" -> no response, [{}, )", operation.began);
  text += fmt::format(" -> {}", name(operation.status));
  if (reads(kind) && operation.status == Status::ok) text += ", read " + value_name(operation.read);
  return text + fmt::format(", [{}, {}]", operation.began, operation.ended);
}

Verdict check_linearizable(std::span<const RegisterOperation> history) {
  std::map<kernel::Key, std::vector<const RegisterOperation*>> by_key;
  for (const RegisterOperation& operation : history) by_key[operation.key].push_back(&operation);
  for (auto& [key, operations] : by_key) {
    if (Verdict verdict = Search(std::move(operations)).run(); !verdict) return verdict;
  }
  return {};
}

}  // namespace upout::history
