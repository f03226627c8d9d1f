#include "engines/durable_log.h"

#include <sys/prctl.h>

#include <utility>

namespace upout::engines {

platform::Expected<std::unique_ptr<DurableLog>> DurableLog::create(const kernel::LogOptions& log,
                                                                   const DurabilityOptions& options) {
  return kernel::Log::create(log).map([&](std::unique_ptr<kernel::Log>&& made) {
    return std::unique_ptr<DurableLog>(new DurableLog(std::move(made), options));
  });
}

DurableLog::DurableLog(std::unique_ptr<kernel::Log> log, const DurabilityOptions& options)
    : log_(std::move(log)),
      options_(options),
      thread_([this](const std::stop_token& stop) { flush_until(stop); }) {}

DurableLog::~DurableLog() {
  if (thread_.joinable()) static_cast<void>(close());
}

void DurableLog::wait() const {
  const kernel::Epoch last = log_->state().dirty.load();
  while (log_->state().durable.load() < last && !log_->state().has_failed.load())
    std::this_thread::sleep_for(between_looks);
}

platform::Expected<void> DurableLog::close() {
  thread_.request_stop();
  thread_.join();
  return log_->close();
}

void DurableLog::flush_until(const std::stop_token& stop) {
  // Linux would make 70 of 20 microseconds.
  prctl(PR_SET_TIMERSLACK, 1000UL, 0, 0, 0);
  while (!stop.stop_requested()) {
    if (!log_->is_dirty()) {
      std::this_thread::sleep_for(between_looks);
      continue;
    }
    if (const auto flushed = log_->flush(); !flushed) {
      if (options_.on_failure) options_.on_failure(flushed.error());
      return;
    }
    flushed_.notify();
    if (options_.durability == Durability::async) std::this_thread::sleep_for(between_async_flushes);
  }
}

}  // namespace upout::engines
