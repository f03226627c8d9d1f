#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernel/log/log.h"
#include "kernel/log/log_image.h"
#include "kernel/log/recovery.h"
#include "kernel/traversal.h"
#include "tests/harness/temporary_folder.h"
#include "tests/kernel/values.h"

namespace upout::kernel::testing {

using Contents = std::map<Key, Bytes>;

/// The keys whose values differ; empty: there are none.
inline std::string differences(const Contents& found, const Contents& expected) {
  std::string keys;
  const auto value_in = [](const Contents& contents, Key key) {
    const auto at = contents.find(key);
    return at == contents.end() ? std::optional<Bytes>() : at->second;
  };
  std::set<Key> all;
  for (const auto& [key, value] : found) all.insert(key);
  for (const auto& [key, value] : expected) all.insert(key);
  for (const Key key : all) {
    const auto a = value_in(found, key);
    const auto b = value_in(expected, key);
    if (a == b) continue;
    keys += std::to_string(key) + (!a ? " is missing; " : !b ? " is back; " : " has another value; ");
  }
  return keys;
}

template <class Policy>
Contents contents_of(const Store<Policy>& store, Worker& worker) {
  Contents contents;
  Traversal<Policy>(store, worker).run({}, [&](Key key, std::span<const std::byte> value) {
    contents[key] = Bytes(value.begin(), value.end());
  });
  return contents;
}

/// What is brought back, or the error. Not on a thread that uses a store.
template <class Policy>
platform::Expected<Contents> recovered(const LogImage& image, IndexKind index = IndexKind::hash) {
  Bench<Policy> bench({.index = index});
  Recovery<Policy> recovery(image);
  const auto one_after_the_other = [&](std::size_t count, auto&& use) {
    const auto target_of = [&](Key) { return RecoveryTarget<Policy>{bench.store.get(), &bench.worker}; };
    for (std::size_t i = 0; i < count; ++i) use(i, target_of);
  };
  return recovery.run(one_after_the_other).map([&] { return contents_of(*bench.store, bench.worker); });
}

template <class Policy>
platform::Expected<Contents> recovered(const std::filesystem::path& folder,
                                       IndexKind index = IndexKind::hash) {
  return LogImage::open(folder).and_then(
      [&](const LogImage& image) { return recovered<Policy>(image, index); });
}

/// A store whose changes are logged, with one worker on this thread.
template <class Policy>
struct LoggedBench {
  LoggedBench(const LogOptions& log_options, const StoreOptions& options)
      : log(std::move(Log::create(log_options)).value()),
        store(std::move(*Store<Policy>::create(options))),
        writer(log->writer()),
        worker(store->heap(), &writer) {}

  ReaderRegistration registration;
  std::unique_ptr<Log> log;
  std::unique_ptr<Store<Policy>> store;
  LogWriter writer;
  Worker worker;
};

/// The file that is being written.
inline std::filesystem::path last_log_file(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".log") files.push_back(entry.path());
  }
  return std::ranges::max(files);
}

}  // namespace upout::kernel::testing
