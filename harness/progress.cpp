#include "harness/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace upout::harness {

namespace {

using namespace std::chrono_literals;

constexpr auto redraw_interval = 250ms;
constexpr auto rate_window = 2s;
constexpr std::size_t longest_bar = 30;
constexpr std::size_t shortest_bar = 10;

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

std::size_t columns_of(int descriptor) {
  winsize size = {};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string bar(double fraction, std::size_t columns) {
  const std::size_t inside = columns - 2;
  const auto filled = std::size_t(std::lround(std::clamp(fraction, 0.0, 1.0) * double(inside)));
  return "[" + std::string(filled, '=') + std::string(inside - filled, ' ') + "]";
}

/// At most so many bytes (a byte is never wider than a column), without cutting a UTF-8 character in two.
std::string cut(std::string text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  text.resize(bytes);
  return text;
}

}  // namespace

std::string render_rate(double operations_per_second) {
  static constexpr std::array prefixes = {"", "k", "M", "G", "T"};
  double value = std::max(0.0, operations_per_second);
  std::size_t prefix = 0;
  while (value >= 999.5 && prefix + 1 < prefixes.size()) {
    value /= 1000;
    ++prefix;
  }
  if (prefix == 0) return fmt::format("{:.0f} /s", value);
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}/s", value, decimals, prefixes[prefix]);
}

std::string render_duration(double seconds) {
  const auto whole = std::uint64_t(std::ceil(std::max(0.0, seconds)));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string render_line(const ProgressView& view, std::size_t columns) {
  std::vector<std::string> parts = {view.phase};
  if (view.throughput) parts.push_back(render_rate(*view.throughput));
  if (view.remaining_seconds) parts.push_back(render_duration(*view.remaining_seconds) + " left");

  std::string line = cut(parts.front(), columns);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (line.size() + 2 + parts[i].size() > columns) break;
    line += "  " + parts[i];
  }
  if (view.fraction && line.size() + 1 + shortest_bar <= columns)
    line = bar(*view.fraction, std::min(longest_bar, columns - line.size() - 1)) + " " + line;
  return line;
}

std::string render_log_line(const ProgressView& view) {
  if (!view.remaining_seconds) return view.phase;
  return fmt::format("{} ({} left)", view.phase, render_duration(*view.remaining_seconds));
}

ProgressMode progress_mode_for(int descriptor, bool quiet) {
  if (quiet) return ProgressMode::silent;
  const char* terminal = std::getenv("TERM");
  const bool can_redraw = terminal != nullptr && std::string_view(terminal) != "dumb";
  return isatty(descriptor) == 1 && can_redraw ? ProgressMode::terminal : ProgressMode::plain;
}

Progress::Progress(ProgressMode mode, int descriptor) : mode_(mode), descriptor_(descriptor) {}

Progress::~Progress() {
  finish();
}

void Progress::expect(double total_seconds) {
  const std::lock_guard lock(mutex_);
  total_seconds_ = total_seconds;
}

void Progress::phase(std::string text, double expected_seconds, Operations operations_so_far) {
  if (mode_ == ProgressMode::silent) return;
  const std::lock_guard lock(mutex_);
  if (active_) finished_seconds_ += phase_seconds_;
  const bool changed = text != text_ || !active_;
  active_ = true;
  text_ = std::move(text);
  operations_ = std::move(operations_so_far);
  phase_start_ = std::chrono::steady_clock::now();
  phase_seconds_ = expected_seconds;
  samples_.clear();
  if (mode_ == ProgressMode::terminal) {
    draw();
    if (!painter_.joinable())
      painter_ = std::jthread([this](const std::stop_token& stop) { draw_until_stopped(stop); });
  } else if (changed) {
    write(render_log_line(view(phase_start_)) + "\n");
  }
}

void Progress::message(std::string_view text) {
  const std::lock_guard lock(mutex_);
  clean();
  write(std::string(text) + "\n");
  if (active_ && mode_ == ProgressMode::terminal) draw();
}

void Progress::finish() {
  if (painter_.joinable()) {
    painter_.request_stop();
    painter_.join();
  }
  const std::lock_guard lock(mutex_);
  if (active_) finished_seconds_ += phase_seconds_;
  active_ = false;
  operations_ = {};
  clean();
}

void Progress::draw_until_stopped(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, redraw_interval, [] { return false; });
    if (!stop.stop_requested()) draw();
  }
}

void Progress::draw() {
  // One column stays free: a terminal that wraps after its last one would begin a new line.
  const std::size_t columns = columns_of(descriptor_) - 1;
  write("\r" + render_line(view(std::chrono::steady_clock::now()), columns) + "\x1b[K");
  drawn_ = true;
}

void Progress::clean() {
  if (drawn_) write("\r\x1b[K");
  drawn_ = false;
}

ProgressView Progress::view(Time now) {
  ProgressView view = {.phase = text_, .fraction = {}, .remaining_seconds = {}, .throughput = {}};
  const double of_phase = std::min(seconds_between(phase_start_, now), phase_seconds_);
  const double done = total_seconds_ > 0 ? finished_seconds_ + of_phase : of_phase;
  const double total =
      total_seconds_ > 0 ? std::max(total_seconds_, finished_seconds_ + phase_seconds_) : phase_seconds_;
  if (total > 0) {
    view.fraction = done / total;
    view.remaining_seconds = total - done;
  }
  if (operations_) {
    samples_.emplace_back(now, operations_());
    while (samples_.size() > 2 && now - samples_[1].first >= rate_window) samples_.pop_front();
    const double seconds = seconds_between(samples_.front().first, now);
    const auto operations =
        samples_.back().second - std::min(samples_.front().second, samples_.back().second);
    if (seconds > 0) view.throughput = double(operations) / seconds;
  }
  return view;
}

void Progress::write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // a display that nobody can see is no reason to stop measuring
    text.remove_prefix(std::size_t(written));
  }
}

}  // namespace upout::harness
