#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "platform/error.h"

/// What libFuzzer's programs have in common: a file for readers that want a path, and what is asked of their
/// errors.
namespace upout::fuzz {

/// What libFuzzer tries.
using Input = std::span<const std::uint8_t>;

inline std::string_view text_of(Input input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

/// Ends the program, so that libFuzzer keeps the input.
[[noreturn]] inline void give_up(const char* complaint, const std::string& about) {
  std::fprintf(stderr, "%s: %s\n", complaint, about.c_str());
  std::abort();
}

/// A file that is in memory only.
class MemoryFile {
 public:
  MemoryFile() : file_(memfd_create("input", MFD_CLOEXEC)) {
    if (file_ < 0) give_up("no file in memory", "memfd_create");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(file_); }

  void replace(std::string_view text) const {
    const bool is_written =
        ::ftruncate(file_, 0) == 0 && ::pwrite(file_, text.data(), text.size(), 0) == ssize_t(text.size());
    if (!is_written) give_up("a file in memory cannot be written", path());
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

/// An error is a line that says which file it is about, what was found in it and what was expected.
inline void demand_a_sentence_about(const std::string& file, const platform::Error& error) {
  if (error.to_string().find(file) == std::string::npos)
    give_up("an error that names no file", error.to_string());
  if (error.found.empty() || error.expected.empty())
    give_up("an error that does not say what is wrong", error.to_string());
}

/// And where in the file: there is more of `where` than the file's name.
inline void demand_a_place_in(const std::string& file, const platform::Error& error) {
  demand_a_sentence_about(file, error);
  if (!error.where.starts_with(file) || error.where.size() == file.size())
    give_up("an error that names no place", error.to_string());
}

}  // namespace upout::fuzz
