#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engines/shared_nothing/session.h"
#include "engines/shared_nothing/sim_transport.h"
#include "kernel/store.h"
#include "tests/history/linearizability.h"
#include "tests/kernel/register_client.h"

/// Ranks of the real engine in a simulated network: what their clients see is linearizable, whatever is lost,
/// late, cut or crashed.
namespace upout::engines::shared_nothing {
namespace {

using history::RegisterOperation;
using kernel::testing::RegisterValue;
using platform::Timestamp;
using namespace std::chrono_literals;
using Log = history::Recorder<RegisterOperation>::Log;

/// A network of which each message arrives twice, against the promise of the `Transport` concept.
class StutteringTransport : public SimTransport {
 public:
  using SimTransport::SimTransport;
  void send(int peer) {
    const auto free = buffer(peer);
    const std::vector<std::byte> copy(free.data() - filled(peer), free.data());
    SimTransport::send(peer);
    if (copy.empty()) return;
    std::ranges::copy(copy, buffer(peer).begin());
    fill(peer, copy.size());
    SimTransport::send(peer);
  }
};

/// One rank: a partition, a session, and a client that keeps some random operations in flight.
template <class T>
class SimulatedRank {
 public:
  static constexpr std::uint32_t depth = 4;
  static constexpr unsigned most_unanswered = 4;

  SimulatedRank(SimNetwork& network, int rank, Timestamp deadline, Log& log, kernel::Key keys,
                unsigned operations)
      : transport_(network, rank),
        session_(transport_, *store_,
                 Partitioning(PartitioningKind::hash, static_cast<std::uint32_t>(network.ranks())), false, 0,
                 deadline),
        log_(&log),
        keys_(keys),
        left_(operations),
        random_(network.random()()) {
    for (std::uint32_t slot = 0; slot < depth; ++slot) free_.push_back(slot);
  }

  /// Does what can be done now. True: it wants another turn at once.
  bool step() {
    std::vector<kernel::Operation*> submitted;
    while (left_ != 0 && !free_.empty()) submitted.push_back(&begin());
    Completed done;
    session_.submit(submitted, done);
    session_.poll(done);
    session_.poll(done);  // with nothing more to add, what has been gathered goes out
    for (kernel::Operation* operation : done) end(*operation);
    return !done.empty();
  }
  bool is_over() const { return left_ == 0 && free_.size() == depth; }
  unsigned unanswered() const { return unanswered_; }
  std::uint64_t refused() const { return session_.refused(); }

 private:
  struct Slot {
    kernel::Operation operation;
    RegisterOperation* recorded = nullptr;
    std::optional<RegisterValue> input;
    std::array<std::byte, RegisterValue::most_bytes> output;
  };

  kernel::Operation& begin() {
    --left_;
    Slot& slot = slots_[free_.back()];
    const history::Version version = log_->next_version();
    const std::uint64_t unique = std::uint64_t{version.worker + 1} << 24 | version.number;
    RegisterOperation recorded{
        .kind = static_cast<kernel::OperationKind>(random_() % kernel::single_key_kinds),
        .key = random_() % keys_,
        .written = unique << 32 | unique};
    const bool writes_head = recorded.kind == kernel::OperationKind::update ||
                             recorded.kind == kernel::OperationKind::read_modify_write;
    if (writes_head) recorded.mask = RegisterValue::head_mask;
    slot.recorded = &log_->begin(recorded);
    slot.input.emplace(recorded.written);
    slot.operation = {.kind = recorded.kind,
                      .slot = free_.back(),
                      .key = recorded.key,
                      .input = writes_head ? slot.input->head() : slot.input->bytes(),
                      .output = slot.output};
    free_.pop_back();
    return slot.operation;
  }
  void end(kernel::Operation& operation) {
    Slot& slot = slots_[operation.slot];
    free_.push_back(operation.slot);
    if (operation.status == kernel::Status::no_answer) {
      // It may take effect still: for the history, it never ends. Of such there must not be many, for
      // whatever is possible has to be tried.
      if (++unanswered_ == most_unanswered) left_ = 0;
      return;
    }
    slot.recorded->status = operation.status;
    slot.recorded->read = RegisterValue::read(std::span(slot.output).first(operation.output_size));
    log_->end(*slot.recorded);
  }

