#include "harness/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ranges>
#include <thread>

namespace upout::harness {

namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 50ms;

/// Processes of a session that still run, from /proc (proc(5): the state and the session are the 1st and the
/// 4th field after the name in parentheses).
std::vector<pid_t> running_processes_of_session(pid_t session) {
  std::vector<pid_t> members;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr != name.data() + name.size())
      continue;
    std::string stat;
    std::getline(std::ifstream(entry->path() / "stat"), stat);
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos) continue;
    char state = 0;
    int parent = 0;
    int group = 0;
    int its_session = 0;
    if (std::sscanf(stat.c_str() + name_end + 1, " %c %d %d %d", &state, &parent, &group, &its_session) != 4)
      continue;
    if (its_session == session && state != 'Z' && state != 'X') members.push_back(pid);
  }
  return members;
}

/// argv and envp as posix_spawn wants them; the strings must outlive the result.
std::vector<char*> null_terminated(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& additions) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const std::string_view name = variable.substr(0, variable.find('='));
    if (std::ranges::find(additions, name, [](const auto& a) -> std::string_view { return a.first; }) ==
        additions.end())
      result.emplace_back(variable);
  }
  for (const auto& [name, value] : additions) result.push_back(name + "=" + value);
  return result;
}

/// How posix_spawn prepares the child: no input, output to a file, a session of its own, signals as a fresh
/// program expects them.
class SpawnSettings {
 public:
  explicit SpawnSettings(const std::string& output_path) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, output_path.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE}) sigaddset(&signals, number);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

ProcessEnd end_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) return {.signal = WTERMSIG(wait_status)};
  return {.status = WEXITSTATUS(wait_status)};
}

}  // namespace

std::string ProcessEnd::to_string() const {
  if (signal != 0) return fmt::format("was ended by signal {} ({})", signal, strsignal(signal));
  return fmt::format("ended with status {}", status);
}

platform::Expected<ChildProcess> ChildProcess::start(const Command& command) {
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment = environment_with(command.environment);
  const SpawnSettings settings(command.output_path);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, arguments.front().c_str(), settings.actions(), settings.attributes(),
                                 null_terminated(arguments).data(), null_terminated(environment).data());
  if (error != 0)
    return platform::unexpected(arguments.front(), strerror(error),
                                fmt::format("a program that starts, and a writable {}", command.output_path));
  return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), end_(std::exchange(other.end_, std::nullopt)) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0 || end_) return;
  kill_session();
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<ProcessEnd> ChildProcess::poll() noexcept {
  if (end_) return end_;
  // The child is looked at first and reaped after the rest of its session is gone: until then its number, by
  // which the session is found, cannot be given to anyone else.
  siginfo_t state = {};
  if (waitid(P_PID, id_t(pid_), &state, WEXITED | WNOHANG | WNOWAIT) != 0 || state.si_pid != pid_)
    return std::nullopt;
  kill_session();
  int wait_status = 0;
  while (waitpid(pid_, &wait_status, 0) < 0 && errno == EINTR) {
  }
  end_ = end_of(wait_status);
  return end_;
}

ProcessEnd ChildProcess::wait(const Interrupt& interrupt, std::chrono::milliseconds grace) noexcept {
  std::optional<std::chrono::steady_clock::time_point> deadline;
  while (true) {
    if (const auto end = poll()) return *end;
    if (interrupt.requested() && !deadline) {
      kill(-pid_, interrupt.signal());
      deadline = std::chrono::steady_clock::now() + grace;
    }
    if (deadline && (interrupt.times() > 1 || std::chrono::steady_clock::now() >= *deadline)) kill_session();
    std::this_thread::sleep_for(poll_interval);
  }
}

void ChildProcess::kill_session() noexcept {
  kill(-pid_, SIGKILL);
  // Twice or more: a process may start another one between being listed and being killed.
  for (int round = 0; round < 100; ++round) {
    const auto members = running_processes_of_session(pid_);
    if (members.empty()) return;
    for (const pid_t member : members) kill(member, SIGKILL);
    std::this_thread::sleep_for(1ms);
  }
}

}  // namespace upout::harness
