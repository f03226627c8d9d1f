#include "harness/fault_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>

#include "harness/wording.h"

namespace upout::harness {
namespace {

using nlohmann::json;

std::string_view past_of(std::string_view kind) {
  if (kind == "kill") return "killed";
  if (kind == "stop") return "stopped";
  return kind == "cut" ? "cut off" : "slowed down";
}

constexpr std::string_view several = "several";

/// What one fault did cannot be told from what the next one did.
std::string kind_of(const json& faults) {
  return faults.size() == 1 ? faults.at(0).at("kind").get<std::string>() : std::string(several);
}
std::string where_text(std::string_view kind) {
  if (kind == several) return "where there were several faults";
  return fmt::format("where one was {}", past_of(kind));
}

std::string milliseconds(double seconds) {
  return fmt::format("{:.0f} ms", seconds * 1e3);
}

std::string copies_of(const json& run) {
  const json& deployment = run.at("deployment");
  return copies_text(deployment.value("copies", 1U), deployment.at("replication").get<std::string>());
}

std::string ledger_text(const json& run) {
  if (!run.contains("ledger")) return {};
  const json& ledger = run.at("ledger");
  return fmt::format("; {} of {} acknowledged writes were lost", ledger.at("lost_writes").dump(),
                     ledger.at("acknowledged_writes").dump());
}

/// The longest that a client waited, by kind of fault.
using Waits = std::map<std::string, double>;

std::string sentence_of(double timeout_ms, const Waits& waits) {
  std::vector<std::string> items;
  for (const auto& [kind, seconds] : waits)
    items.push_back(fmt::format("{} {}", milliseconds(seconds), where_text(kind)));
  return fmt::format(
      "Where ranks are taken for dead after {:.0f} ms of silence, no client waited longer for a partition "
      "than {}.",
      timeout_ms, enumeration(items));
}

struct Books {
  std::uint64_t acknowledged = 0;
  std::uint64_t lost = 0;
};

std::string sentence_of(const std::map<std::string, Books>& books) {
  std::vector<std::string> items;
  for (const auto& [copies, of] : books)
    items.push_back(fmt::format("{} of {} with {}", of.lost, of.acknowledged, copies));
  return fmt::format("Of acknowledged writes, these were lost: {}.", enumeration(items));
}

}  // namespace

std::string fault_sentence(const nlohmann::json& run) {
  if (!run.contains("faults")) return {};
  std::vector<std::string> faults;
  for (const json& fault : run.at("faults")) {
    std::string text =
        fmt::format("rank {} was {} after {:.2f} s", fault.at("rank").dump(),
                    past_of(fault.at("kind").get<std::string>()), fault.at("at_seconds").get<double>());
    const json& detected = fault.at("detected_after_seconds");
    const json& restored = fault.at("restored_after_seconds");
    text += detected.is_null() ? ", and not taken for dead"
                               : fmt::format(", and taken for dead {} later", milliseconds(detected));
    if (restored.is_number())
      text += fmt::format("; all copies were there again after {}", milliseconds(restored));
    faults.push_back(std::move(text));
  }
  std::uint64_t failed = 0;
  for (const json& repetition : run.at("repetitions")) failed += repetition.at("failed").get<std::uint64_t>();
  return fmt::format("Faults ({}): {}. Clients waited at most {} for a partition, {} operations failed{}.",
                     copies_of(run), enumeration(faults),
                     milliseconds(run.value("longest_unserved_seconds", 0.0)), failed, ledger_text(run));
}

std::vector<std::string> fault_answer(std::span<const nlohmann::json> documents) {
  std::map<double, Waits> waits;  // by milliseconds until a rank is taken for dead
  std::map<std::string, Books> books;
  for (const json& document : documents) {
    for (const json& run : document.at("runs")) {
      if (!run.contains("faults") || run.at("incomplete").get<bool>()) continue;
      const double timeout_ms = run.at("deployment").value("failure_timeout_ns", 0.0) * 1e-6;
      double& wait = waits[timeout_ms][kind_of(run.at("faults"))];
      wait = std::max(wait, run.value("longest_unserved_seconds", 0.0));
      if (!run.contains("ledger")) continue;
      Books& of = books[copies_of(run)];
      of.acknowledged += run.at("ledger").at("acknowledged_writes").get<std::uint64_t>();
      of.lost += run.at("ledger").at("lost_writes").get<std::uint64_t>();
    }
  }
  std::vector<std::string> sentences;
  for (const auto& [timeout_ms, of] : waits) sentences.push_back(sentence_of(timeout_ms, of));
  if (!books.empty()) sentences.push_back(sentence_of(books));
  return sentences;
}

}  // namespace upout::harness
