#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace upout::cli::testing {

/// What a user sees of a command that has ended.
struct Ended {
  int status = -1;  ///< as a shell has it
  std::string out;
  std::string err;
};

/// A folder for one test's files, gone afterwards.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "upout-cli-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return *this / name;
  }

 private:
  std::filesystem::path path_;
};

inline std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs a shell's command line to its end.
inline Ended shell(const std::string& command) {
  const Scratch scratch;
  const std::string line = "(" + command + ") >'" + scratch / "out" + "' 2>'" + scratch / "err" + "'";
  const int raw = std::system(line.c_str());
  return {WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw), contents(scratch / "out"),
          contents(scratch / "err")};
}

}  // namespace upout::cli::testing
