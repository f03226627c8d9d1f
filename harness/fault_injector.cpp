#include "harness/fault_injector.h"

#include <fmt/format.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

namespace upout::harness {

void kill_this_process() {
  ::kill(::getpid(), SIGKILL);
}

void stop_this_process(platform::Timestamp duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  std::string shell = "sh";
  std::string flag = "-c";
  std::string text = fmt::format("sleep {:.3f}; kill -CONT {}", seconds, ::getpid());
  std::array<char*, 4> arguments{shell.data(), flag.data(), text.data(), nullptr};
  pid_t waker = 0;
  // Without one who wakes it, it would sleep for ever.
  if (::posix_spawn(&waker, "/bin/sh", nullptr, nullptr, arguments.data(), environ) != 0) return;
  ::kill(::getpid(), SIGSTOP);
}

}  // namespace upout::harness
