#include "harness/schedulers/script.h"

#include <fmt/format.h>

#include <algorithm>

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
  for (const auto& [what, name] : {std::pair{"the job's name", &job.name},
                                   {"queue", &resources.queue},
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

std::chrono::seconds notice_of(const JobRequest& job) {
  return std::min(job.notice, std::chrono::duration_cast<std::chrono::seconds>(job.time) / 2);
}

std::string body(const JobRequest& job, const Resources& resources, std::string_view task_variable,
                 std::string_view before_command) {
  std::string text = fmt::format("\ncd -- {} || exit\n", quote(job.folder));
  if (!resources.modules.empty()) text += "\n# modules of the plan\n";
  for (const std::string& module : resources.modules) text += fmt::format("module load {} || exit\n", module);
  if (!resources.prologue.empty()) text += "\n# prologue of the plan, as it stands there\n";
  for (const std::string& line : resources.prologue) text += line + "\n";
  if (!before_command.empty()) text += fmt::format("\n{}", before_command);
  text += "\n# in place of this shell, so that what the job is sent reaches upout\nexec";
  for (const std::string& word : job.command)
    text += " " + (job.tasks > 1 ? quote_with_task(word, task_variable) : quote(word));
  return text + "\n";
}

}  // namespace upout::harness::schedulers
