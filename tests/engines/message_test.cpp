#include "engines/shared_nothing/message.h"

#include <gtest/gtest.h>

#include <vector>

namespace upout::engines::shared_nothing {
namespace {

FrameHeader request(std::uint32_t payload_bytes) {
  return {.type = FrameType::request,
          .code = static_cast<std::uint8_t>(kernel::OperationKind::put),
          .generation = 9,
          .slot = 3,
          .payload_bytes = payload_bytes,
          .output_size = 0,
          .output_offset = 0,
          .input_offset = 0,
          .key = 77};
}

std::vector<std::byte> message_of(std::initializer_list<std::uint32_t> payloads) {
  std::vector<std::byte> message(sizeof(MessageHeader));
  for (const std::uint32_t payload : payloads) {
    const std::size_t begin = message.size();
    message.resize(begin + frame_bytes(FrameType::request, payload));
    const auto to = put_frame(message.data() + begin, request(payload));
    std::fill(to.begin(), to.end(), std::byte(payload));
  }
  const MessageHeader header{.bytes = static_cast<std::uint32_t>(message.size())};
  std::memcpy(message.data(), &header, sizeof(header));
  return message;
}

TEST(Frames, AreReadAsTheyWereWritten) {
  const auto message = message_of({0, 5, 8, 100});
  FrameReader reader(message);
  FrameHeader header;
  std::span<const std::byte> payload;
  for (const std::uint32_t size : {0u, 5u, 8u, 100u}) {
    ASSERT_TRUE(reader.next(header, payload));
    EXPECT_EQ(header.key, 77u);
    EXPECT_EQ(header.slot, 3u);
    ASSERT_EQ(payload.size(), size);
    for (const std::byte byte : payload) EXPECT_EQ(byte, std::byte(size));
  }
  EXPECT_FALSE(reader.next(header, payload));
  EXPECT_FALSE(reader.malformed());
}

TEST(Frames, OfResponsesAreShorterByWhatTheClientKnows) {
  std::vector<std::byte> message(1024);
  const FrameHeader answer{.type = FrameType::response,
                           .code = static_cast<std::uint8_t>(kernel::Status::exists),
                           .generation = 9,
                           .slot = 3,
                           .payload_bytes = 5,
                           .output_size = 4};
  const auto to = put_frame(message.data() + sizeof(MessageHeader), answer);
  std::fill(to.begin(), to.end(), std::byte{7});
  message.resize(sizeof(MessageHeader) + 16 + 8);
  const MessageHeader whole{.bytes = static_cast<std::uint32_t>(message.size())};
  std::memcpy(message.data(), &whole, sizeof(whole));
  FrameReader reader(message);
  FrameHeader header;
  std::span<const std::byte> payload;
  ASSERT_TRUE(reader.next(header, payload));
  EXPECT_EQ(header.generation, 9U);
  EXPECT_EQ(header.slot, 3U);
  EXPECT_EQ(header.output_size, 4U);
  EXPECT_EQ(payload.size(), 5U);
  EXPECT_FALSE(reader.next(header, payload));
  EXPECT_FALSE(reader.malformed());
}

TEST(Frames, AMessageCutShortIsMalformed) {
  const auto message = message_of({100});
  FrameHeader header;
  std::span<const std::byte> payload;
  for (std::size_t length = 1; length < message.size(); ++length) {
    FrameReader reader(std::span<const std::byte>(message).first(length));
    EXPECT_FALSE(reader.next(header, payload));
    EXPECT_TRUE(reader.malformed()) << length;
  }
}

/// A message of one frame, of which `change` has spoilt something.
template <class Change>
bool is_malformed(Change&& change) {
  auto message = message_of({8});
  MessageHeader whole;
  std::memcpy(&whole, message.data(), sizeof(whole));
  FrameHeader frame;
  std::memcpy(&frame, message.data() + sizeof(whole), sizeof(frame));
  change(whole, frame);
  std::memcpy(message.data(), &whole, sizeof(whole));
  std::memcpy(message.data() + sizeof(whole), &frame, sizeof(frame));
  FrameReader reader(message);
  std::span<const std::byte> payload;
  return !reader.next(frame, payload) && reader.malformed();
}

TEST(Frames, WhatNoRankSendsIsMalformed) {
  EXPECT_FALSE(is_malformed([](MessageHeader&, FrameHeader&) {}));
  EXPECT_TRUE(is_malformed([](MessageHeader& whole, FrameHeader&) { ++whole.mark; })) << "another version";
  EXPECT_TRUE(is_malformed([](MessageHeader& whole, FrameHeader&) { whole.bytes -= 8; })) << "another length";
  EXPECT_TRUE(is_malformed([](MessageHeader&, FrameHeader& frame) { frame.type = FrameType{0}; }));
  EXPECT_TRUE(is_malformed([](MessageHeader&, FrameHeader& frame) { frame.code = kernel::operation_kinds; }));
  EXPECT_TRUE(is_malformed([](MessageHeader&, FrameHeader& frame) {
    frame.type = FrameType::response;
    frame.code = kernel::statuses;
  }));
  EXPECT_TRUE(is_malformed([](MessageHeader&, FrameHeader& frame) { frame.payload_bytes = 0xfffffff8; }));
  EXPECT_TRUE(is_malformed([](MessageHeader&, FrameHeader& frame) { frame.output_size = 0xfffffff8; }));
}

}  // namespace
}  // namespace upout::engines::shared_nothing
