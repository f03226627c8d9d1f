#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

#include "engines/durable_log.h"
#include "engines/session.h"

namespace upout::engines {

/// Operations that have been done, and are given back when all that they have changed or seen is on disk.
/// (One that has seen nothing but what is there already is given back at once.) Used by one thread.
class HeldUntilDurable {
 public:
  explicit HeldUntilDurable(AwaitedLog log) noexcept : log_(log) {}

  /// These have been done.
  void hold(std::span<kernel::Operation* const> operations, Completed& done) {
    if (operations.empty()) return;
    // Whatever they have seen was changed in this epoch or before.
    const kernel::Epoch epoch = log_.state->dirty.load();
    if (batches_.empty() && epoch <= log_.state->durable.load()) return done.append(operations);
    batches_.push_back({epoch, operations.size()});
    vain_looks_ = 0;
    operations_.insert(operations_.end(), operations.begin(), operations.end());
  }

  /// Gives back those whose time has come. Who asks again and again has nothing else to do: then it sleeps a
  /// little, for the thread that writes the log may need the processor.
  void release(Completed& done) {
    if (batches_.empty()) return;
    const std::uint32_t flushes = log_.signal == nullptr ? 0 : log_.signal->count();
    const kernel::Epoch durable = log_.state->durable.load();
    if (batches_.front().epoch > durable) {
      if (log_.signal != nullptr && ++vain_looks_ > most_vain_looks)
        log_.signal->wait(flushes, longest_sleep);
      return;
    }
    vain_looks_ = 0;
    while (!batches_.empty() && batches_.front().epoch <= durable) {
      for (std::size_t i = 0; i < batches_.front().count; ++i) {
        done.push_back(operations_.front());
        operations_.pop_front();
      }
      batches_.pop_front();
    }
  }

 private:
  struct Batch {
    kernel::Epoch epoch;
    std::size_t count;
  };

  /// Who waits is woken when the disk has written; meanwhile operations may arrive.
  static constexpr std::chrono::microseconds longest_sleep{50};
  static constexpr unsigned most_vain_looks = 2;

  AwaitedLog log_;
  unsigned vain_looks_ = 0;
  std::deque<Batch> batches_;
  std::deque<kernel::Operation*> operations_;
};

}  // namespace upout::engines
