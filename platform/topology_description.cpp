#include "platform/topology_description.h"

#include <hwloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "platform/text_file.h"

namespace upout::platform {

namespace {

/// Of processing units and NUMA nodes. Machines have thousands.
constexpr unsigned most_numbers = 1U << 20;

constexpr std::size_t most_bytes = std::size_t{64} << 20;

/// The value of an attribute of a tag, as hwloc writes it.
std::optional<std::string_view> attribute(std::string_view tag, const std::string& name) {
  const std::string start = " " + name + "=\"";
  const std::size_t begin = tag.find(start);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view rest = tag.substr(begin + start.size());
  return rest.substr(0, rest.find('"'));
}

bool is_number(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number < most_numbers;
}

/// hwloc sets the bit of each number, and the four billionth where there is none: half a gigabyte, many times
/// over. What is not written as hwloc does is left to the child that reads it.
Expected<void> check_numbers(const std::string& path) {
  const auto text = read_text_file(path, most_bytes, path, "");
  if (!text) return {};
  constexpr std::string_view start = "<object ";
  for (std::size_t at = text->find(start); at != std::string::npos; at = text->find(start, at + 1)) {
    const std::string_view tag = std::string_view(*text).substr(at, text->find('>', at) - at);
    const auto type = attribute(tag, "type");
    if (type != "PU" && type != "NUMANode") continue;
    const auto number = attribute(tag, "os_index");
    if (number && is_number(*number)) continue;
    const auto line = 1 + std::count(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(at), '\n');
    return unexpected("HWLOC_XMLFILE",
                      "'" + path + "' with a " + std::string(*type) +
                          (number ? " of os_index '" + std::string(*number) + "'" : " without os_index") +
                          " in line " + std::to_string(line),
                      "a whole number below " + std::to_string(most_numbers));
  }
  return {};
}

/// So that this process has no more than `bytes` beyond what it has now.
void limit_memory(std::size_t bytes) {
  constexpr int fields_before_data = 5;  // proc(5), statm: in pages
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  for (int field = 0; field <= fields_before_data; ++field) statm >> pages;
  const rlim_t most = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + bytes;
  const rlimit limit{most, most};
  if (statm) setrlimit(RLIMIT_DATA, &limit);
}

/// The most that this process has had at a time.
std::size_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) << 10;
}

/// What a process comes to that does nothing but read a description, and write it as `to_xml` does.
[[noreturn]] void read_description(const char* path) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE}) std::signal(signal, SIG_DFL);
  const rlimit most_seconds{2, 2};
  setrlimit(RLIMIT_CPU, &most_seconds);
  // hwloc goes on without memory, as if nothing had been lost: what has taken much is refused, too.
  limit_memory(std::size_t{768} << 20);
  const std::size_t allowed = peak_memory() + (std::size_t{128} << 20);
  hwloc_topology_t topology = nullptr;
  char* xml = nullptr;
  int length = 0;
  const bool is_read = hwloc_topology_init(&topology) == 0 && hwloc_topology_set_xml(topology, path) == 0 &&
                       hwloc_topology_load(topology) == 0 && peak_memory() <= allowed &&
                       hwloc_topology_export_xmlbuffer(topology, &xml, &length, 0) == 0;
  _exit(is_read ? EXIT_SUCCESS : EXIT_FAILURE);
}

}  // namespace

Expected<void> try_topology_description() {
  const char* path = std::getenv("HWLOC_XMLFILE");
  if (path == nullptr || *path == '\0') return {};
  if (auto numbered = check_numbers(path); !numbered) return numbered;
  const pid_t child = fork();
  if (child == 0) read_description(path);
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) return {};
  return unexpected("HWLOC_XMLFILE", "'" + std::string(path) + "'", "a topology that hwloc can read");
}

}  // namespace upout::platform
