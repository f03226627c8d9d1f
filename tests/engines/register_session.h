#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "engines/session.h"
#include "tests/history/recorder.h"
#include "tests/kernel/register_client.h"

namespace upout::engines::testing {

/// A client that keeps some random operations on a few keys in flight on a session, recorded.
template <Session S>
class RegisterSession {
 public:
  using RegisterOperation = history::RegisterOperation;
  using RegisterValue = kernel::testing::RegisterValue;
  using Log = history::Recorder<RegisterOperation>::Log;
  static constexpr std::uint32_t depth = 4;
  static constexpr unsigned most_unanswered = 4;

  /// `kinds`: of the first so many kinds of operations, of which the very first is reading.
  RegisterSession(S& session, Log& log, kernel::Key keys, unsigned operations, std::uint64_t seed,
                  kernel::Key first_key = 0, std::size_t kinds = kernel::single_key_kinds)
      : session_(&session),
        log_(&log),
        first_key_(first_key),
        keys_(keys),
        kinds_(kinds),
        left_(operations),
        random_(seed) {
    for (std::uint32_t slot = 0; slot < depth; ++slot) free_.push_back(slot);
  }

  /// Does what can be done now. True: it wants another turn at once.
  bool step() {
    std::vector<kernel::Operation*> submitted;
    while (left_ != 0 && !free_.empty()) submitted.push_back(&begin());
    Completed done;
    session_->submit(submitted, done);
    session_->poll(done);
    session_->poll(done);  // with nothing more to add, what has been gathered goes out
    for (kernel::Operation* operation : done) end(*operation);
    return !done.empty();
  }
  bool is_over() const { return left_ == 0 && free_.size() == depth; }
  unsigned unanswered() const { return unanswered_; }

 private:
  struct Slot {
    kernel::Operation operation;
    RegisterOperation* recorded = nullptr;
    std::optional<RegisterValue> input;
    std::array<std::byte, RegisterValue::most_bytes> output;
  };

  kernel::Operation& begin() {
    --left_;
    Slot& slot = slots_[free_.back()];
    const history::Version version = log_->next_version();
    const std::uint64_t unique = std::uint64_t{version.worker + 1} << 24 | version.number;
    RegisterOperation recorded{.kind = static_cast<kernel::OperationKind>(random_() % kinds_),
                               .key = first_key_ + random_() % keys_,
                               .written = unique << 32 | unique};
    const bool writes_head = recorded.kind == kernel::OperationKind::update ||
                             recorded.kind == kernel::OperationKind::read_modify_write;
    if (writes_head) recorded.mask = RegisterValue::head_mask;
    slot.recorded = &log_->begin(recorded);
    slot.input.emplace(recorded.written);
    slot.operation = {.kind = recorded.kind,
                      .slot = free_.back(),
                      .key = recorded.key,
                      .input = writes_head ? slot.input->head() : slot.input->bytes(),
                      .output = slot.output};
    free_.pop_back();
    return slot.operation;
  }
  void end(kernel::Operation& operation) {
    Slot& slot = slots_[operation.slot];
    free_.push_back(operation.slot);
    if (operation.status == kernel::Status::no_answer) {
      // It may take effect still: for the history, it never ends. Of such there must not be many, for
      // whatever is possible has to be tried.
      if (++unanswered_ == most_unanswered) left_ = 0;
      return;
    }
    slot.recorded->status = operation.status;
    slot.recorded->read = RegisterValue::read(std::span(slot.output).first(operation.output_size));
    log_->end(*slot.recorded);
  }

  S* session_;
  Log* log_;
  kernel::Key first_key_;
  kernel::Key keys_;
  std::size_t kinds_;
  unsigned left_;
  std::mt19937_64 random_;
  std::array<Slot, depth> slots_;
  std::vector<std::uint32_t> free_;
  unsigned unanswered_ = 0;
};

}  // namespace upout::engines::testing
