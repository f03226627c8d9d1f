#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "harness/sweep.h"
#include "sample_documents.h"
#include "temporary_folder.h"

namespace upout::harness {

/// Stands in for `upout run`: what it does follows from the seed that the plan gives.
inline constexpr const char* fake_program = R"(#!/bin/sh
here=$(dirname "$0")
while [ $# -gt 0 ]; do
  case $1 in
    --id) id=$2; shift ;;
    --json) json=$2; shift ;;
    --seed) seed=$2; shift ;;
    --threads) threads=$2; shift ;;
  esac
  shift
done
finish() {
  sed "s/@ID@/$id/; s/\"ranks\":1/\"ranks\":${OMPI_COMM_WORLD_SIZE:-${RANKS:-1}}/; \
       s/\"threads_per_rank\":1/\"threads_per_rank\":${threads:-1}/" "$here/$1" > "$json.tmp.$$" && mv "$json.tmp.$$" "$json"
}
echo "$seed ${OMPI_COMM_WORLD_RANK:-alone}/${OMPI_COMM_WORLD_SIZE:-1} root=${OMPI_ALLOW_RUN_AS_ROOT:-no}" >> "$here/started"
case $seed in
  1) finish finished.json ;;
  2) for line in one two three four five six; do echo "line $line" >&2; done; exit 3 ;;
  3) ;;                                                # ends well and leaves nothing
  4) finish unverified.json; exit 1 ;;
  5) trap 'finish incomplete.json; exit 130' INT TERM  # ends cleanly when it is asked to
     echo $$ >> "$here/ready"
     while :; do sleep 0.02; done ;;
  6) trap '' INT TERM                                  # ends for nobody, nor does what it started
     # timeout gives its child a process group of its own, as mpirun does with ranks
     timeout 1000 sleep 1000 &
     echo $! >> "$here/left"
     echo $$ >> "$here/left"
     echo $$ >> "$here/ready"
     while :; do sleep 0.02; done ;;
  7) timeout 1000 sleep 1000 & echo $! >> "$here/left"; finish finished.json ;;
esac
)";

/// Sweeps of a plan whose points a shell script measures.
class SweepTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("upout", fake_program);
    std::filesystem::permissions(folder_ / "upout", std::filesystem::perms::owner_all);
    RunRecord record = samples::run("shared-memory", 1, "ycsb-c", 1e6);
    record.id = "@ID@";
    folder_.write("finished.json", samples::document(record).dump());
    record.verification.checks[0].passed = false;
    folder_.write("unverified.json", samples::document(record).dump());
    record.incomplete = true;
    folder_.write("incomplete.json", samples::document(record).dump());
    options_.out = folder_ / "out";
    options_.program = folder_ / "upout";
  }
  std::string started() const { return text_of(folder_ / "started"); }

  /// Threads by the seeds in the list, one point each.
  Plan plan(const std::string& seeds,
            const std::string& size = "engine = 'shared-memory'\nthreads = 1") const {
    folder_.write("plan.toml", "[[points]]\nworkload = 'ycsb-c'\n" + size +
                                   "\nseconds = 10\nwarmup = 0.25\nrepetitions = 10\nseed = " + seeds + "\n");
    return read_plan(folder_ / "plan.toml", MachineSize{2}).value();
  }
  platform::Expected<SweepSummary> sweep(const Plan& plan) {
    const Interrupt interrupt;
    return sweep(plan, interrupt);
  }
  platform::Expected<SweepSummary> sweep(const Plan& plan, const Interrupt& interrupt) {
    const int descriptor = open((folder_ / "shown").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    Progress progress(ProgressMode::plain, descriptor);
    auto summary = run_sweep(plan, options_, interrupt, progress);
    close(descriptor);
    return summary;
  }
  std::string shown() const { return text_of(folder_ / "shown"); }

  /// Sends a signal to this very process as soon as so many children say that they are ready.
  std::jthread interrupt_when_ready(int signal, std::ptrdiff_t children = 1) const {
    return std::jthread([this, signal, children] {
      std::string ready;
      while (std::ranges::count(ready = text_of(folder_ / "ready"), '\n') < children)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      kill(getpid(), signal);
    });
  }
  /// A sweep in a process of its own, which is killed as soon as its point says that it is ready.
  void kill_a_sweep_of(const Plan& plan) {
    const pid_t pid = fork();
    if (pid == 0) {
      sweep(plan);
      _exit(EXIT_SUCCESS);
    }
    while (text_of(folder_ / "ready").empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  /// Whether any process still runs that a child listed as one of those to be left behind.
  bool any_left() const {
    std::ifstream file(folder_ / "left");
    bool left = false;
    for (pid_t pid = 0; file >> pid;) {
      std::string stat;
      std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), stat);
      const auto name_end = stat.rfind(')');
      left = left || (name_end != std::string::npos && stat.at(name_end + 2) != 'Z');
    }
    return left;
  }

  TemporaryFolder folder_;
  SweepOptions options_;
};

}  // namespace upout::harness