  std::unique_ptr<kernel::Store<kernel::Exclusive>> store_ =
      std::move(*kernel::Store<kernel::Exclusive>::create({}));
  T transport_;
  Session<T> session_;
  Log* log_;
  kernel::Key keys_;
  unsigned left_;
  std::mt19937_64 random_;
  std::array<Slot, depth> slots_;
  std::vector<std::uint32_t> free_;
  unsigned unanswered_ = 0;
};

struct Weather {
  SimOptions network = {};
  Timestamp deadline = 500us;
  unsigned cuts = 0;     ///< links that are down for a while
  bool crashes = false;  ///< one rank, in the middle
};

struct Outcome {
  std::vector<RegisterOperation> history;
  Timestamp took{};
  std::uint64_t lost = 0;
  unsigned unanswered = 0;
  std::uint64_t refused = 0;
};

constexpr int ranks = 5;
constexpr kernel::Key keys = 12;
constexpr unsigned operations = 60;  // of each rank
constexpr std::size_t message_bytes = 2048;

template <class T = SimTransport>
Outcome simulate(const Weather& weather) {
  SimNetwork network(ranks, message_bytes, weather.network);
  history::Recorder<RegisterOperation> recorder(ranks);
  std::deque<SimulatedRank<T>> all;
  for (int rank = 0; rank < ranks; ++rank) {
    all.emplace_back(network, rank, weather.deadline, recorder.log(static_cast<unsigned>(rank)), keys,
                     operations);
  }
  auto& random = network.random();
  for (unsigned i = 0; i < weather.cuts; ++i) {
    const int one = static_cast<int>(random() % ranks);
    const int other = static_cast<int>((one + 1 + static_cast<int>(random() % (ranks - 1))) % ranks);
    const Timestamp begin = std::chrono::microseconds(random() % 200);
    network.at(begin, [&network, one, other] { network.set_link(one, other, false); });
    network.at(begin + std::chrono::microseconds(random() % 700),
               [&network, one, other] { network.set_link(one, other, true); });
  }
  if (weather.crashes) {
    const int rank = static_cast<int>(random() % ranks);
    network.at(std::chrono::microseconds(random() % 100), [&network, rank] { network.crash(rank); });
  }
  network.run([&](int rank) { return all[static_cast<std::size_t>(rank)].step(); },
              [&] {
                for (int rank = 0; rank < ranks; ++rank) {
                  if (network.is_alive(rank) && !all[static_cast<std::size_t>(rank)].is_over()) return false;
                }
                return true;
              });
  Outcome outcome{.history = recorder.take(), .took = network.now(), .lost = network.lost()};
  for (const auto& rank : all) {
    outcome.unanswered += rank.unanswered();
    outcome.refused += rank.refused();
  }
  return outcome;
}

/// Everything that a seed decides.
Weather weather_of(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Weather weather;
  weather.network.seed = seed;
  weather.network.mean_further_delay = std::chrono::microseconds(random() % 60);
  // Often so short that responses come too late.
  weather.deadline = std::chrono::microseconds(20 + random() % 500);
  weather.network.loss = random() % 2 == 0 ? 0 : static_cast<double>(random() % 60) / 1000;
  weather.cuts = random() % 3 == 0 ? static_cast<unsigned>(random() % 8) : 0;
  weather.crashes = random() % 4 == 0;
  return weather;
}

std::string replay(std::uint64_t seed) {
  return "to see it again: UPOUT_SIM_SEED=" + std::to_string(seed) +
         " ctest -R Simulation.OfAnyWeatherIsLinearizable -V";
}

TEST(Simulation, OfAnyWeatherIsLinearizable) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  std::uint64_t seeds = 300;
#else
  std::uint64_t seeds = 3000;
#endif
  std::uint64_t first = 1;
  if (const char* only = std::getenv("UPOUT_SIM_SEED"); only != nullptr) {
    first = std::strtoull(only, nullptr, 10);
    seeds = 1;
  }
  std::uint64_t lost = 0;
  unsigned unanswered = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const Outcome outcome = simulate(weather_of(seed));
    const auto verdict = history::check_linearizable(outcome.history);
    ASSERT_TRUE(verdict) << verdict.explanation << "\n" << replay(seed);
    ASSERT_EQ(outcome.refused, 0U) << replay(seed);
    lost += outcome.lost;
    unanswered += outcome.unanswered;
  }
  if (seeds == 1) return;
  EXPECT_GT(lost, 10 * seeds) << "the weather was too fine to show anything";
  EXPECT_GT(unanswered, seeds);
}

