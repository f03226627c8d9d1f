#include "line_mutator.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace upout::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t most_readable = 256;

/// libFuzzer calls targets and mutators as plain functions, on one thread; what one tells the other is kept
/// here.
std::vector<Bytes>& readable() {
  static std::vector<Bytes> inputs;
  return inputs;
}

/// `text` with one of its lines changed, at most `most` bytes.
Bytes change_a_line(const Bytes& text, std::size_t most, std::minstd_rand& random) {
  const auto place = text.begin() + static_cast<std::ptrdiff_t>(random() % text.size());
  const auto begin = std::find(std::make_reverse_iterator(place), text.rend(), '\n').base();
  const auto end = std::find(place, text.end(), '\n');
  const auto length = static_cast<std::size_t>(end - begin);
  Bytes line(begin, end);
  line.resize(length + most - text.size());
  if (!line.empty()) line.resize(LLVMFuzzerMutate(line.data(), length, line.size()));
  Bytes changed(text.begin(), begin);
  changed.insert(changed.end(), line.begin(), line.end());
  changed.insert(changed.end(), end, text.end());
  return changed;
}

}  // namespace

void remember_as_readable(Input input) {
  static std::minstd_rand random;
  std::vector<Bytes>& inputs = readable();
  if (input.empty()) return;
  Bytes bytes(input.begin(), input.end());
  if (inputs.size() < most_readable) {
    inputs.push_back(std::move(bytes));
  } else {
    inputs[random() % most_readable] = std::move(bytes);
  }
}

}  // namespace upout::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  using namespace upout::fuzz;
  std::minstd_rand random(seed);
  const std::vector<Bytes>& inputs = readable();
  if (inputs.empty() || random() % 2 == 0) return LLVMFuzzerMutate(data, size, most);
  const Bytes& base = inputs[random() % inputs.size()];
  if (base.size() > most) return LLVMFuzzerMutate(data, size, most);
  const Bytes changed = change_a_line(base, most, random);
  std::ranges::copy(changed, data);
  return changed.size();
}
