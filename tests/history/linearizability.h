#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "kernel/operation.h"
#include "tests/history/recorder.h"
#include "tests/history/verdict.h"

namespace upout::history {

/// One operation on one key, as a client saw it. The key is a register: absent, or with a value of 64 bits,
/// which a test maps to and from the bytes of a record (so that different writes have different values).
struct RegisterOperation {
  kernel::OperationKind kind = kernel::OperationKind::get;
  kernel::Key key = 0;
  std::uint64_t written = 0;  ///< put, insert, update, read_modify_write
  /// The bits that update and read_modify_write overwrite; the others stay (a write into a part of the
  /// value).
  std::uint64_t mask = ~std::uint64_t{0};

  kernel::Status status = kernel::Status::ok;
  std::uint64_t read = 0;  ///< what get and read_modify_write found, if they found something

  unsigned thread = 0;
  Time began = 0;
  Time ended = never;  ///< `never`: there was no response; status and read say nothing

  bool is_pending() const noexcept { return ended == never; }
};

/// The state of a register.
struct RegisterState {
  bool is_present = false;
  std::uint64_t value = 0;

  bool operator==(const RegisterState&) const = default;
};

/// The state that the operation leaves behind; nothing if in this state it can't have had the result that it
/// had. A pending operation can be applied where it would succeed (where it would fail it changes nothing,
/// which is as if it never took effect).
std::optional<RegisterState> apply(const RegisterOperation& operation, RegisterState state) noexcept;

std::string to_string(const RegisterOperation& operation);

/// Whether each key's operations can be ordered such that each has the result that it had, and none comes
/// before one that had ended before it began (Herlihy and Wing, 1990). Keys are absent at first. Keys are
/// looked at one by one, since linearizability is local. The explanation tells the shortest prefix of the
/// history that can't be ordered.
///
/// The search is that of Wing and Gong (1993) in the just-in-time form of Lowe (2017): it goes through the
/// history in time order with the set of all configurations (which of the running operations have taken
/// effect; the state), and lets an operation take effect only when the end of one demands it. Operations that
/// change nothing take effect as soon as the state suits them, which loses no order. The time is linear in
/// the length of the history and at worst exponential in the number of writes of one key that run at once; no
/// more than 64 operations of one key may (std::length_error), those that never end among them, unless what
/// they would have written whole was never read.
Verdict check_linearizable(std::span<const RegisterOperation> history);

}  // namespace upout::history
