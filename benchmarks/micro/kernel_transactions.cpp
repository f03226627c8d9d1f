#include <benchmark/benchmark.h>

#include "kernel.h"
#include "kernel/retry.h"
#include "registry.h"

namespace upout::micro {

namespace {

using kernel::ConcurrencyControl;
using kernel::Status;
using kernel::Task;
using kernel::Transaction;
using kernel::TransactionCounts;
using kernel::Verdict;

constexpr std::uint64_t accesses = 16;

/// Reads 16 records; the first `updates` of them are written back.
template <class Policy>
Task<Verdict> access(Transaction<Policy>& transaction, UniformNumbers& numbers, std::uint64_t updates) {
  for (std::uint64_t i = 0; i < accesses; ++i) {
    const kernel::Key key = key_of(numbers.next());
    std::uint64_t value = 0;
    std::uint32_t copied = 0;
    Status status = co_await transaction.read(key, 0, std::as_writable_bytes(std::span(&value, 1)), copied);
    if (status == Status::ok && i < updates)
      status = co_await transaction.update(key, 0, std::as_bytes(std::span(&value, 1)));
    if (status != Status::ok) co_return Verdict::abort;
  }
  co_return Verdict::commit;
}

/// One of those in flight: transactions one after the other.
template <class Policy>
Task<std::uint64_t> lane(Transaction<Policy>& transaction, UniformNumbers& numbers, std::uint64_t updates,
                         std::uint64_t& remaining, TransactionCounts& counts) {
  std::uint64_t committed = 0;
  while (remaining != 0) {
    --remaining;
    committed += co_await kernel::run_to_commit(
        transaction, counts, [&](Transaction<Policy>& attempt) { return access(attempt, numbers, updates); });
  }
  co_return committed;
}

template <class Policy>
void transactions(benchmark::State& state, LazyStore<Policy>& lazy, std::size_t depth,
                  std::uint64_t updates) {
  constexpr std::uint64_t transactions_a_round = 256;
  kernel::Store<Policy>& store = *lazy.value();
  const kernel::ReaderRegistration registration;
  kernel::Worker worker(store.heap());
  std::vector<std::unique_ptr<Transaction<Policy>>> in_flight;
  for (std::size_t i = 0; i < depth; ++i)
    in_flight.push_back(std::make_unique<Transaction<Policy>>(store, worker));
  UniformNumbers numbers(record_count, 1 + static_cast<std::uint64_t>(state.thread_index()));
  TransactionCounts counts;
  for (auto _ : state) {
    std::uint64_t remaining = transactions_a_round;
    std::vector<Task<std::uint64_t>> lanes;
    for (auto& transaction : in_flight)
      lanes.push_back(lane(*transaction, numbers, updates, remaining, counts));
    worker.interleaver().run([&] {
      for (auto& each : lanes) each.start();
    });
    kernel::announce_quiescent();
  }
  const auto begun = static_cast<std::uint64_t>(state.iterations()) * transactions_a_round;
  if (counts.committed != begun) state.SkipWithError("a transaction did not commit");
  state.SetItemsProcessed(static_cast<std::int64_t>(begun * accesses));
}

template <class Policy>
void register_control(ConcurrencyControl control, const std::string& name) {
  const auto store = std::make_shared<LazyStore<Policy>>(
      [control] { return filled_store<Policy>({.concurrency_control = control}); });
  for (const std::uint64_t updates : {0, 8}) {
    const std::string text = updates == 0 ? "read_16" : "read_16_update_8";
    for (const std::size_t depth : {1, 8, 16}) {
      benchmark::RegisterBenchmark(("kernel/transaction/" + name + "/" + text + "/" + policy_name<Policy>() +
                                    "/" + std::to_string(depth))
                                       .c_str(),
                                   [store, depth, updates](benchmark::State& state) {
                                     transactions<Policy>(state, *store, depth, updates);
                                   });
    }
  }
}

template <class Policy>
void register_policy() {
  register_control<Policy>(ConcurrencyControl::occ, "occ");
  register_control<Policy>(ConcurrencyControl::serial, "serial");
}

}  // namespace

void register_kernel_transactions() {
  register_policy<kernel::Shared>();
  register_policy<kernel::Exclusive>();
}

}  // namespace upout::micro
