#pragma once

#include <unistd.h>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace upout::harness {

/// What the display shows at one moment.
struct ProgressView {
  std::string phase;
  std::optional<double> fraction;  ///< how much of all that was expected is done, 0..1
  std::optional<double> remaining_seconds;
  std::optional<double> throughput;  ///< operations a second, of late
};

/// The one line that a terminal shows: at most `columns` long. What matters less goes first when there is
/// little room: the bar, then the time, then the throughput; at last the phase is cut.
std::string render_line(const ProgressView& view, std::size_t columns);

/// The line that a log gets when a phase begins.
std::string render_log_line(const ProgressView& view);

/// "12.3 M/s": three digits and a decimal prefix.
std::string render_rate(double operations_per_second);
/// "0:07", "12:34", "1:02:03"
std::string render_duration(double seconds);

enum class ProgressMode {
  terminal,  ///< one line, drawn again four times a second, gone at the end
  plain,     ///< one line a phase, for a log
  silent,
};

/// `silent` if asked to be quiet; else what fits the descriptor.
ProgressMode progress_mode_for(int descriptor, bool quiet);

/// The suite's progress display. Written to stderr, for stdout is for results. Used by one thread; on a
/// terminal it runs another one that draws, which also calls the `operations_so_far` of the current phase:
/// cheap reads of counters that the measured workers keep for themselves anyway. Whatever ends it (finish,
/// destruction), the line is left clean.
class Progress {
 public:
  using Operations = std::function<std::uint64_t()>;

  explicit Progress(ProgressMode mode, int descriptor = STDERR_FILENO);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// How long all phases together will take, as far as anyone knows; 0: nobody does, and each phase stands
  /// for itself.
  void expect(double total_seconds);

  /// Ends the phase before and begins one that is expected to take so long (0: unknown). `operations_so_far`,
  /// if given, is called until the next phase or `finish` and not after; what it refers to must live until
  /// then.
  void phase(std::string text, double expected_seconds, Operations operations_so_far = {});

  /// A line that is to be read whatever the mode: a warning, something that failed.
  void message(std::string_view text);

  /// Ends the last phase and cleans the terminal's line. Nothing is drawn until the next phase.
  void finish();

 private:
  using Time = std::chrono::steady_clock::time_point;

  void draw_until_stopped(const std::stop_token& stop);
  void draw();
  void clean();
  ProgressView view(Time now);
  void write(std::string_view text) const;

  const ProgressMode mode_;
  const int descriptor_;

  std::mutex mutex_;  ///< guards all below but the thread
  bool drawn_ = false;
  bool active_ = false;
  std::string text_;
  Operations operations_;
  Time phase_start_;
  double phase_seconds_ = 0;
  double total_seconds_ = 0;
  double finished_seconds_ = 0;  ///< what the phases before this one were expected to take
  std::deque<std::pair<Time, std::uint64_t>> samples_;  ///< of the last two seconds, for the throughput

  std::condition_variable_any wake_;
  std::jthread painter_;
};

}  // namespace upout::harness
