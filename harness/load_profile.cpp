#include "harness/load_profile.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "harness/offered_load.h"
#include "platform/duration.h"

namespace upout::harness {

namespace {

/// The last one whose member is at most `value`; the first one if none is.
template <class Range, class Member>
const auto& last_up_to(const Range& pieces, double value, Member member) {
  const auto next = std::ranges::upper_bound(pieces, value, {}, member);
  return next == pieces.begin() ? *next : *std::prev(next);
}

}  // namespace

RateCurve::RateCurve(const std::vector<Piece>& pieces) {
  double begin = 0;
  double before = 0;
  for (const Piece& piece : pieces) {
    pieces_.push_back({begin, before, piece.from, (piece.to - piece.from) / piece.seconds});
    begin += piece.seconds;
    before += piece.seconds * (piece.from + piece.to) / 2;
  }
  pieces_.push_back({begin, before, pieces.back().to, 0});
}

double RateCurve::rate_at(double seconds) const noexcept {
  const Placed& piece = last_up_to(pieces_, seconds, &Placed::begin);
  return piece.rate + piece.rise * (seconds - piece.begin);
}

double RateCurve::expected_until(double seconds) const noexcept {
  const Placed& piece = last_up_to(pieces_, seconds, &Placed::begin);
  return piece.before + piece.expected_within(seconds - piece.begin);
}

double RateCurve::when_expected(double operations) const noexcept {
  // The last piece that begins with so few: of a rate of 0, none is to be expected within it.
  const Placed& piece = last_up_to(pieces_, operations, &Placed::before);
  const double more = operations - piece.before;
  if (more <= 0) return piece.begin;
  if (piece.rise == 0) return piece.begin + more / piece.rate;
  // The solution of more = rate t + rise/2 t^2 that takes no difference of two numbers that are nearly equal.
  const double root = std::sqrt(std::max(0.0, piece.rate * piece.rate + 2 * piece.rise * more));
  return piece.begin + 2 * more / (piece.rate + root);
}

namespace {

using Pieces = std::vector<RateCurve::Piece>;

Pieces pieces_of_bursts(const LoadProfile& profile, double window_seconds) {
  Pieces pieces;
  const auto add = [&](double begin, double end, double rate) {
    if (const double seconds = std::min(end, window_seconds) - begin; seconds > 0)
      pieces.push_back({seconds, rate, rate});
  };
  const double quiet = profile.period_seconds - profile.burst_seconds;
  for (double begin = 0; begin < window_seconds; begin += profile.period_seconds) {
    add(begin, begin + quiet, profile.rates[0]);
    add(begin + quiet, begin + profile.period_seconds, profile.rates[1]);
  }
  return pieces;
}

Pieces pieces_of_window(const LoadProfile& profile, double window_seconds) {
  if (profile.shape == LoadProfile::Shape::ramp)
    return {{window_seconds, profile.rates[0], profile.rates[1]}};
  if (profile.shape == LoadProfile::Shape::bursts) return pieces_of_bursts(profile, window_seconds);
  Pieces pieces;
  const double each = window_seconds / static_cast<double>(profile.rates.size());
  for (const double rate : profile.rates) pieces.push_back({each, rate, rate});
  return pieces;
}

double mean_of(const Pieces& pieces) {
  double seconds = 0;
  double operations = 0;
  for (const RateCurve::Piece& piece : pieces) {
    seconds += piece.seconds;
    operations += piece.seconds * (piece.from + piece.to) / 2;
  }
  return operations / seconds;
}

}  // namespace

RateCurve LoadProfile::curve(double warmup_seconds, double window_seconds) const {
  Pieces pieces = pieces_of_window(*this, window_seconds);
  const double mean = mean_of(pieces);
  if (warmup_seconds > 0) pieces.insert(pieces.begin(), {warmup_seconds, mean, mean});
  pieces.push_back({window_seconds, mean, mean});
  return RateCurve(pieces);
}

double LoadProfile::mean_rate(double window_seconds) const {
  return mean_of(pieces_of_window(*this, window_seconds));
}

namespace {

constexpr std::size_t most_steps = 1000;
constexpr platform::Timestamp longest_period = std::chrono::hours(1);

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (std::size_t end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + separator.size());
  }
  parts.push_back(text);
  return parts;
}

/// Also of none, but not of all.
std::optional<std::vector<double>> rates_of(const std::vector<std::string_view>& texts) {
  std::vector<double> rates;
  for (const std::string_view text : texts) {
    const auto rate = text == "0" ? platform::Expected<double>(0) : parse_rate(text);
    if (!rate) return std::nullopt;
    rates.push_back(*rate);
  }
  if (std::ranges::all_of(rates, [](double rate) { return rate == 0; })) return std::nullopt;
  return rates;
}

std::optional<double> seconds_of(std::string_view text) {
  const auto duration = platform::parse_duration(text, longest_period);
  if (!duration || *duration <= platform::Timestamp::zero()) return std::nullopt;
  return static_cast<double>(duration->count()) * 1e-9;
}

std::optional<LoadProfile> parse_ramp(std::string_view text) {
  const auto rates = rates_of(split(text, ".."));
  if (!rates || rates->size() != 2) return std::nullopt;
  return LoadProfile{.text = {}, .shape = LoadProfile::Shape::ramp, .rates = *rates};
}

std::optional<LoadProfile> parse_steps(std::string_view text) {
  const auto rates = rates_of(split(text, ","));
  if (!rates || rates->size() < 2 || rates->size() > most_steps) return std::nullopt;
  return LoadProfile{.text = {}, .shape = LoadProfile::Shape::steps, .rates = *rates};
}

std::optional<LoadProfile> parse_bursts(std::string_view text) {
  const auto parts = split(text, ",");
  if (parts.size() != 4) return std::nullopt;
  const auto rates = rates_of({parts[0], parts[1]});
  const auto period = seconds_of(parts[2]);
  const auto burst = seconds_of(parts[3]);
  if (!rates || !period || !burst || *burst >= *period) return std::nullopt;
  return LoadProfile{.text = {},
                     .shape = LoadProfile::Shape::bursts,
                     .rates = *rates,
                     .period_seconds = *period,
                     .burst_seconds = *burst};
}

}  // namespace

platform::Expected<LoadProfile> parse_profile(std::string_view text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string_view shape = text.substr(0, equals);
  const std::string_view rest = text.substr(std::min(equals + 1, text.size()));
  auto profile = shape == "ramp"     ? parse_ramp(rest)
                 : shape == "steps"  ? parse_steps(rest)
                 : shape == "bursts" ? parse_bursts(rest)
                                     : std::nullopt;
  if (!profile) {
    return platform::unexpected(
        "", "'" + std::string(text) + "'",
        "ramp=100K..2M, steps=500K,1M,2M (two or more) or bursts=200K,2M,1s,100ms (the rate "
        "between them and in them, the period, and how long one lasts, which is less)");
  }
  profile->text = text;
  return *std::move(profile);
}

}  // namespace upout::harness
