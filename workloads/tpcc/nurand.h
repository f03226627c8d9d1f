#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "workloads/random.h"
#include "workloads/tpcc/keys.h"

/// What TPC-C draws (revision 5.11, clauses 2.1.6 and 4.3.2). Values; a `Random` belongs to one thread.
namespace upout::workloads::tpcc {

/// One of least .. most, each as likely as any other.
constexpr std::uint32_t between(Random& random, std::uint32_t least, std::uint32_t most) noexcept {
  return least + static_cast<std::uint32_t>(random.below(most - least + 1));
}

/// NURand(A, least, most): the bits that are set in either of two numbers, which makes numbers more frequent
/// the more bits they have set, then moved on by C.
constexpr std::uint32_t nurand(Random& random, std::uint32_t a, std::uint32_t c, std::uint32_t least,
                               std::uint32_t most) noexcept {
  const std::uint32_t bits = between(random, 0, a) | between(random, least, most);
  return (bits + c) % (most - least + 1) + least;
}

/// The constants C, one a field, the same for all workers of a run. That of last names differs from the
/// load's by 65 to 119, but not by 96 or 112 (clause 2.1.6.1).
struct NurandConstants {
  std::uint32_t last_name = 0;
  std::uint32_t customer = 0;
  std::uint32_t item = 0;

  static constexpr std::uint32_t a_of_names = 255;
  static constexpr std::uint32_t a_of_customers = 1023;
  static constexpr std::uint32_t a_of_items = 8191;
  static constexpr std::uint32_t last_name_of_load = 97;

  static constexpr bool may_follow_load(std::uint32_t last_name) noexcept {
    const std::uint32_t difference =
        last_name > last_name_of_load ? last_name - last_name_of_load : last_name_of_load - last_name;
    return difference >= 65 && difference <= 119 && difference != 96 && difference != 112;
  }
  static constexpr NurandConstants of(std::uint64_t seed) noexcept {
    Random random(seed, 0x74706363);
    NurandConstants constants;
    do {
      constants.last_name = between(random, 0, a_of_names);
    } while (!may_follow_load(constants.last_name));
    constants.customer = between(random, 0, a_of_customers);
    constants.item = between(random, 0, a_of_items);
    return constants;
  }
};

constexpr std::uint32_t draw_customer(Random& random, const NurandConstants& constants,
                                      const Scale& scale) noexcept {
  return nurand(random, NurandConstants::a_of_customers, constants.customer, 1, scale.customers);
}
/// The number of a last name, of those that there are.
constexpr std::uint32_t draw_last_name(Random& random, std::uint32_t constant, const Scale& scale) noexcept {
  return nurand(random, NurandConstants::a_of_names, constant, 0, scale.names() - 1);
}
constexpr std::uint32_t draw_item(Random& random, const NurandConstants& constants,
                                  const Scale& scale) noexcept {
  return nurand(random, NurandConstants::a_of_items, constants.item, 1, scale.items);
}

/// One of the thousand last names: a syllable for each of the three digits of its number. The rest is zero.
constexpr std::array<char, 16> last_name_text(std::uint32_t number) noexcept {
  constexpr std::array<std::string_view, 10> syllables{"BAR", "OUGHT", "ABLE",  "PRI",   "PRES",
                                                       "ESE", "ANTI",  "CALLY", "ATION", "EING"};
  std::array<char, 16> text{};
  std::size_t at = 0;
  for (const std::uint32_t digit : {number / 100 % 10, number / 10 % 10, number % 10}) {
    for (const char letter : syllables[digit]) text[at++] = letter;
  }
  return text;
}

}  // namespace upout::workloads::tpcc
