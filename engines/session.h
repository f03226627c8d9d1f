#pragma once

#include <concepts>
#include <span>

#include "kernel/operation.h"
#include "kernel/operation_list.h"

namespace upout::engines {

/// Operations that have been done and go back to whoever submitted them.
using Completed = kernel::OperationList;

/// All that a workload sees of an engine: one worker's way to the database, wherever the data are. Used by
/// the worker's thread alone.
///
/// - `submit(operations, done)` takes the operations over and returns without waiting for any of them. Those
/// that are
///   done at once are appended to `done`. They are concurrent with each other and with all that is in flight.
/// - `poll(done)` makes progress, for others too, and appends what has been done since.
///
/// From `submit` until an operation comes back in `done`, it and the memory that it points to belong to the
/// session.
template <class S>
concept Session = requires(S& session, std::span<kernel::Operation* const> operations, Completed& done) {
  { session.submit(operations, done) } -> std::same_as<void>;
  { session.poll(done) } -> std::same_as<void>;
};

}  // namespace upout::engines
