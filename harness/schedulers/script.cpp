#include "harness/schedulers/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "harness/schedulers/names.h"

namespace upout::harness::schedulers {

namespace {

using platform::Expected;

constexpr std::string_view task_place = "{task}";

/// A word with "{task}" in it is quoted around a shell variable.
std::string quote_with_task(std::string_view word, std::string_view variable) {
  std::string text;
  for (;;) {
    const auto place = word.find(task_place);
    const std::string_view before = word.substr(0, place);
    if (!before.empty() || (text.empty() && place == std::string_view::npos)) text += quote(before);
    if (place == std::string_view::npos) return text;
    text += fmt::format("\"${{{}}}\"", variable);
    word.remove_prefix(place + task_place.size());
  }
}

Expected<void> check_line(std::string_view what, std::string_view text) {
  if (is_one_line(text)) return {};
  return platform::unexpected(std::string(what), "a line break or another control character",
                              "text of one line, for it goes into a job script");
}

Expected<void> check_names(const JobRequest& job, const Resources& resources) {
  if (job.name.find_first_of(".+@:") != std::string::npos || !is_name(job.name))
    return platform::unexpected("the job's name", "'" + job.name + "'", "letters, digits, '-' and '_'");
  for (const auto& [what, name] : {std::pair{"queue", &resources.queue},
                                   {"account", &resources.account},
                                   {"constraint", &resources.constraint}})
    if (!name->empty() && !is_name(*name))
      return platform::unexpected(what, "'" + *name + "'", std::string(name_form));
  for (const std::string& module : resources.modules)
    if (!is_module_name(module))
      return platform::unexpected("modules", "'" + module + "'", std::string(module_form));
  return {};
}

}  // namespace

std::string quote(std::string_view word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return std::string(word);
  std::string quoted = "'";
  for (const char letter : word) quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return quoted + "'";
}

Expected<void> check(const JobRequest& job, const Resources& resources, std::string_view scheduler) {
  const std::string where = fmt::format("a job for {}", scheduler);
  if (job.name.empty() || job.command.empty() || !job.folder.starts_with('/'))
    return platform::unexpected(
        where, fmt::format("name '{}', folder '{}', {} words", job.name, job.folder, job.command.size()),
        "a name, an absolute folder and a command");
  if (job.nodes < 1 || job.nodes > resources.nodes)
    return platform::unexpected(where, fmt::format("{} nodes", job.nodes),
                                fmt::format("1 to {}, the plan's nodes", resources.nodes));
  if (job.time < std::chrono::minutes(1) || job.time > resources.time || job.tasks < 1)
    return platform::unexpected(
        where, fmt::format("{} minutes, {} tasks", job.time.count(), job.tasks),
        fmt::format("1 to {} minutes, the plan's time, and at least one task", resources.time.count()));
  if (auto names = check_names(job, resources); !names) return names;
  if (auto folder = check_line("the job's folder", job.folder); !folder) return folder;
  for (const std::string& word : job.command)
    if (auto line = check_line("the job's command", word); !line) return line;
  for (const std::string& line : resources.prologue)
    if (auto checked = check_line("prologue", line); !checked) return checked;
  return {};
}

std::uint64_t mebibytes(std::uint64_t bytes) {
  constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;
  return (bytes + mebibyte - 1) / mebibyte;
}

std::chrono::seconds notice_of(const JobRequest& job) {
  return std::min(job.notice, std::chrono::duration_cast<std::chrono::seconds>(job.time) / 2);
}

Expected<void> check_without(std::string_view what, std::string_view name, std::string_view characters,
                             std::string_view scheduler) {
  if (name.find_first_of(characters) == std::string_view::npos) return {};
  return platform::unexpected(
      std::string(what), fmt::format("'{}'", name),
      fmt::format("a name without any of {}, which mean something to {}", characters, scheduler));
}

std::string header(std::string_view sentinel, const std::vector<Directive>& directives) {
  std::string text = "#!/bin/bash\n";
  for (const Directive& directive : directives) {
    if (!directive.reason.empty()) text += fmt::format("# {}\n", directive.reason);
    text += fmt::format("{} {}\n", sentinel, directive.text);
  }
  return text;
}

std::string body(const JobRequest& job, const Resources& resources, const BodyForm& form) {
  const std::string task = fmt::format("${{{}}}", form.task_variable);
  std::string text = fmt::format("\ncd -- {} || exit\n", quote(job.folder));
  if (form.redirects)
    text += fmt::format("exec >>{} 2>&1\n", job.tasks > 1 ? "\"output-" + task + ".log\"" : "output.log");
  if (!resources.modules.empty())
    text +=
        "\n# modules of the plan; a shell that is not one of a login may not know them yet\n"
        "command -v module >/dev/null || . /etc/profile\n";
  for (const std::string& module : resources.modules) text += fmt::format("module load {} || exit\n", module);
  if (!resources.prologue.empty()) text += "\n# prologue of the plan, as it stands there\n";
  for (const std::string& line : resources.prologue) text += line + "\n";
  if (!form.preparation.empty()) text += "\n" + form.preparation;
  text += "\n# in place of this shell, so that what the job is sent reaches upout\nexec";
  if (form.tells_itself)
    text +=
        fmt::format(" timeout --foreground --signal=TERM {}",
                    (std::chrono::duration_cast<std::chrono::seconds>(job.time) - notice_of(job)).count());
  for (const std::string& word : job.command)
    text += " " + (job.tasks > 1 ? quote_with_task(word, form.task_variable) : quote(word));
  return text + "\n";
}

std::string mpirun_launcher(const Resources& resources) {
  return fmt::format("mpirun -n {{ranks}} --map-by ppr:{}:node:PE={} --bind-to core",
                     resources.ranks_per_node, resources.cores_per_rank);
}

std::string hostfile_preparation(std::string_view variable) {
  return fmt::format(
      "# the job's hosts, for an mpirun that does not know the scheduler: Open MPI 4, Open MPI 5, MPICH\n"
      "export OMPI_MCA_orte_default_hostfile=\"${0}\" PRTE_MCA_prte_default_hostfile=\"${0}\" "
      "HYDRA_HOST_FILE=\"${0}\"\n",
      variable);
}

CommandLine shell_command(std::string text, std::vector<std::string> arguments) {
  CommandLine command = {"sh", "-c", "exec 2>&1; " + std::move(text), "upout"};
  std::ranges::move(arguments, std::back_inserter(command));
  return command;
}

}  // namespace upout::harness::schedulers
