#include "kernel/log/log.h"

#include <algorithm>
#include <utility>

namespace upout::kernel {

using platform::Expected;

Expected<std::unique_ptr<Log>> Log::create(const LogOptions& options) {
  std::unique_ptr<Log> log(new Log(options));
  // If another log was here, this group says what of it is void.
  const GroupHeader first{
      .closed = options.closed, .present = options.first_epoch, .first = options.first_epoch};
  if (auto begun = log->begin_next_file(first); !begun) return tl::unexpected(begun.error());
  return log;
}

LogWriter Log::writer() {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<LogChannel> channel;
  if (idle_channels_.empty()) {
    channel = std::make_shared<LogChannel>(options_.ring_bytes);
  } else {
    channel = std::move(idle_channels_.back());
    idle_channels_.pop_back();
  }
  channel->is_closed.store(false, std::memory_order_relaxed);
  channels_.push_back(channel);
  return {state_, std::move(channel)};
}

auto Log::channels() -> Channels {
  const std::lock_guard lock(mutex_);
  return channels_;
}

void Log::forget_closed_channels() {
  const std::lock_guard lock(mutex_);
  std::erase_if(channels_, [this](const std::shared_ptr<LogChannel>& channel) {
    // In this order: what it published last, it published before.
    if (!channel->is_closed.load(std::memory_order_acquire) || !channel->ring.published()[0].empty())
      return false;
    idle_channels_.push_back(channel);
    return true;
  });
}

/// What has failed once is not tried again.
template <class Work>
Expected<void> Log::attempt(Work&& work) {
  const std::lock_guard lock(writing_);
  if (failure_) return tl::unexpected(*failure_);
  Expected<void> done = work();
  if (!done) {
    failure_ = done.error();
    state_.has_failed.store(true);
  }
  return done;
}

Expected<void> Log::flush() {
  return attempt([this] { return end_epoch(); });
}

Expected<void> Log::end_epoch() {
  const Epoch ending = state_.epoch.load();
  state_.epoch.store(ending + 1);
  // Who registers from now on sees the new epoch.
  if (auto waited = wait_for_writers(ending); !waited) return waited;
  if (state_.dirty.load() > state_.durable.load()) {
    if (auto written = write(channels(), ending); !written) return written;
    if (auto synced = sync(); !synced) return synced;
  }
  state_.durable.store(ending);
  forget_closed_channels();
  if (file_->size() < options_.file_bytes) return {};
  return begin_next_file({.closed = ending, .present = ending + 1});
}

/// Until nobody is within an operation that began in the epoch or before. Who needs room in a ring to get on
/// is given it, whoever it is, also one who has come since: others may wait for the record that he has
/// locked.
Expected<void> Log::wait_for_writers(Epoch ending) {
  const Channels before = channels();
  const auto is_within = [ending](const std::shared_ptr<LogChannel>& channel) {
    const Epoch entered = channel->entered.load();
    return entered != 0 && entered <= ending;
  };
  const auto fills_up = [](const std::shared_ptr<LogChannel>& channel) {
    const auto published = channel->ring.published();
    return published[0].size() + published[1].size() >= channel->ring.capacity() / 4;
  };
  for (Backoff backoff; std::ranges::any_of(before, is_within); backoff.wait()) {
    const Channels now = channels();
    if (std::ranges::none_of(now, fills_up)) continue;
    if (auto written = write(now, ending - 1); !written) return written;
  }
  return {};
}

/// What all of them have published.
Expected<void> Log::write(const Channels& channels, Epoch closed) {
  std::vector<std::span<const std::byte>> changes;
  std::vector<std::size_t> sizes;
  for (const auto& channel : channels) {
    const auto pieces = channel->ring.published();
    changes.insert(changes.end(), pieces.begin(), pieces.end());
    sizes.push_back(pieces[0].size() + pieces[1].size());
  }
  // After the looks at the rings: nothing in them is of a later epoch.
  const GroupHeader header{.closed = closed, .present = state_.epoch.load()};
  if (auto written = write_group(header, changes); !written) return written;
  for (std::size_t i = 0; i < channels.size(); ++i) channels[i]->ring.take_out(sizes[i]);
  return {};
}

Expected<void> Log::write_group(GroupHeader header, std::span<const std::span<const std::byte>> changes) {
  header.sequence = next_sequence_;
  header.synced = synced_sequence_;
  const std::size_t before = file_->size();
  if (auto written = file_->append(header, changes); !written) return written;
  ++next_sequence_;
  written_bytes_ += file_->size() - before;
  return {};
}

Expected<void> Log::sync() {
  if (auto synced = file_->sync(); !synced) return synced;
  synced_sequence_ = next_sequence_ - 1;
  ++syncs_;
  return {};
}

/// What stands in the old file is on disk before the new one is there, which is so when its first group is,
/// too: a file without a group is one that was never begun.
Expected<void> Log::begin_next_file(GroupHeader first) {
  if (file_) {
    if (auto ended = file_->trim().and_then([this] { return sync(); }); !ended) return ended;
  }
  auto file = LogFile::create(options_.folder / log_file_name(next_sequence_), options_.file_bytes);
  if (!file) return tl::unexpected(file.error());
  file_.emplace(std::move(*file));
  return write_group(first, {}).and_then([this] { return sync(); }).and_then([this] {
    return sync_folder(options_.folder);
  });
}

Expected<std::uint64_t> Log::begin_file() {
  std::uint64_t first = 0;
  return attempt([&] {
           first = next_sequence_;
           return begin_next_file({.closed = state_.durable.load(), .present = state_.epoch.load()});
         })
      .map([&] { return first; });
}

Expected<void> Log::close() {
  return flush().and_then([this] {
    return attempt([this] {
      return write_group({.closed = state_.durable.load(), .present = state_.epoch.load()}, {})
          .and_then([this] { return file_->trim(); })
          .and_then([this] { return sync(); });
    });
  });
}

}  // namespace upout::kernel
