#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engines/shared_memory/engine.h"

namespace upout::harness {

/// The shared-memory engine, of which a test may replace what it wants to go wrong.
class ForwardingEngine {
 public:
  using Engine = engines::shared_memory::Engine;
  using Session = Engine::Session;
  using TransactionClient = Engine::TransactionClient;
  using Transaction = Engine::Transaction;

  explicit ForwardingEngine(Engine& engine) : engine_(&engine) {}

  template <class Work>
  void run_on_workers(Work&& work) {
    engine_->run_on_workers(work);
  }
  template <class Work>
  void run_in_shares(Work&& work) {
    engine_->run_in_shares(work);
  }
  template <engines::Aggregate A>
  A aggregate(const A& empty, engines::Copies copies) {
    return engine_->aggregate(empty, copies);
  }
  unsigned copies() const { return engine_->copies(); }
  unsigned local_shares() const { return engine_->local_shares(); }
  void sum(std::span<std::uint64_t> numbers) { engine_->sum(numbers); }
  void max(std::span<std::uint64_t> numbers) { engine_->max(numbers); }
  std::vector<std::uint64_t> concatenate(std::span<const std::uint64_t> numbers) {
    return engine_->concatenate(numbers);
  }
  std::uint64_t record_count() { return engine_->record_count(); }
  std::vector<platform::WorkerBinding> bindings() { return engine_->bindings(); }
  unsigned local_workers() const { return engine_->local_workers(); }
  unsigned workers() const { return engine_->workers(); }
  bool is_root() const { return engine_->is_root(); }

 private:
  Engine* engine_;
};

}  // namespace upout::harness
