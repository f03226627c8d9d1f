#pragma once

#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "kernel/operation.h"
#include "tests/history/recorder.h"
#include "tests/history/version.h"

namespace upout::history {

/// A read of one key, which found this version, or nothing.
struct Read {
  kernel::Key key = 0;
  std::optional<Version> version;
};

/// A write of one key: an insert (overwrote nothing), an update, or a remove (installed nothing).
struct Write {
  kernel::Key key = 0;
  std::optional<Version> installed;
  std::optional<Version> overwrote;
};

/// A scan of all keys from `first` to `last`, both inclusive, and what it found. Of a scan with a limit that
/// was reached, `last` is the last key that it returned.
struct RangeRead {
  kernel::Key first = 0;
  kernel::Key last = 0;
  std::vector<std::pair<kernel::Key, Version>> found;
};

/// One transaction as its client saw it: its steps in the order of the program, those on its own writes among
/// them, and how it ended. A step that failed for another reason than that there was no such key is left out,
/// as are the steps of an attempt that was retried: each attempt is a transaction.
///
///     Recorder<Transaction> recorder(threads);
///     // on each thread:
///     auto& log = recorder.log(thread);
///     Transaction& recorded = log.begin();
///     // ... read key 3:
///     recorded.read(3, Version::of_word(value));             // or recorded.read(3, std::nullopt)
///     // ... and write it; each write has a version of its own, which is (part of) its value:
///     const Version version = log.next_version();
///     recorded.write(3, version, Version::of_word(value));   // that it overwrote what it has read
///     recorded.insert(4, log.next_version());                // a successful insert has seen that 4 was
///     absent recorded.scan(10, 19, {{12, ...}, {15, ...}}); recorded.committed = commit();
///     log.end(recorded);
///     // after all threads have been joined:
///     const Verdict verdict = check_strictly_serializable(recorder.take());
///     EXPECT_TRUE(verdict) << verdict.explanation;
struct Transaction {
  using Step = std::variant<Read, Write, RangeRead>;

  std::vector<Step> steps;
  bool committed = false;
  unsigned thread = 0;
  Time began = 0;
  Time ended = never;

  void read(kernel::Key key, std::optional<Version> version) { steps.emplace_back(Read{key, version}); }
  void write(kernel::Key key, Version installed, Version overwrote) {
    steps.emplace_back(Write{key, installed, overwrote});
  }
  void insert(kernel::Key key, Version installed) { steps.emplace_back(Write{key, installed, std::nullopt}); }
  void remove(kernel::Key key, Version overwrote) { steps.emplace_back(Write{key, std::nullopt, overwrote}); }
  void scan(kernel::Key first, kernel::Key last, std::vector<std::pair<kernel::Key, Version>> found) {
    steps.emplace_back(RangeRead{first, last, std::move(found)});
  }
};

}  // namespace upout::history