TEST(Simulation, InFineWeatherAnswersEverything) {
  const Outcome outcome = simulate({});
  EXPECT_EQ(outcome.unanswered, 0U);
  EXPECT_EQ(outcome.lost, 0U);
  EXPECT_EQ(outcome.history.size(), std::size_t{ranks} * operations);
  for (const RegisterOperation& operation : outcome.history) EXPECT_FALSE(operation.is_pending());
}

TEST(Simulation, OfTheSameSeedIsTheSame) {
  const auto digest = [](const Outcome& outcome) {
    std::string all = std::to_string(outcome.took.count());
    for (const RegisterOperation& operation : outcome.history)
      all += to_string(operation) + std::to_string(operation.began) + "," + std::to_string(operation.ended) +
             ";";
    return all;
  };
  const Weather weather = weather_of(7);
  EXPECT_EQ(digest(simulate(weather)), digest(simulate(weather)));
  EXPECT_NE(digest(simulate(weather)), digest(simulate(weather_of(8))));
}

/// What the checker would see of an engine that did things twice.
TEST(Simulation, OfMessagesThatArriveTwiceIsRejected) {
  Weather weather;
  weather.network.mean_further_delay = 50us;
  unsigned rejected = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    weather.network.seed = seed;
    rejected += history::check_linearizable(simulate<StutteringTransport>(weather).history) ? 0 : 1;
  }
  EXPECT_GT(rejected, 25U);
}

TEST(Simulation, OfARankThatHasGoneEndsAtTheDeadline) {
  Weather weather;
  weather.crashes = true;
  const Outcome outcome = simulate(weather);
  EXPECT_GT(outcome.unanswered, 0U);
  EXPECT_LT(outcome.took, 100ms) << "of virtual time";
}

// Messages that no rank sends
// ---------------------------------------------------------------------------------------------------------------

TEST(SimulatedSession, CountsWhatItCannotReadAndGoesOn) {
  SimNetwork network(2, message_bytes, {});
  history::Recorder<RegisterOperation> recorder(2);
  // Of which half ask the other one, and are answered with nonsense for what they asked.
  constexpr unsigned asked = 5000;
  SimulatedRank<SimTransport> honest(network, 0, 1s, recorder.log(0), 1000, asked);
  FrameHeader last_request{};
  SimTransport hostile(network, 1);
  std::mt19937_64 random(1);
  constexpr unsigned messages = 20000;
  unsigned sent = 0;
  const auto send_noise = [&] {
    auto bytes = hostile.buffer(0);
    const std::size_t size = 1 + random() % (message_bytes - 1);
    for (std::byte& byte : bytes.first(size)) byte = static_cast<std::byte>(random());
    if (size >= sizeof(MessageHeader) + sizeof(FrameHeader) && random() % 2 == 0) {
      // Looks like one, up to what is in its frames.
      const MessageHeader whole{.bytes = static_cast<std::uint32_t>(size)};
      std::memcpy(bytes.data(), &whole, sizeof(whole));
      const FrameHeader frame{
          .type = random() % 2 == 0 ? FrameType::request : FrameType::response,
          .code = static_cast<std::uint8_t>(random() % 8),
          .generation = random() % 2 == 0 ? last_request.generation : static_cast<std::uint16_t>(random()),
          .slot = random() % 2 == 0 ? last_request.slot : static_cast<std::uint32_t>(random()),
          .payload_bytes = static_cast<std::uint32_t>(random() % 64),
          .output_size = static_cast<std::uint32_t>(random() % (random() % 2 == 0 ? 16 : 2 * message_bytes)),
          .output_offset = static_cast<std::uint32_t>(random()),
          .input_offset = static_cast<std::uint32_t>(random()),
          .key = random()};
      std::memcpy(bytes.data() + sizeof(whole), &frame, sizeof(frame));
    }
    hostile.fill(0, size);
    hostile.send(0);
  };
  network.run(
      [&](int rank) {
        if (rank == 0) return honest.step();
        hostile.receive([&](int, std::span<const std::byte> message) {
          FrameReader reader(message);
          std::span<const std::byte> payload;
          FrameHeader header;
          while (reader.next(header, payload)) {
            if (header.type == FrameType::request) last_request = header;
          }
        });
        send_noise();
        return ++sent < messages;
      },
      [&] { return sent >= messages; });
  EXPECT_GT(honest.refused(), messages / 2);
  std::size_t answered = 0;
  for (const RegisterOperation& operation : recorder.take()) answered += operation.is_pending() ? 0 : 1;
  EXPECT_GT(answered, 20U) << "no nonsense was taken for an answer";
}

