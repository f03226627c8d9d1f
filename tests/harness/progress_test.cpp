#include "harness/progress.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>
#include <atomic>

#include <array>

namespace upout::harness {
namespace {

using namespace std::chrono_literals;

ProgressView measuring() {
  return {.phase = "measure 3/10", .fraction = 0.5, .remaining_seconds = 21, .throughput = 12.34e6};
}

TEST(ProgressLine, ShowsBarPhaseThroughputAndRemainingTime) {
  EXPECT_EQ(render_line(measuring(), 79), "[==============              ] measure 3/10  12.3 M/s  0:21 left");
}

TEST(ProgressLine, LeavesOutWhatNobodyKnows) {
  EXPECT_EQ(render_line({.phase = "load", .fraction = {}, .remaining_seconds = {}, .throughput = 5e5}, 79),
            "load  500 k/s");
  EXPECT_EQ(render_line({.phase = "verify", .fraction = {}, .remaining_seconds = {}, .throughput = {}}, 79),
            "verify");
}

TEST(ProgressLine, IsNeverLongerThanTheTerminal) {
  for (std::size_t columns = 0; columns < 100; ++columns)
    EXPECT_LE(render_line(measuring(), columns).size(), columns);
  EXPECT_EQ(render_line(measuring(), 46), "[=====     ] measure 3/10  12.3 M/s  0:21 left");
  EXPECT_EQ(render_line(measuring(), 40), "measure 3/10  12.3 M/s  0:21 left");
  EXPECT_EQ(render_line(measuring(), 25), "measure 3/10  12.3 M/s");
  EXPECT_EQ(render_line(measuring(), 7), "measure");
}

TEST(ProgressLine, CutsNoCharacterInTwo) {
  EXPECT_EQ(render_line({.phase = "größe", .fraction = {}, .remaining_seconds = {}, .throughput = {}}, 3),
            "gr");
}

TEST(ProgressLine, FillsTheBarOnlyUpToItsEnds) {
  ProgressView view = measuring();
  view.fraction = 7.0;
  EXPECT_EQ(render_line(view, 79), "[============================] measure 3/10  12.3 M/s  0:21 left");
  view.fraction = 0.0;
  EXPECT_EQ(render_line(view, 79), "[                            ] measure 3/10  12.3 M/s  0:21 left");
}

TEST(ProgressLogLine, SaysThePhaseAndWhatIsLeft) {
  EXPECT_EQ(render_log_line(measuring()), "measure 3/10 (0:21 left)");
  EXPECT_EQ(render_log_line({.phase = "load", .fraction = {}, .remaining_seconds = {}, .throughput = {}}),
            "load");
}

TEST(ProgressRate, HasThreeDigitsAndAPrefix) {
  EXPECT_EQ(render_rate(0), "0 /s");
  EXPECT_EQ(render_rate(999.4), "999 /s");
  EXPECT_EQ(render_rate(999.5), "1.00 k/s");
  EXPECT_EQ(render_rate(9'994'000), "9.99 M/s");
  EXPECT_EQ(render_rate(9'996'000), "10.0 M/s");
  EXPECT_EQ(render_rate(123.4e6), "123 M/s");
  EXPECT_EQ(render_rate(1.5e9), "1.50 G/s");
}

TEST(ProgressDuration, CountsMinutesAndHours) {
  EXPECT_EQ(render_duration(0), "0:00");
  EXPECT_EQ(render_duration(6.2), "0:07");
  EXPECT_EQ(render_duration(754), "12:34");
  EXPECT_EQ(render_duration(3723), "1:02:03");
}

/// Both ends of a pipe or of a pseudo-terminal; what was written to one is read from the other.
class Channel {
 public:
  static Channel pipe() {
    std::array<int, 2> ends = {};
    EXPECT_EQ(::pipe(ends.data()), 0);
    return {ends[0], ends[1]};
  }
  static Channel terminal(unsigned short columns) {
    winsize size = {.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    int reader = -1;
    int writer = -1;
    EXPECT_EQ(openpty(&reader, &writer, nullptr, nullptr, &size), 0);
    return {reader, writer};
  }
  ~Channel() {
    close(reader_);
    if (writer_ >= 0) close(writer_);
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  int writer() const { return writer_; }

  /// Everything that was written; closes the writing end.
  std::string text() {
    close(std::exchange(writer_, -1));
    std::string result;
    std::array<char, 4096> chunk = {};
    for (ssize_t n = 0; (n = read(reader_, chunk.data(), chunk.size())) > 0;)
      result.append(chunk.data(), std::size_t(n));
    return result;
  }

 private:
  Channel(int reader, int writer) : reader_(reader), writer_(writer) {}
  int reader_;
  int writer_;
};

TEST(Progress, WritesOneLineAPhaseToALog) {
  Channel log = Channel::pipe();
  {
    Progress progress(ProgressMode::plain, log.writer());
    progress.expect(10);
    progress.phase("load", 0);
    progress.phase("measure 1/2", 5);
    progress.phase("measure 1/2", 5);
    progress.message("warning: something");
    progress.phase("verify", 0);
  }
  EXPECT_EQ(log.text(),
            "load (0:10 left)\nmeasure 1/2 (0:10 left)\nwarning: something\nverify (0:00 left)\n");
}

TEST(Progress, SaysNothingButMessagesWhenSilent) {
  Channel log = Channel::pipe();
  {
    Progress progress(ProgressMode::silent, log.writer());
    progress.phase("load", 0);
    progress.message("point x failed");
  }
  EXPECT_EQ(log.text(), "point x failed\n");
}

TEST(Progress, IsSilentWhenAskedAndPlainWhereThereIsNoTerminal) {
  Channel log = Channel::pipe();
  Channel terminal = Channel::terminal(80);
  setenv("TERM", "xterm", 1);
  EXPECT_EQ(progress_mode_for(log.writer(), false), ProgressMode::plain);
  EXPECT_EQ(progress_mode_for(terminal.writer(), false), ProgressMode::terminal);
  EXPECT_EQ(progress_mode_for(terminal.writer(), true), ProgressMode::silent);
  setenv("TERM", "dumb", 1);
  EXPECT_EQ(progress_mode_for(terminal.writer(), false), ProgressMode::plain);
}

TEST(Progress, RedrawsATerminalsLineWithinItsWidthAndLeavesItClean) {
  Channel terminal = Channel::terminal(30);
  {
    Progress progress(ProgressMode::terminal, terminal.writer());
    progress.phase("point 2/4: shared-memory-t2-ycsb-c", 100);
    progress.message("note");
  }
  const std::string text = terminal.text();
  const std::string drawn = "\rpoint 2/4: shared-memory-t2-y\x1b[K";
  EXPECT_EQ(text, drawn + "\r\x1b[Knote\r\n" + drawn + "\r\x1b[K");
}

TEST(Progress, ShowsTheThroughputOfTheCountersThatItIsGivenAndLeavesThemAloneAfterwards) {
  Channel terminal = Channel::terminal(80);
  std::atomic<std::uint64_t> calls = 0;
  Progress progress(ProgressMode::terminal, terminal.writer());
  progress.phase("measure 1/1", 0, [&] { return calls.fetch_add(1) * 1'000'000; });
  while (calls < 3) std::this_thread::sleep_for(5ms);
  progress.finish();
  const auto calls_at_end = calls.load();
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(calls, calls_at_end);
  EXPECT_NE(terminal.text().find(" M/s"), std::string::npos);
}

}  // namespace
}  // namespace upout::harness
