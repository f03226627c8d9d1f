#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/cost/price_file.h"
#include "platform/error.h"

namespace upout::harness {

struct ReportOptions {
  std::string title = "upout";
  std::string question = "Both engines on this machine: which is ahead, and does either scale?";
  /// Of each document the sweep that it is of; empty if all are of one. Several are laid over each other.
  std::vector<std::string> sources = {};
  /// What machines cost: the page then opens with what the deployments do. Nothing: it was not asked.
  std::optional<PriceFile> prices = {};
};

/// One self-contained HTML page: the answer in sentences, throughput in charts, the table of all runs
/// with their verdicts, and the machine. It loads nothing from anywhere. Whatever the documents hold is shown
/// as text, never as markup. Fails if there are no documents, or if one does not fit the schema; the error
/// names it by its place in the span, counted from 1.
platform::Expected<std::string> render_report(std::span<const nlohmann::json> documents,
                                              const ReportOptions& options);

}  // namespace upout::harness
