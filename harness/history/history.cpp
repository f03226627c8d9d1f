#include "harness/history/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <vector>

namespace upout::harness {

namespace {

using kernel::OperationKind;
using kernel::Status;
using platform::Timestamp;

/// What an operation is called; of kinds without a history, nothing.
std::string_view function_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::get:
      return "read";
    case OperationKind::put:
    case OperationKind::update:
      return "write";
    case OperationKind::insert:
      return "insert";
    case OperationKind::read_modify_write:
      return "read-modify-write";
    default:
      return "";
  }
}

std::string_view error_of(Status status) {
  constexpr std::array<std::string_view, kernel::statuses> names{
      "ok",        "not_found", "exists",   "out_of_range", "too_large", "out_of_memory",
      "unordered", "no_room",   "conflict", "no_answer"};
  return names[static_cast<std::size_t>(status)];
}

/// How an operation ended, in Jepsen's words.
std::string_view type_of(const HistoryEntry& entry) {
  if (entry.ended == never || entry.status == Status::no_answer) return "info";
  const bool found_nothing = entry.kind == OperationKind::get && entry.status == Status::not_found;
  return entry.status == Status::ok || found_nothing ? "ok" : "fail";
}

std::string text_of(ValueName value) {
  return value == no_value ? "null" : std::to_string(value);
}

/// `read`: nothing, as long as that is not known.
std::string value_of(const HistoryEntry& entry, ValueName read) {
  if (entry.kind == OperationKind::get) return text_of(read);
  if (entry.kind == OperationKind::read_modify_write)
    return fmt::format("[{},{}]", text_of(read), text_of(entry.written));
  return text_of(entry.written);
}

/// The beginning or end of an operation.
struct Event {
  Timestamp time;
  bool is_end;
  std::size_t entry;

  /// What touches in one instant overlaps.
  auto operator<=>(const Event&) const = default;
};

std::vector<Event> events_of(const std::vector<HistoryEntry>& entries) {
  std::vector<Event> events;
  events.reserve(2 * entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    events.push_back({entries[i].began, false, i});
    events.push_back({entries[i].ended, true, i});
  }
  std::ranges::sort(events);
  return events;
}

/// Writes lines, which it numbers.
class Writer {
 public:
  explicit Writer(std::ostream& file) : file_(&file) {}

  /// `error`: why it was not done, or may not have been.
  void write(std::uint32_t process, std::string_view type, const HistoryEntry& entry,
             const std::string& value, std::int64_t time, std::string_view error = {}) {
    const std::string reason = error.empty() ? "" : fmt::format(R"(,"error":"{}")", error);
    // Keys have 64 bits, of which readers that take numbers for floating point would lose some.
    *file_ << fmt::format(
        R"({{"index":{},"process":{},"type":"{}","f":"{}","key":"{}","value":{},"time":{}{}}})"
        "\n",
        lines_++, process, type, function_of(entry.kind), entry.key, value, time, reason);
  }

 private:
  std::ostream* file_;
  std::uint64_t lines_ = 0;
};

/// A key that is inserted was not there; all others were loaded.
void write_load(const std::vector<HistoryEntry>& entries, Writer& writer) {
  std::unordered_set<kernel::Key> inserted;
  std::set<kernel::Key> loaded;
  for (const HistoryEntry& entry : entries) {
    if (entry.kind == OperationKind::insert) inserted.insert(entry.key);
  }
  for (const HistoryEntry& entry : entries) {
    if (!inserted.contains(entry.key)) loaded.insert(entry.key);
  }
  for (const kernel::Key key : loaded) {
    const HistoryEntry load{.key = key, .written = 0, .kind = OperationKind::insert};
    for (const std::string_view type : {"invoke", "ok"}) writer.write(0, type, load, "0", 0);
  }
}

}  // namespace

void end_when_full(HistoryPart& history) {
  std::erase_if(history.entries, [&](const HistoryEntry& entry) { return entry.began >= history.full_at; });
  for (HistoryEntry& entry : history.entries) {
    if (entry.ended >= history.full_at) entry.ended = never;
  }
}

void write_history(const HistoryPart& history, std::uint32_t processes, std::ostream& file) {
  Writer writer(file);
  const std::vector<HistoryEntry>& entries = history.entries;
  write_load(entries, writer);
  const std::vector<Event> events = events_of(entries);
  if (events.empty()) return;
  const auto since_load = [&](Timestamp time) { return (time - events.front().time).count() + 1; };
  std::int64_t last = 0;
  std::vector<std::uint32_t> lives(processes);  // of each process: how often it went on as another
  for (const auto& [time, is_end, place] : events) {
    const HistoryEntry& entry = entries[place];
    const std::uint32_t process = entry.process + lives[entry.process] * processes;
    if (!is_end) {
      writer.write(process, "invoke", entry, value_of(entry, no_value), since_load(time));
      last = since_load(time);
      continue;
    }
    const std::string_view type = type_of(entry);
    if (time != never) last = since_load(time);
    if (type == "info") ++lives[entry.process];
    const bool is_ok = type == "ok";
    const std::string_view error = is_ok           ? ""
                                   : time == never ? "in_flight_at_the_end"
                                                   : error_of(entry.status);
    writer.write(process, type, entry, value_of(entry, is_ok ? entry.read : no_value), last, error);
  }
}

}  // namespace upout::harness
