#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>

#include "kernel/log/checkpoint.h"
#include "kernel/transaction.h"
#include "tests/kernel/log_bench.h"

namespace upout::kernel::testing {
namespace {

namespace fs = std::filesystem;

struct Kind {
  bool is_shared;
  IndexKind index;
  ConcurrencyControl concurrency_control;
};

/// Random operations and transactions of one worker on few keys, beside a map that does the same.
template <class Policy>
class RandomWork {
 public:
  RandomWork(LoggedBench<Policy>& bench, unsigned seed)
      : bench_(&bench), random_(seed), transaction_(*bench.store, bench.worker) {}

  const Contents& contents() const { return contents_; }
  /// What is in the store already.
  void adopt(const Contents& contents) { contents_ = contents; }

  void step() {
    if (draw(4) == 0) {
      step_transaction();
    } else {
      step_operation();
    }
  }

 private:
  std::uint64_t draw(std::uint64_t count) { return random_() % count; }
  Key key() { return draw(40); }
  Bytes value() { return pattern(draw(3) == 0 ? draw(300) : 64, random_()); }

  void step_operation() {
    const Key at = key();
    const Bytes bytes = value();
    switch (draw(5)) {
      case 0:
        ASSERT_EQ(bench_->store->put(bench_->worker, at, bytes), Status::ok);
        contents_[at] = bytes;
        break;
      case 1:
        if (bench_->store->insert(bench_->worker, at, bytes) == Status::ok) contents_[at] = bytes;
        break;
      case 2:
        if (bench_->store->remove(bench_->worker, at) == Status::ok) contents_.erase(at);
        break;
      case 3:
        step_exchange(at);
        break;
      default:
        if (bench_->store->update(bench_->worker, at, 3, pattern(20, at)) == Status::ok)
          overwrite(contents_.at(at), 3, pattern(20, at));
    }
  }
  void step_exchange(Key at) {
    Bytes seen(8);
    const Bytes input = pattern(9, random_());
    Operation operation{.kind = OperationKind::read_modify_write,
                        .key = at,
                        .input_offset = 1,
                        .input = input,
                        .output = seen};
    Operation* pointer = &operation;
    bench_->store->execute(bench_->worker, {&pointer, 1});
    if (operation.status == Status::ok) overwrite(contents_.at(at), 1, input);
  }
  static void overwrite(Bytes& value, std::size_t offset, const Bytes& input) {
    std::ranges::copy(input, value.begin() + static_cast<std::ptrdiff_t>(offset));
  }

  void step_transaction() {
    ASSERT_TRUE(transaction_.try_begin());
    Contents after = contents_;
    for (std::uint64_t i = draw(6) + 1; i != 0; --i) {
      const Key at = key();
      const Bytes bytes = value();
      switch (draw(3)) {
        case 0:
          if (transaction_.insert(at, bytes).now() == Status::ok) after[at] = bytes;
          break;
        case 1:
          if (transaction_.remove(at).now() == Status::ok) after.erase(at);
          break;
        default:
          if (transaction_.update(at, 2, pattern(10, i)).now() == Status::ok)
            overwrite(after.at(at), 2, pattern(10, i));
      }
    }
    if (draw(4) == 0) {
      transaction_.abort();
    } else {
      ASSERT_TRUE(transaction_.commit());
      contents_ = after;
    }
  }

  LoggedBench<Policy>* bench_;
  std::mt19937_64 random_;
  Transaction<Policy> transaction_;
  Contents contents_;
};

class LogRecovery : public ::testing::TestWithParam<Kind> {
 protected:
  StoreOptions options() const {
    return {.index = GetParam().index, .concurrency_control = GetParam().concurrency_control};
  }
  platform::Expected<Contents> recover(const fs::path& folder) const {
    return GetParam().is_shared ? recovered<Shared>(folder, GetParam().index)
                                : recovered<Exclusive>(folder, GetParam().index);
  }
  template <class Use>
  void with_bench(const LogOptions& log, Use&& use) const {
    if (GetParam().is_shared) {
      LoggedBench<Shared> bench(log, options());
      use(bench);
    } else {
      LoggedBench<Exclusive> bench(log, options());
      use(bench);
    }
  }

