#pragma once

#include <benchmark/benchmark.h>

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "platform/topology.h"

namespace upout::micro {

/// Runs `work` on a new thread bound to `cpu`, and waits for it: the caller's own thread stays as free as it
/// was. Where the thread cannot be bound, `work` is not run and the benchmark fails.
inline void run_bound(benchmark::State& state, const platform::Topology& topology, unsigned cpu,
                      const std::function<void()>& work) {
  std::thread([&] {
    if (const auto bound = topology.bind_this_thread(cpu); !bound) {
      state.SkipWithError(bound.error().to_string().c_str());
    } else {
      work();
    }
  }).join();
}

/// Threads bound to one processing unit each that do `work(index)` beside the one that measures, until they
/// are told to stop by whatever `work` looks at. Ends when they have ended.
class Companions {
 public:
  Companions(const platform::Topology& topology, std::span<const unsigned> cpus,
             const std::function<void(std::size_t)>& work) {
    for (std::size_t index = 0; index < cpus.size(); ++index) {
      threads_.emplace_back([this, &topology, cpu = cpus[index], index, work] {
        if (!topology.bind_this_thread(cpu)) failed_ = true;
        ++ready_;
        work(index);
      });
    }
    while (ready_ != cpus.size()) std::this_thread::yield();
  }
  Companions(const Companions&) = delete;
  Companions& operator=(const Companions&) = delete;
  ~Companions() {
    for (std::thread& thread : threads_) thread.join();
  }

  /// Whether each is where it should be.
  bool bound() const { return !failed_; }

 private:
  std::atomic<std::size_t> ready_ = 0;
  std::atomic<bool> failed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace upout::micro
