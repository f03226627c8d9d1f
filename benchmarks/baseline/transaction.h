#pragma once

#include <algorithm>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "benchmarks/baseline/database.h"
#include "kernel/concurrency_control.h"
#include "kernel/frame_pool.h"
#include "kernel/operation.h"

namespace upout::baseline {

/// Runs the texts of transactions (engines/transaction.h) one after the other, each to its end. Used by one
/// thread.
template <class Table>
class TransactionClient {
 public:
  /// How many could be in flight does not matter.
  template <class Session>
  TransactionClient(Session& session, std::size_t) : database_(&session.database()) {}

  kernel::FramePool& frame_pool() noexcept { return frames_; }
  Database<Table>& database() noexcept { return *database_; }

  template <class StartNext>
  void run(StartNext&& start_next) {
    run(start_next, [] { return true; });
  }
  template <class StartNext, class IsOver>
  void run(StartNext&& start_next, IsOver&& is_over) {
    for (;;) {
      if (auto task = start_next()) {
        task->now();
      } else if (is_over()) {
        return;
      }
    }
  }

 private:
  Database<Table>* database_;
  kernel::FramePool frames_;
};

/// A transaction of who is alone: writes go in place, and what it takes to undo them is kept until the end,
/// for a text may want to abort. Nothing else can.
template <class Table>
class Transaction {
 public:
  /// Keeps a reference to the client.
  explicit Transaction(TransactionClient<Table>& client) : client_(&client) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  kernel::FramePool& frame_pool() noexcept { return client_->frame_pool(); }

  auto begin(std::span<const kernel::Key> keys) {
    database().approach(keys);
    is_doomed_ = false;
    return Ready<bool>{true};
  }
  auto read(kernel::Key key, std::uint32_t offset, std::span<std::byte> output, std::uint32_t& copied) {
    Record* record = database().find(key);
    copied = record == nullptr ? 0 : Database<Table>::read(*record, offset, output);
    return Ready<kernel::Status>{record == nullptr ? kernel::Status::not_found : kernel::Status::ok};
  }
  auto update(kernel::Key key, std::uint32_t offset, std::span<const std::byte> input) {
    return Ready<kernel::Status>{update_now(key, offset, input)};
  }
  auto insert(kernel::Key key, std::span<const std::byte> value) {
    const kernel::Status status = database().insert(key, value);
    if (status == kernel::Status::ok) changes_.push_back({Kind::insert, key, 0, saved_.size()});
    is_doomed_ = is_doomed_ || status == kernel::Status::out_of_memory;
    return Ready<kernel::Status>{status};
  }
  auto remove(kernel::Key key) {
    Record* record = database().find(key);
    if (record == nullptr) return Ready<kernel::Status>{kernel::Status::not_found};
    save({Kind::remove, key, 0, saved_.size()}, record->value());
    return Ready<kernel::Status>{database().remove(key)};
  }

  auto commit() {
    if (is_doomed_) abort();
    forget();
    return Ready<bool>{!is_doomed_};
  }
  void abort() {
    for (; !changes_.empty(); changes_.pop_back()) undo(changes_.back());
    forget();
  }
  /// There is no other.
  kernel::AbortCause cause() const noexcept { return kernel::AbortCause::out_of_memory; }
  bool is_doomed() const noexcept { return is_doomed_; }
  auto pause(std::uint64_t) noexcept { return Ready<bool>{true}; }

 private:
  template <class T>
  struct Ready {
    T value;
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    T await_resume() const noexcept { return value; }
  };
  enum class Kind : std::uint8_t { update, insert, remove };
  struct Change {
    Kind kind;
    kernel::Key key;
    std::size_t offset;  ///< in the value
    std::size_t saved;   ///< where in `saved_` what it replaced begins, which goes on to the end
  };

  Database<Table>& database() noexcept { return client_->database(); }

  kernel::Status update_now(kernel::Key key, std::size_t offset, std::span<const std::byte> input) {
    Record* record = database().find(key);
    if (record == nullptr) return kernel::Status::not_found;
    if (offset + input.size() > record->size) return kernel::Status::out_of_range;
    save({Kind::update, key, offset, saved_.size()}, record->value().subspan(offset, input.size()));
    return Database<Table>::update(*record, offset, input);
  }
  void save(Change change, std::span<const std::byte> before) {
    changes_.push_back(change);
    saved_.insert(saved_.end(), before.begin(), before.end());
  }
  void undo(const Change& change) {
    const auto before = std::span<const std::byte>(saved_).subspan(change.saved);
    if (change.kind == Kind::update) {
      Database<Table>::update(*database().find(change.key), change.offset, before);
    } else if (change.kind == Kind::insert) {
      database().remove(change.key);
    } else {
      database().insert(change.key, before);  // into the block that it left
    }
    saved_.resize(change.saved);
  }
  void forget() noexcept {
    changes_.clear();
    saved_.clear();
  }

  TransactionClient<Table>* client_;
  std::vector<Change> changes_;
  std::vector<std::byte> saved_;
  bool is_doomed_ = false;
};

}  // namespace upout::baseline
