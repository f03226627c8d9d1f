#include <algorithm>
#include <array>

#include "harness/schedulers/kinds.h"
#include "platform/find_program.h"

namespace upout::harness::schedulers {

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
  if (platform::find_program("sbatch")) return slurm();
  if (platform::find_program("qsub")) return pbs();
  if (platform::find_program("bsub")) return platform::find_program("jsrun") ? lsf_jsrun() : lsf();
  return platform::find_program("flux") ? flux() : local();
}

}  // namespace upout::harness::schedulers
