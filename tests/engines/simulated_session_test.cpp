#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include "tests/engines/simulated_rank.h"

/// What a session does with messages that no other one sends, that come late, or that do not fit.
namespace upout::engines::shared_nothing {
namespace {

using history::RegisterOperation;
using platform::Timestamp;
using namespace std::chrono_literals;

constexpr std::size_t message_bytes = 2048;

TEST(SimulatedSession, CountsWhatItCannotReadAndGoesOn) {
  SimNetwork network(2, message_bytes, {});
  history::Recorder<RegisterOperation> recorder(2);
  // Of which half ask the other one, and are answered with nonsense for what they asked.
  constexpr unsigned asked = 5000;
  SimulatedRank<SimTransport> honest(network, 0, {}, 1s, recorder.log(0), 1000, asked);
  FrameHeader last_request{};
  SimTransport hostile(network, 1);
  std::mt19937_64 random(1);
  constexpr unsigned messages = 20000;
  // Half of them answers.
  constexpr std::array types{FrameType::request,    FrameType::response,      FrameType::response,
                             FrameType::response,   FrameType::redirect,      FrameType::map,
                             FrameType::records,    FrameType::records_taken, FrameType::step,
                             FrameType::step_answer};
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
          .type = types[random() % types.size()],
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
  SimTransport transport(network, 0);
  Holdings own({}, 2, 0);
  Session<SimTransport> session(transport, own.partitions, own.map, {});
  kernel::Key key = 0;
  while (own.map.owner_of(key) != 1) ++key;
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
  SimTransport transport(network, 0);
  Holdings own({}, 2, 0);
  Session<SimTransport> session(transport, own.partitions, own.map, {});
  // Two to the other rank, of which the first goes out at once because nothing else is in flight.
  std::vector<kernel::Key> others;
  for (kernel::Key key = 0; others.size() < 2; ++key) {
    if (own.map.owner_of(key) == 1) others.push_back(key);
  }
  kernel::Key near = 0;
  while (own.map.owner_of(near) != 0) ++near;
  Completed done;
  std::array<kernel::Operation, 3> three{kernel::Operation{.slot = 0, .key = others[0]},
                                         kernel::Operation{.slot = 1, .key = others[1]},
                                         kernel::Operation{.slot = 2, .key = near}};
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

/// A rank that was stopped for longer than the deadline does not take its own absence for the other's.
TEST(SimulatedSession, WaitsAnewIfItWasStoppedItself) {
  SimNetwork network(2, message_bytes, {});
  SimTransport transport(network, 0);
  SimTransport silent(network, 1);
  Holdings own({}, 2, 0);
  Session<SimTransport> session(transport, own.partitions, own.map, {});
  kernel::Operation get{.slot = 0};
  while (own.map.owner_of(get.key) != 1) ++get.key;
  Completed done;
  kernel::Operation* pointer = &get;
  session.submit(std::span(&pointer, 1), done);
  const auto poll_at = [&](Timestamp time) { network.at(time, [&] { session.poll(done); }); };
  for (const Timestamp time : std::initializer_list<Timestamp>{1ms, 500ms, 10s, 10500ms, 11s, 12s, 13s})
    poll_at(time);
  // Whose inbox is full has a turn each microsecond.
  const auto answer_nothing = [&](int rank) {
    if (rank == 1) silent.receive([](int, std::span<const std::byte>) {});
    return false;
  };
  network.run(answer_nothing, [&] { return network.now() > 13500ms; });
  EXPECT_TRUE(done.empty());
  for (const Timestamp time : std::initializer_list<Timestamp>{13900ms, 14500ms, 15s}) poll_at(time);
  network.run(answer_nothing, [&] { return network.now() > 16s; });
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(get.status, kernel::Status::no_answer);
}

/// What is left over from a session that has ended is neither done nor taken for an answer; what is of one
/// that cannot have begun yet is no message of this suite.
TEST(SimulatedSession, LeavesAloneWhatIsOlderThanItselfAndRefusesWhatIsNewer) {
  SimNetwork network(2, message_bytes, {});
  SimTransport old_transport(network, 1);
  SimTransport transport(network, 0);
  Holdings own({}, 2, 0);
  kernel::Key key = 0;
  while (own.map.owner_of(key) != 0) ++key;
  for (const unsigned phase : {0U, 2U, 1U}) {
    Holdings others({}, 2, 1);
    Session<SimTransport> client(old_transport, others.partitions, others.map, {.phase = phase});
    Session<SimTransport> server(transport, own.partitions, own.map, {.phase = 1});
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
    EXPECT_EQ(own.partitions.record_count(), phase == 1 ? 1U : 0U) << "of phase " << phase;
    EXPECT_EQ(server.refused(), phase == 2 ? 1U : 0U) << "of phase " << phase;
  }
}

}  // namespace
}  // namespace upout::engines::shared_nothing