/// What fits into no message is refused at once, and the rest goes on.
TEST(SimulatedSession, RefusesWhatIsTooLargeForAMessage) {
  SimNetwork network(2, message_bytes, {});
  auto store = std::move(*kernel::Store<kernel::Exclusive>::create({}));
  SimTransport transport(network, 0);
  const Partitioning partitioning(PartitioningKind::hash, 2);
  Session<SimTransport> session(transport, *store, partitioning, false);
  kernel::Key key = 0;
  while (partitioning.owner(key) != 1) ++key;
  std::vector<std::byte> large(message_bytes);
  kernel::Operation put{.kind = kernel::OperationKind::put, .slot = 0, .key = key, .input = large};
  kernel::Operation get{.kind = kernel::OperationKind::get, .slot = 1, .key = key, .output = large};
  Completed done;
  std::vector<kernel::Operation*> both{&put, &get};
  session.submit(both, done);
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(put.status, kernel::Status::too_large);
  EXPECT_EQ(get.status, kernel::Status::too_large);
}

/// A client that always has something else to do does not keep a request from going out.
TEST(SimulatedSession, SendsAFewRequestsOfABusyClient) {
  SimNetwork network(2, message_bytes, {});
  auto store = std::move(*kernel::Store<kernel::Exclusive>::create({}));
  SimTransport transport(network, 0);
  const Partitioning partitioning(PartitioningKind::hash, 2);
  Session<SimTransport> session(transport, *store, partitioning, false);
  // Two to the other rank, of which the first goes out at once because nothing else is in flight.
  std::vector<kernel::Key> others;
  for (kernel::Key key = 0; others.size() < 2; ++key) {
    if (partitioning.owner(key) == 1) others.push_back(key);
  }
  kernel::Key own = 0;
  while (partitioning.owner(own) != 0) ++own;
  Completed done;
  std::array<kernel::Operation, 3> three{kernel::Operation{.slot = 0, .key = others[0]},
                                         kernel::Operation{.slot = 1, .key = others[1]},
                                         kernel::Operation{.slot = 2, .key = own}};
  const auto submit = [&](std::size_t which) {
    kernel::Operation* pointer = &three[which];
    session.submit(std::span(&pointer, 1), done);
    session.poll(done);
  };
  submit(0);
  ASSERT_EQ(network.sent(), 1U);
  submit(1);
  for (int round = 0; round < 100 && network.sent() == 1; ++round) submit(2);
  EXPECT_EQ(network.sent(), 2U);
}

/// What is left over from a session that has ended is neither done nor taken for an answer.
TEST(SimulatedSession, LeavesAloneWhatIsOlderThanItself) {
  SimNetwork network(2, message_bytes, {});
  auto store = std::move(*kernel::Store<kernel::Exclusive>::create({}));
  const Partitioning partitioning(PartitioningKind::hash, 2);
  SimTransport old_transport(network, 1);
  SimTransport transport(network, 0);
  kernel::Key key = 0;
  while (partitioning.owner(key) != 0) ++key;
  for (const unsigned phase : {0U, 1U}) {
    auto other_store = std::move(*kernel::Store<kernel::Exclusive>::create({}));
    Session<SimTransport> client(old_transport, *other_store, partitioning, false, phase);
    Session<SimTransport> server(transport, *store, partitioning, false, 1);
    kernel::Operation insert{.kind = kernel::OperationKind::insert, .slot = 0, .key = key};
    kernel::Operation* pointer = &insert;
    Completed done;
    client.submit(std::span(&pointer, 1), done);
    client.poll(done);
    const Timestamp until = network.now() + 1ms;
    network.run(
        [&](int rank) {
          Completed none;
          if (rank == 0) server.poll(none);
          return false;
        },
        [&] { return network.now() > until; });
    EXPECT_EQ(store->size(), phase) << "of phase " << phase;
  }
}

}  // namespace
}  // namespace upout::engines::shared_nothing
