#include "harness/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
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

/// argv and envp as exec wants them; the strings must outlive the result.
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

/// What a child does between fork and exec, where few functions may be called (signal-safety(7)). Each says
/// whether it was done; if not, errno says why.

/// As a fresh program expects them.
bool reset_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) {
    if (signal(number, SIG_DFL) == SIG_ERR) return false;
  }
  sigset_t none;
  sigemptyset(&none);
  return sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
}

/// A parent that is killed takes nobody along. Signals are reset by then, for one may come at once.
bool end_with_parent(pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return false;
  errno = ESRCH;
  return getppid() == parent;
}

bool move_descriptor(int from, int to) {
  return from >= 0 && (from == to || (dup2(from, to) == to && close(from) == 0));
}

/// No input, output to a file.
bool redirect(const char* output_path) {
  return move_descriptor(open("/dev/null", O_RDONLY), STDIN_FILENO) &&
         move_descriptor(open(output_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666), STDOUT_FILENO) &&
         dup2(STDOUT_FILENO, STDERR_FILENO) == STDERR_FILENO;
}

/// Becomes the program of `arguments`, or tells `failure` errno's number and ends.
[[noreturn]] void become_program(const char* output_path, char* const* arguments, char* const* environment,
                                 pid_t parent, int failure) {
  if (reset_signals() && setsid() >= 0 && end_with_parent(parent) && redirect(output_path))
    execvpe(arguments[0], arguments, environment);
  const int reason = errno;
  const ssize_t told = write(failure, &reason, sizeof reason);
  _exit(told == sizeof reason ? EXIT_FAILURE : EXIT_FAILURE + 1);
}

/// What a child told of its failure until it became another program; 0: nothing.
int told_failure(int descriptor) {
  int reason = 0;
  ssize_t count = 0;
  while ((count = read(descriptor, &reason, sizeof reason)) < 0 && errno == EINTR) continue;
  return count == sizeof reason ? reason : 0;
}

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
  const std::vector<char*> argv = null_terminated(arguments);
  const std::vector<char*> envp = null_terminated(environment);
  const auto refused = [&](int reason) {
    return platform::unexpected(arguments.front(), strerror(reason),
                                fmt::format("a program that starts, and a writable {}", command.output_path));
  };
  std::array<int, 2> failure{};
  if (pipe2(failure.data(), O_CLOEXEC) != 0) return refused(errno);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  const int fork_failure = errno;
  if (pid == 0) become_program(command.output_path.c_str(), argv.data(), envp.data(), parent, failure[1]);
  close(failure[1]);
  const int reason = pid < 0 ? fork_failure : told_failure(failure[0]);
  close(failure[0]);
  if (reason == 0) return ChildProcess(pid);
  while (pid > 0 && waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
  return refused(reason);
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
