#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <unistd.h>

#include "harness/schedulers/kinds.h"

namespace upout::harness::schedulers {

namespace {

bool is_in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    const auto file = std::filesystem::path(folder) / program;
    std::error_code error;
    if (std::filesystem::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace

std::string_view name_of(JobState state) {
  constexpr std::array<std::string_view, 9> names{
      "queued", "running", "done", "failed", "timed_out", "preempted", "node_failed", "cancelled", "unknown"};
  return names.at(static_cast<std::size_t>(state));
}

bool is_over(JobState state) {
  return state != JobState::queued && state != JobState::running;
}

std::span<const Scheduler* const> all_schedulers() {
  static const std::array all{&slurm(), &pbs(), &lsf(), &lsf_jsrun(), &flux(), &local()};
  return all;
}

const Scheduler* find_scheduler(std::string_view name) {
  const auto all = all_schedulers();
  const auto found = std::ranges::find(all, name, [](const Scheduler* each) { return each->name(); });
  return found == all.end() ? nullptr : *found;
}

const Scheduler& scheduler_here() {
  if (is_in_path("sbatch")) return slurm();
  if (is_in_path("qsub")) return pbs();
  if (is_in_path("bsub")) return is_in_path("jsrun") ? lsf_jsrun() : lsf();
  return is_in_path("flux") ? flux() : local();
}

}  // namespace upout::harness::schedulers
