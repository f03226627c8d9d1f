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

std::string milliseconds(double seconds) {
  return fmt::format("{:.0f} ms", seconds * 1e3);
}

std::string copies_text(const json& run) {
  const json& deployment = run.at("deployment");
  const auto acknowledge = deployment.at("replication").get<std::string>();
  return fmt::format("{} copies, acknowledged by {}", deployment.value("copies", 1U),
                     acknowledge == "none" ? "the first alone" : acknowledge);
}

std::string ledger_text(const json& run) {
  if (!run.contains("ledger")) return {};
  const json& ledger = run.at("ledger");
  return fmt::format("; {} of {} acknowledged writes were lost", ledger.at("lost_writes").dump(),
                     ledger.at("acknowledged_writes").dump());
}

/// Of one kind of fault with one way to acknowledge.
struct Worst {
  std::size_t runs = 0;
  double unserved_seconds = 0;
  std::uint64_t lost = 0;
  std::uint64_t acknowledged = 0;

  void add(const json& run) {
    ++runs;
    unserved_seconds = std::max(unserved_seconds, run.value("longest_unserved_seconds", 0.0));
    if (!run.contains("ledger")) return;
    lost += run.at("ledger").at("lost_writes").get<std::uint64_t>();
    acknowledged += run.at("ledger").at("acknowledged_writes").get<std::uint64_t>();
  }
};

struct Case {
  std::string kind;
  std::string copies;
  double timeout_ms;
  auto operator<=>(const Case&) const = default;
};

std::string sentence_of(const Case& of, const Worst& worst) {
  return fmt::format(
      "A rank {} ({}, taken for dead after {:.0f} ms of silence): clients waited at most {} for a partition, "
      "and {} "
      "of {} acknowledged writes were lost{}.",
      past_of(of.kind), of.copies, of.timeout_ms, milliseconds(worst.unserved_seconds), worst.lost,
      worst.acknowledged, worst.runs == 1 ? "" : fmt::format(" ({} runs)", worst.runs));
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
                     copies_text(run), enumeration(faults),
                     milliseconds(run.value("longest_unserved_seconds", 0.0)), failed, ledger_text(run));
}

std::vector<std::string> fault_answer(std::span<const nlohmann::json> documents) {
  std::map<Case, Worst> cases;
  for (const json& document : documents) {
    for (const json& run : document.at("runs")) {
      if (!run.contains("faults") || !run.at("verification").at("passed").get<bool>()) continue;
      cases[{run.at("faults").at(0).at("kind").get<std::string>(), copies_text(run),
             run.at("deployment").value("failure_timeout_ns", 0.0) * 1e-6}]
          .add(run);
    }
  }
  std::vector<std::string> sentences;
  for (const auto& [of, worst] : cases) sentences.push_back(sentence_of(of, worst));
  return sentences;
}

}  // namespace upout::harness
