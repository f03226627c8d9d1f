#include "engines/shared_nothing/piecewise_transport.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "engines/shared_nothing/delayed_transport.h"
#include "engines/shared_nothing/ring_transport.h"

namespace upout::engines::shared_nothing {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t piece_bytes = 64;
constexpr std::size_t longest = 1000;

static_assert(Transport<DelayedTransport<PiecewiseTransport<RingTransport>>>);

/// What has been sent, and what arrives, is in a test's hands.
class HandTransport {
 public:
  explicit HandTransport(std::vector<Bytes>& sent) : sent_(&sent) {}
  static constexpr unsigned polls_between_looks = 1;
  platform::Timestamp now() const { return {}; }
  int rank() const { return 0; }
  int size() const { return 3; }
  std::size_t longest_message() const { return piece_bytes; }
  void make_room(int, std::size_t) {}
  std::span<std::byte> buffer(int) { return std::span(buffer_).subspan(filled_); }
  void fill(int, std::size_t bytes) { filled_ += bytes; }
  std::size_t filled(int) const { return filled_; }
  void send(int) {
    sent_->emplace_back(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ = 0;
  }
  template <class Handle>
  bool receive(Handle&& handle) {
    for (const auto& [source, message] : std::exchange(arriving, {}))
      handle(source, std::span<const std::byte>(message));
    return true;
  }
  void arrive_at_barrier() {}
  bool barrier_passed() { return true; }

  std::vector<std::pair<int, Bytes>> arriving;

 private:
  std::vector<Bytes>* sent_;
  std::array<std::byte, piece_bytes> buffer_{};
  std::size_t filled_ = 0;
};

Bytes random_message(std::mt19937& random, std::size_t bytes) {
  Bytes message(bytes);
  for (std::byte& byte : message) byte = static_cast<std::byte>(random());
  message[0] = std::byte{1};  // the mark of no piece
  return message;
}

template <class T>
void send(T& transport, int peer, const Bytes& message) {
  if (transport.buffer(peer).size() < message.size()) transport.make_room(peer, message.size());
  std::ranges::copy(message, transport.buffer(peer).begin());
  transport.fill(peer, message.size());
  EXPECT_EQ(transport.filled(peer), message.size());
  transport.send(peer);
  EXPECT_EQ(transport.filled(peer), 0U);
}

TEST(PiecewiseTransport, CarriesMessagesOfAllLengths) {
  RingNetwork network(2, piece_bytes);
  PiecewiseTransport<RingTransport> from(longest, network, 0);
  PiecewiseTransport<RingTransport> to(longest, network, 1);
  std::mt19937 random(1);
  for (std::size_t bytes = 1; bytes <= longest; ++bytes) {
    const Bytes sent = random_message(random, bytes);
    send(from, 1, sent);
    Bytes received;
    to.receive([&](int source, std::span<const std::byte> message) {
      EXPECT_EQ(source, 0);
      received.assign(message.begin(), message.end());
    });
    ASSERT_EQ(received, sent) << bytes;
  }
}

class Pieces : public ::testing::Test {
 protected:
  /// Those of a message.
  std::vector<Bytes> pieces_of(const Bytes& message) {
    sent_.clear();
    send(transport_, 1, message);
    return sent_;
  }
  std::vector<std::pair<int, Bytes>> receive(std::vector<std::pair<int, Bytes>> arriving) {
    transport_.arriving = std::move(arriving);
    std::vector<std::pair<int, Bytes>> received;
    transport_.receive([&](int source, std::span<const std::byte> message) {
      received.emplace_back(source, Bytes(message.begin(), message.end()));
    });
    return received;
  }

  std::mt19937 random_{2};
  std::vector<Bytes> sent_;
  PiecewiseTransport<HandTransport> transport_{longest, sent_};
};

TEST_F(Pieces, AreAsLongAsTheTransportAllows) {
  const auto pieces = pieces_of(random_message(random_, 500));
  ASSERT_EQ(pieces.size(), 11U);  // 48 bytes beside the header in each
  for (const Bytes& piece : pieces) EXPECT_LE(piece.size(), piece_bytes);
}

TEST_F(Pieces, OfSeveralMessagesAndSourcesArriveInAnyOrder) {
  std::vector<std::pair<int, Bytes>> sent;
  std::vector<std::pair<int, Bytes>> arriving;
  for (int i = 0; i < 20; ++i) {
    sent.emplace_back(1 + i % 2, random_message(random_, 100 + random_() % 900));
    for (Bytes& piece : pieces_of(sent.back().second)) arriving.emplace_back(1 + i % 2, std::move(piece));
  }
  std::ranges::shuffle(arriving, random_);
  auto received = receive(std::move(arriving));
  std::ranges::sort(received);
  std::ranges::sort(sent);
  EXPECT_EQ(received, sent);
}

TEST_F(Pieces, OfTwoSourcesWithTheSameNumberAreNotMixed) {
  auto pieces = pieces_of(random_message(random_, 100));
  EXPECT_TRUE(receive({{1, pieces[0]}, {2, pieces[1]}}).empty());
}

TEST_F(Pieces, ThatAreMissingKeepTheMemoryOfSomeMessagesOnly) {
  std::vector<std::vector<Bytes>> messages;
  for (int i = 0; i < 68; ++i) messages.push_back(pieces_of(random_message(random_, 100)));
  for (const auto& pieces : messages) EXPECT_TRUE(receive({{1, pieces[0]}, {1, pieces[1]}}).empty());
  EXPECT_EQ(receive({{1, messages[1][2]}}).size(), 1U);
  EXPECT_TRUE(receive({{1, messages[0][2]}}).empty()) << "forgotten for the last one";
}

/// They go on as they are, to who counts what is no message.
TEST_F(Pieces, ThatCannotBeAreHandedOn) {
  const Bytes piece = pieces_of(random_message(random_, 100))[0];
  const auto with = [&](auto change) {
    PieceHeader header;
    std::memcpy(&header, piece.data(), sizeof(header));
    change(header);
    Bytes changed = piece;
    std::memcpy(changed.data(), &header, sizeof(header));
    return changed;
  };
  for (const Bytes& forged : {with([](PieceHeader& header) { header.offset = 60; }),
                              with([](PieceHeader& header) { header.offset = ~0U; }),
                              with([](PieceHeader& header) { header.bytes = longest + 1; }),
                              with([](PieceHeader& header) { header.bytes = 40; }),
                              Bytes(piece.begin(), piece.begin() + sizeof(PieceHeader))}) {
    const auto received = receive({{1, forged}});
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].second, forged);
  }
}

}  // namespace
}  // namespace upout::engines::shared_nothing
