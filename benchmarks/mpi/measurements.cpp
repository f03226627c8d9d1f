#include "benchmarks/mpi/measurements.h"

#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <thread>
#include <utility>

#include "benchmarks/micro/keys.h"
#include "engines/shared_nothing/message.h"
#include "harness/statistics/median_interval.h"
#include "platform/clock.h"
#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout::mpi_micro {

namespace {

using namespace engines::shared_nothing;
using engines::Completed;
using engines::WorkerId;
using micro::key_of;
using micro::UniformNumbers;

constexpr std::size_t value_bytes = 8;
/// What a read of one value asks and answers with, alone in its messages.
constexpr std::size_t request_bytes = sizeof(MessageHeader) + frame_bytes(FrameType::request, 0);
constexpr std::size_t response_bytes = sizeof(MessageHeader) + frame_bytes(FrameType::response, value_bytes);
constexpr int raw_tag = 7;
/// That the bare loop keeps in flight, each way.
constexpr int raw_window = 16;
constexpr unsigned warmup_round_trips = 1000;

double seconds(platform::Timestamp time) {
  return std::chrono::duration<double>(time).count();
}

/// Median of single round trips, in nanoseconds; `round_trip()` makes one.
template <class RoundTrip>
double median_round_trip(const platform::Clock& clock, unsigned count, RoundTrip&& round_trip) {
  std::vector<double> times;
  times.reserve(count);
  for (unsigned i = 0; i < warmup_round_trips; ++i) round_trip();
  platform::Timestamp before = clock.now();
  for (unsigned i = 0; i < count; ++i) {
    round_trip();
    const platform::Timestamp now = clock.now();
    times.push_back(static_cast<double>((now - before).count()));
    before = now;
  }
  return harness::median_interval(times).median;
}

/// Reads of one client, `depth` of them in flight.
class Reader {
 public:
  Reader(std::size_t depth, std::uint64_t seed, std::uint64_t records)
      : values_(depth), operations_(depth), numbers_(records, seed) {
    for (std::size_t i = 0; i < depth; ++i) {
      operations_[i].slot = static_cast<std::uint32_t>(i);
      operations_[i].output = std::as_writable_bytes(std::span(&values_[i], 1));
      free_.push_back(&operations_[i]);
    }
  }

  /// One round: what is free goes out again, with keys that `wants`.
  template <class S, class Wants>
  void step(S& session, Wants&& wants) {
    for (kernel::Operation* operation : free_) {
      do {
        operation->key = key_of(numbers_.next());
      } while (!wants(operation->key));
    }
    Completed& done = done_;
    session.submit(free_, done);
    free_.clear();
    session.poll(done);
    take_back();
  }
  template <class S>
  void finish(S& session) {
    while (free_.size() < operations_.size()) {
      session.poll(done_);
      take_back();
    }
  }
  std::uint64_t completed() const { return completed_; }
  std::uint64_t failed() const { return failed_; }

 private:
  void take_back() {
    completed_ += done_.size();
    for (const kernel::Operation* operation : done_) failed_ += operation->status != kernel::Status::ok;
    free_.insert(free_.end(), done_.begin(), done_.end());
    done_.clear();
  }

