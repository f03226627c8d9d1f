#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/record.h"

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

inline const std::string program = UPOUT_PROGRAM;

/// `upout` itself with these arguments.
inline Ended upout(const std::string& arguments) {
  return shell(program + " " + arguments);
}

/// The same as some ranks that may share cores: these tests are about what is said and stored, not how fast.
inline std::string under_mpirun(int ranks, const std::string& arguments) {
  return std::string(UPOUT_MPIRUN) + " -n " + std::to_string(ranks) + " --oversubscribe --bind-to none " +
         program + " " + arguments;
}
inline Ended mpirun(int ranks, const std::string& arguments) {
  return shell(under_mpirun(ranks, arguments));
}

/// The only run of a valid result file.
inline nlohmann::json read_run(const std::string& path) {
  const auto document = harness::read_document(path);
  EXPECT_TRUE(document) << (document ? "" : document.error().to_string());
  return document ? document->at("runs").at(0) : nlohmann::json();
}

/// Small and short: a smoke test of the whole path.
inline const std::string small =
    " -p recordcount=2000 --seconds 0.06 --repetitions 6 --warmup 0.005 --quiet --oversubscribe ";

}  // namespace upout::cli::testing
