#pragma once

#include <cassert>
#include <cstdint>

#include "workloads/random.h"

namespace upout::workloads {

/// Divides by a number that is known only at run time, and then stays the same, with two multiplications
/// (Barrett, CRYPTO 1986). Exact for every 64-bit dividend: the estimate is right or one too small.
class Divisor {
 public:
  explicit constexpr Divisor(std::uint64_t divisor) noexcept
      : divisor_(divisor), reciprocal_(~std::uint64_t{0} / divisor) {
    assert(divisor > 0);
  }

  struct Result {
    std::uint64_t quotient;
    std::uint64_t remainder;
  };

  constexpr Result divide(std::uint64_t dividend) const noexcept {
    const std::uint64_t estimate = multiply_high(dividend, reciprocal_);
    const std::uint64_t rest = dividend - estimate * divisor_;
    const std::uint64_t one_too_small = rest >= divisor_ ? 1 : 0;
    return {estimate + one_too_small, rest - (divisor_ & (std::uint64_t{0} - one_too_small))};
  }

  constexpr std::uint64_t value() const noexcept { return divisor_; }

 private:
  std::uint64_t divisor_;
  std::uint64_t reciprocal_;
};

}  // namespace upout::workloads