  std::vector<std::uint64_t> values_;
  std::vector<kernel::Operation> operations_;
  UniformNumbers numbers_;
  std::vector<kernel::Operation*> free_;
  Completed done_;
  std::uint64_t completed_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace

platform::Expected<std::unique_ptr<Bench>> Bench::create(const Settings& settings) {
  std::unique_ptr<Bench> bench(new Bench(settings));
  MPI_Comm_rank(MPI_COMM_WORLD, &bench->rank_);
  auto topology = platform::Topology::discover();
  if (!topology) return tl::unexpected(topology.error());
  bench->topology_ = std::make_unique<platform::Topology>(std::move(*topology));
  const auto map = platform::WorkerMap::create(*bench->topology_);
  if (!map) return tl::unexpected(map.error());
  const Options options{.expected_records = settings.records, .value_bytes = value_bytes};
  auto together = Engine::create(MPI_COMM_WORLD, *bench->topology_, *map, options);
  if (!together) return tl::unexpected(together.error());
  bench->together_ = std::move(*together);
  bench->load(*bench->together_);
  if (bench->together_->record_count() != settings.records)
    return platform::unexpected("--records", "records that could not be inserted", "fewer, or more memory");
  if (settings.one_sided) {
    auto one_sided = OneSidedEngine::create(MPI_COMM_WORLD, *bench->topology_, *map, options);
    if (!one_sided) return tl::unexpected(one_sided.error());
    bench->one_sided_ = std::move(*one_sided);
    bench->load(*bench->one_sided_);
    return bench;
  }
  if (bench->rank_ != 0) return bench;
  auto alone = Engine::create(MPI_COMM_SELF, *bench->topology_, *map, options);
  if (!alone) return tl::unexpected(alone.error());
  bench->alone_ = std::move(*alone);
  bench->load(*bench->alone_);
  return bench;
}

template <class E>
void Bench::load(E& engine) const {
  engine.run_on_workers([this, &engine](typename E::Session& session, WorkerId id) {
    std::vector<std::uint64_t> values(settings_.depth);
    std::vector<kernel::Operation> operations(settings_.depth);
    std::vector<kernel::Operation*> batch;
    Completed done;
    const auto flush = [&] {
      session.submit(batch, done);
      while (done.size() < batch.size()) session.poll(done);
      done.clear();
      batch.clear();
    };
    for (std::uint64_t number = id.global; number < settings_.records; number += engine.workers()) {
      const std::size_t at = batch.size();
      values[at] = number;
      operations[at] = {.kind = kernel::OperationKind::insert,
                        .slot = static_cast<std::uint32_t>(at),
                        .key = key_of(number),
                        .input = std::as_bytes(std::span(&values[at], 1))};
      batch.push_back(&operations[at]);
      if (batch.size() == settings_.depth) flush();
    }
    flush();
  });
}

/// Reads a second of the first rank, or of both together.
template <class E>
double Bench::rate_of_reads(E& engine, Reads reads) {
  const platform::Clock clock = platform::Clock::calibrate();
  std::array<std::uint64_t, 3> sums{};
  double took = 0;
  engine.run_on_workers([&](typename E::Session& session, WorkerId id) {
    Reader reader(settings_.depth, id.global + 1, settings_.records);
    const auto own = [&](kernel::Key key) { return engine.map().owner_of(key) == id.global; };
    const platform::Timestamp begin = session.agree_on_start(clock);
    const auto drive = [&](auto&& wants) {
      while (seconds(clock.now() - begin) < settings_.seconds) {
        for (int i = 0; i < 16; ++i) reader.step(session, wants);
      }
    };
    while (clock.now() < begin) {
    }
    if (reads == Reads::all) drive([](kernel::Key) { return true; });
    if (reads == Reads::own) drive(own);
    if (reads == Reads::others) drive([&](kernel::Key key) { return !own(key); });
    took = seconds(clock.now() - begin);
    sums = {reader.completed(), session.messages_sent(), session.bytes_sent()};
    reader.finish(session);
    failed_ += reader.failed();
  });
  engine.sum(sums);
  if (sums[1] != 0) {
    mean_message_bytes_ = static_cast<std::size_t>(sums[2] / sums[1]);
    messages_a_second_ = static_cast<double>(sums[1]) / took;
  }
  return static_cast<double>(sums[0]) / took;
}

/// The second rank must not take what the first one's core could use meanwhile, so it sleeps.
double Bench::rate_alone() {
  double rate = 0;
  if (alone_ != nullptr) rate = rate_of_reads(*alone_, Reads::all);
  MPI_Request barrier = MPI_REQUEST_NULL;
  MPI_Ibarrier(MPI_COMM_WORLD, &barrier);
  for (int passed = 0; passed == 0;) {
    MPI_Test(&barrier, &passed, MPI_STATUS_IGNORE);
    if (passed == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return rate;
}

template <class E>
double Bench::round_trip_of_reads(E& engine) {
  const platform::Clock clock = platform::Clock::calibrate();
  double median = 0;
  engine.run_on_workers([&](typename E::Session& session, WorkerId id) {
    session.agree_on_start(clock);
    if (id.global != 0) return;  // and serves until the first one has done
    Reader reader(1, 1, settings_.records);
    const auto others = [&](kernel::Key key) { return engine.map().owner_of(key) != 0; };
    median = median_round_trip(clock, round_trips(), [&] {
      reader.step(session, others);
      reader.finish(session);
    });
    failed_ += reader.failed();
  });
  return median;
}

unsigned Bench::round_trips() const {
  return static_cast<unsigned>(settings_.seconds * 400'000);
}

double Bench::round_trip_of_raw_messages() const {
  const platform::Clock clock = platform::Clock::calibrate();
  std::array<std::byte, std::max(request_bytes, response_bytes)> bytes{};
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank_ == 0) {
    return median_round_trip(clock, round_trips(), [&] {
      MPI_Send(bytes.data(), request_bytes, MPI_BYTE, 1, raw_tag, MPI_COMM_WORLD);
      MPI_Recv(bytes.data(), response_bytes, MPI_BYTE, 1, raw_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    });
  }
  for (unsigned i = 0; i < warmup_round_trips + round_trips(); ++i) {
    MPI_Recv(bytes.data(), request_bytes, MPI_BYTE, 0, raw_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Send(bytes.data(), response_bytes, MPI_BYTE, 0, raw_tag, MPI_COMM_WORLD);
  }
  return 0;
}

/// One request a message, so that messages are what is waited for.
double Bench::rate_of_engines_messages() {
  together_->set_batching({.bytes = 1});
  rate_of_reads(*together_, Reads::others);
  together_->set_batching({});
  return messages_a_second_;
}

double Bench::rate_with(const engines::shared_nothing::Batching& batching) {
  together_->set_batching(batching);
  const double rate = rate_of_reads(*together_, Reads::others);
  together_->set_batching({});
  return rate;
}

/// Messages a second of both ranks, of the size that the engine's had: each message that arrives is answered
/// by another one, with a window of them in flight each way.
double Bench::rate_of_raw_messages() {
  if (mean_message_bytes_ == 0) rate_of_engines_messages();
  const platform::Clock clock = platform::Clock::calibrate();
  const int other = 1 - rank_;
  const auto size = static_cast<int>(mean_message_bytes_);
  const auto count = static_cast<std::uint64_t>(settings_.seconds * 2'000'000);
  using Buffer = std::vector<std::byte>;
  std::vector<Buffer> incoming(raw_window, Buffer(mean_message_bytes_));
  std::vector<Buffer> outgoing(raw_window, Buffer(mean_message_bytes_));
  std::array<MPI_Request, raw_window> receives{};
  std::array<MPI_Request, raw_window> sends{};
  std::array<int, raw_window> arrived{};
  for (std::size_t i = 0; i < raw_window; ++i)
    MPI_Irecv(incoming[i].data(), size, MPI_BYTE, other, raw_tag, MPI_COMM_WORLD, &receives[i]);
  MPI_Barrier(MPI_COMM_WORLD);
  const platform::Timestamp begin = clock.now();
  for (std::size_t i = 0; i < raw_window; ++i)
    MPI_Isend(outgoing[i].data(), size, MPI_BYTE, other, raw_tag, MPI_COMM_WORLD, &sends[i]);
  std::uint64_t sent = raw_window;
  std::uint64_t received = 0;
  while (received < count) {
    int some = 0;
    MPI_Testsome(raw_window, receives.data(), &some, arrived.data(), MPI_STATUSES_IGNORE);
    if (some == MPI_UNDEFINED) break;
    for (const int index : std::span(arrived).first(static_cast<std::size_t>(some))) {
      const auto i = static_cast<std::size_t>(index);
      ++received;
      if (received + raw_window <= count)
        MPI_Irecv(incoming[i].data(), size, MPI_BYTE, other, raw_tag, MPI_COMM_WORLD, &receives[i]);
      if (sent == count) continue;
      MPI_Wait(&sends[i], MPI_STATUS_IGNORE);
      MPI_Isend(outgoing[i].data(), size, MPI_BYTE, other, raw_tag, MPI_COMM_WORLD, &sends[i]);
      ++sent;
    }
  }
  const double took = seconds(clock.now() - begin);
  MPI_Waitall(raw_window, sends.data(), MPI_STATUSES_IGNORE);
  return 2 * static_cast<double>(count) / took;
}

std::vector<Measurement> Bench::measurements() {
  return {
      {"raw/ping_pong", "ns", [this] { return round_trip_of_raw_messages(); }},
      {"remote_read/depth_1", "ns", [this] { return round_trip_of_reads(*together_); }},
      {"reads/local", "reads/s", [this] { return rate_of_reads(*together_, Reads::own); }},
      {"reads/two_ranks", "reads/s", [this] { return rate_of_reads(*together_, Reads::all); }},
      {"reads/one_rank", "reads/s", [this] { return rate_alone(); }},
      {"reads/remote", "reads/s", [this] { return rate_of_reads(*together_, Reads::others); }},
      {"messages/engine", "messages/s", [this] { return rate_of_engines_messages(); }},
      {"messages/size", "bytes", [this] { return static_cast<double>(mean_message_bytes_); }},
      {"messages/raw", "messages/s", [this] { return rate_of_raw_messages(); }},
  };
}

/// So far, by this rank.
double Bench::gets_a_read() const {
  const OneSidedReads& reads = *one_sided_->one_sided();
  return static_cast<double>(reads.gets()) / static_cast<double>(reads.done());
}
double Bench::reads_a_round() const {
  const OneSidedReads& reads = *one_sided_->one_sided();
  return static_cast<double>(reads.done()) / static_cast<double>(reads.rounds());
}

std::vector<Measurement> Bench::read_paths() {
  return {
      {"remote_read/depth_1/request", "ns", [this] { return round_trip_of_reads(*together_); }},
      {"remote_read/depth_1/rma", "ns", [this] { return round_trip_of_reads(*one_sided_); }},
      {"reads/remote/request", "reads/s", [this] { return rate_of_reads(*together_, Reads::others); }},
      {"reads/remote/rma", "reads/s", [this] { return rate_of_reads(*one_sided_, Reads::others); }},
      {"rma/gets_a_read", "gets", [this] { return gets_a_read(); }},
      {"rma/reads_a_round", "reads", [this] { return reads_a_round(); }},
  };
}

std::vector<Measurement> Bench::batching_sweep() {
  std::vector<Measurement> sweep;
  for (const std::size_t bytes : {1U, 512U, 1024U, 2048U, 3072U, 8192U, 16384U}) {
    for (const unsigned turns : {1U, 8U, 64U, 512U}) {
      sweep.push_back({fmt::format("batching/{}_bytes/{}_turns", bytes, turns), "reads/s",
                       [this, bytes, turns] { return rate_with({.bytes = bytes, .turns = turns}); }});
    }
  }
  return sweep;
}

}  // namespace upout::mpi_micro
