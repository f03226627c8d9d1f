#include "engines/shared_nothing/message.h"

#include <gtest/gtest.h>

#include <vector>

namespace upout::engines::shared_nothing {
namespace {

FrameHeader request(std::uint32_t payload_bytes) {
  return {.type = FrameType::request,
          .kind = kernel::OperationKind::put,
          .status = kernel::Status::ok,
          .slot = 3,
          .payload_bytes = payload_bytes,
          .output_size = 0,
          .output_offset = 0,
          .input_offset = 0,
          .key = 77};
}

std::vector<std::byte> message_of(std::initializer_list<std::uint32_t> payloads) {
  std::vector<std::byte> message;
  for (const std::uint32_t payload : payloads) {
    const std::size_t begin = message.size();
    message.resize(begin + frame_bytes(payload));
    const auto to = put_frame(std::span(message).subspan(begin), request(payload));
    std::fill(to.begin(), to.end(), std::byte(payload));
  }
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

TEST(Frames, AnUnknownTypeOrAnAbsurdSizeIsMalformed) {
  FrameHeader header;
  std::span<const std::byte> payload;
  auto wrong_type = message_of({8});
  wrong_type[0] = std::byte{0};
  FrameReader first(wrong_type);
  EXPECT_FALSE(first.next(header, payload));
  EXPECT_TRUE(first.malformed());

  auto absurd = message_of({8});
  FrameHeader huge = request(8);
  huge.payload_bytes = 0xfffffff8;
  std::memcpy(absurd.data(), &huge, sizeof(huge));
  FrameReader second(absurd);
  EXPECT_FALSE(second.next(header, payload));
  EXPECT_TRUE(second.malformed());
}

}  // namespace
}  // namespace upout::engines::shared_nothing
