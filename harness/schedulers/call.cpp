#include "harness/schedulers/call.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_replace.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "platform/nearest.h"

namespace upout::harness::schedulers {

namespace {

using platform::Expected;

/// A file in memory that takes what a program writes. Unlike a pipe it has room for all of it, and does not
/// wait for those that the program leaves running.
class Catch {
 public:
  Catch() : descriptor_(memfd_create("upout-call", MFD_CLOEXEC)) {}
  ~Catch() { close(descriptor_); }
  Catch(const Catch&) = delete;
  Catch& operator=(const Catch&) = delete;

  int descriptor() const { return descriptor_; }
  std::string text() const {
    std::string text;
    std::array<char, 4096> chunk;
    for (ssize_t count = 0; (count = pread(descriptor_, chunk.data(), chunk.size(), off_t(text.size()))) > 0;)
      text.append(chunk.data(), std::size_t(count));
    return text;
  }

 private:
  int descriptor_;
};

/// 0, or the error's number.
int spawn(CommandLine& command, const std::string& folder, const Catch& output, const Catch& errors,
          pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.descriptor(), STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int error = posix_spawnp(&pid, arguments.front(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// On one line, the end of it if it is long, for there programs say what went wrong.
std::string one_line(const std::string& text) {
  constexpr std::size_t longest = 300;
  std::string line(absl::StripAsciiWhitespace(absl::StrReplaceAll(text, {{"\n", " "}, {"\r", ""}})));
  return line.size() <= longest ? line : "..." + line.substr(line.size() - longest);
}

std::string said(const std::string& program, const Called& called) {
  const std::string text = one_line(called.errors.empty() ? called.output : called.errors);
  return fmt::format("{} ended with status {}{}{}", program, called.status, text.empty() ? "" : ": ", text);
}

}  // namespace

Expected<Called> call(CommandLine command, const std::string& folder) {
  const Catch output;
  const Catch errors;
  pid_t pid = -1;
  if (const int error = spawn(command, folder, output, errors, pid); error != 0)
    return platform::unexpected(command.front(), strerror(error), "a program that starts, in " + folder);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return Called{.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                .is_killed = WIFSIGNALED(status),
                .output = output.text(),
                .errors = errors.text()};
}

Expected<const Scheduler*> scheduler_named(const std::string& name, std::string where) {
  if (const Scheduler* found = find_scheduler(name)) return found;
  std::vector<std::string_view> names;
  for (const Scheduler* each : all_schedulers()) names.push_back(each->name());
  const auto nearest = platform::nearest(name, names);
  return platform::unexpected(
      std::move(where), fmt::format("'{}'", name),
      nearest ? std::string(*nearest) : fmt::format("one of {}", fmt::join(names, ", ")));
}

SubmitAnswer submit(const Scheduler& scheduler, const std::string& script, const std::string& folder) {
  using Kind = SubmitAnswer::Kind;
  const CommandLine command = scheduler.submit_command(script);
  const auto called = call(command, folder);
  if (!called) return {Kind::refused, called.error().to_string()};
  if (called->status != 0) {
    const std::string text = absl::AsciiStrToLower(called->output + called->errors);
    // A status alone says nothing: qsub refuses with 170, bsub with 255.
    const bool is_unclear =
        absl::StrContains(text, "timed out") || absl::StrContains(text, "timeout") || called->is_killed;
    return {is_unclear ? Kind::unclear : Kind::refused, said(command.front(), *called)};
  }
  auto id = scheduler.read_id(called->output);
  if (!id) return {Kind::unclear, id.error().to_string()};
  return {Kind::accepted, std::move(*id)};
}

Expected<JobState> ask_state(const Scheduler& scheduler, const std::string& id, unsigned task,
                             const std::string& folder) {
  return call(scheduler.state_command(id, task), folder).and_then([&](const Called& called) {
    auto state = scheduler.read_state(called.output, called.status);
    if (!state && !called.errors.empty()) state.error().found += " (" + one_line(called.errors) + ")";
    return state;
  });
}

Expected<void> cancel(const Scheduler& scheduler, const std::string& id, const std::string& folder) {
  const CommandLine command = scheduler.cancel_command(id);
  const auto called = call(command, folder);
  if (!called) return tl::unexpected(called.error());
  if (called->status == 0) return {};
  return platform::unexpected("job " + id, said(command.front(), *called), "a job that can be cancelled");
}

}  // namespace upout::harness::schedulers