  harness::TemporaryFolder folder_;
};

/// Wherever the last file is cut, what comes back is what there was at the last flush before.
TEST_P(LogRecovery, BringsBackWhatWasThereWhenTheLastWholeEpochEnded) {
  std::map<std::size_t, Contents> at_size{{0, {}}};
  with_bench({.folder = folder_ / "", .file_bytes = 4 << 20}, [&]<class Policy>(LoggedBench<Policy>& bench) {
    RandomWork<Policy> work(bench, 1);
    for (int flush = 0; flush < 60; ++flush) {
      for (int i = 0; i < 30; ++i) work.step();
      ASSERT_TRUE(bench.log->flush());
      at_size[bench.log->written_bytes()] = work.contents();
    }
  });
  const fs::path file = last_log_file(folder_ / "");
  std::mt19937_64 random(2);
  for (int cut = 0; cut < 100; ++cut) {
    const std::size_t size = random() % (at_size.rbegin()->first + 8192);
    const harness::TemporaryFolder copy;
    fs::copy(file, copy / file.filename());
    fs::resize_file(copy / file.filename(), size);
    const auto contents = recover(copy / "");
    ASSERT_TRUE(contents) << contents.error().to_string();
    ASSERT_EQ(differences(*contents, std::prev(at_size.upper_bound(size))->second), "") << "cut at " << size;
  }
}

/// What a crash has left is gone on with, over and over, with checkpoints in between.
TEST_P(LogRecovery, GoesOnWhereItEnded) {
  Contents expected;
  std::mt19937_64 random(3);
  for (int life = 0; life < 12; ++life) {
    auto image = LogImage::open(folder_ / "");
    ASSERT_TRUE(image) << image.error().to_string();
    ASSERT_EQ(differences(recover(folder_ / "").value(), expected), "") << "in life " << life;
    auto log = image->go_on();
    ASSERT_TRUE(log) << log.error().to_string();
    log->file_bytes = 1 << 15;
    with_bench(*log, [&]<class Policy>(LoggedBench<Policy>& bench) {
      Recovery<Policy> recovery(*image);
      Worker unlogged(bench.store->heap());
      ASSERT_TRUE(recovery.run([&](std::size_t count, auto&& use) {
        const auto target_of = [&](Key) { return RecoveryTarget<Policy>{bench.store.get(), &unlogged}; };
        for (std::size_t i = 0; i < count; ++i) use(i, target_of);
      }));
      RandomWork<Policy> work(bench, static_cast<unsigned>(life));
      work.adopt(expected);
      for (int flush = 0; flush < 8; ++flush) {
        for (int i = 0; i < 40; ++i) work.step();
        ASSERT_TRUE(bench.log->flush());
        expected = work.contents();
        if (life % 3 == 1 && flush == 4) {
          auto checkpoint = CheckpointWriter::begin(*bench.log);
          ASSERT_TRUE(checkpoint);
          ASSERT_TRUE(checkpoint->add(*bench.store, bench.worker));
          ASSERT_TRUE(checkpoint->finish());
        }
      }
      // What is lost: changes of an epoch that never ends.
      for (int i = 0; i < 40; ++i) work.step();
    });
    if (life % 2 == 0) std::ofstream(last_log_file(folder_ / ""), std::ios::app) << "half a group";
  }
}

INSTANTIATE_TEST_SUITE_P(All, LogRecovery,
                         ::testing::Values(Kind{true, IndexKind::hash, ConcurrencyControl::occ},
                                           Kind{true, IndexKind::ordered, ConcurrencyControl::serial},
                                           Kind{false, IndexKind::ordered, ConcurrencyControl::occ},
                                           Kind{false, IndexKind::hash, ConcurrencyControl::serial}),
                         [](const auto& kind) {
                           return std::string(kind.param.is_shared ? "Shared" : "Exclusive") +
                                  (kind.param.index == IndexKind::hash ? "Hash" : "Ordered") +
                                  (kind.param.concurrency_control == ConcurrencyControl::occ ? "Occ"
                                                                                             : "Serial");
                         });

}  // namespace
}  // namespace upout::kernel::testing
