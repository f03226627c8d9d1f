#include "platform/regions.h"

#include <algorithm>
#include <chrono>
#include <sstream>

#include "platform/duration.h"

namespace upout::platform {
namespace {

/// There and back, of links that are at most a second long.
constexpr Timestamp longest = std::chrono::seconds(2);

std::vector<std::string> words_of(std::string_view row) {
  std::istringstream stream{std::string(row)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// Names go into sentences and onto command lines.
bool is_name(std::string_view word) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  const bool is_a_number = word.front() >= '0' && word.front() <= '9';
  return !is_a_number && word.size() <= 32 && word.find_first_not_of(allowed) == std::string_view::npos;
}

/// Without the space that `to_string` has before the unit.
std::string word_of(Timestamp duration) {
  std::string text = to_string(duration);
  std::erase(text, ' ');
  return text;
}

}  // namespace

/// Says what is wrong with it.
std::optional<std::string> Regions::take_row(std::string_view row) {
  const std::vector<std::string> words = words_of(row);
  if (words.empty()) return std::nullopt;
  const std::string& name = words.front();
  if (!is_name(name)) return "'" + name + "' in place of a name";
  if (find(name)) return "'" + name + "' twice";
  if (names_.size() == most) return "more than " + std::to_string(most) + " regions";
  const std::size_t wanted = names_.size() + 1;
  if (words.size() != wanted + 1)
    return "'" + name + "' with " + std::to_string(words.size() - 1) + " round-trip times, of " +
           std::to_string(wanted);
  std::vector<Timestamp> times;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto time = parse_duration(words[i], longest);
    if (!time) return "'" + words[i] + "' in the row of " + name;
    times.push_back(*time);
  }
  names_.push_back(name);
  rows_.push_back(std::move(times));
  return std::nullopt;
}

Expected<Regions> Regions::parse(std::string_view text) {
  Regions regions;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(";\n");
    if (const auto wrong = regions.take_row(text.substr(0, end)))
      return unexpected("", *wrong, std::string(expected));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  if (regions.size() >= 2) return regions;
  return unexpected("", "'" + regions.to_string() + "'", "two or more " + std::string(expected));
}

std::optional<std::size_t> Regions::find(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names_.begin());
}

Timestamp Regions::longest_round_trip() const {
  Timestamp longest_one{};
  for (const std::vector<Timestamp>& row : rows_) longest_one = std::max(longest_one, std::ranges::max(row));
  return longest_one;
}

std::string Regions::to_string() const {
  std::string text;
  for (std::size_t region = 0; region < size(); ++region) {
    if (region > 0) text += "; ";
    text += names_[region];
    for (const Timestamp time : rows_[region]) text += " " + word_of(time);
  }
  return text;
}

std::vector<unsigned> RegionsOfRanks::ranks_of(std::size_t region, unsigned of_first) const {
  std::vector<unsigned> ranks;
  for (unsigned rank = 0; rank < of_first; ++rank) {
    if (region_of(rank) == region) ranks.push_back(rank);
  }
  return ranks;
}

}  // namespace upout::platform
