#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace upout::platform {

/// Something that a user got wrong, or that the machine refused: where it was, what was found there and what
/// was expected. Rendered as one line, so that it can stand alone on stderr.
struct Error {
  std::string where;     ///< the option, `file:line` or system call, e.g. "--threads" or "plan.toml:12"
  std::string found;     ///< what stood there, e.g. "'4'"
  std::string expected;  ///< what would have been right, e.g. "at most 2 (the cores of this machine)"

  /// "WHERE: found FOUND, expected EXPECTED"; a part that is empty is left out.
  std::string to_string() const;
};

/// A value, or the reason why there is none.
template <class T>
using Expected = tl::expected<T, Error>;

/// Makes the failing side of an `Expected` of any type.
inline tl::unexpected<Error> unexpected(std::string where, std::string found, std::string expected) {
  return tl::unexpected<Error>(Error{std::move(where), std::move(found), std::move(expected)});
}

}  // namespace upout::platform
