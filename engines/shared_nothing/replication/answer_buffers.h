#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engines/shared_nothing/message.h"

namespace upout::engines::shared_nothing {

/// Answers that are being made and go out later, as frames, by the rank that gets them. Used by the rank's
/// thread.
class AnswerBuffers {
 public:
  /// `most_bytes`: for each rank, from `take` to `take`.
  AnswerBuffers(int ranks, std::size_t most_bytes)
      : most_bytes_(most_bytes), buffers_(static_cast<std::size_t>(ranks)) {}

  bool has_room_for(int peer, std::size_t bytes) const noexcept {
    return of(peer).size() + bytes <= most_bytes_;
  }
  /// There is room. Returns the frame's payload; it stays put until `clear`.
  std::span<std::byte> append(int peer, const FrameHeader& header) {
    std::vector<std::byte>& buffer = buffers_[static_cast<std::size_t>(peer)];
    if (buffer.capacity() == 0) buffer.reserve(most_bytes_);
    const std::size_t at = buffer.size();
    buffer.resize(at + frame_bytes(header.type, header.payload_bytes));
    return put_frame(buffer.data() + at, header);
  }
  const std::vector<std::byte>& of(int peer) const noexcept {
    return buffers_[static_cast<std::size_t>(peer)];
  }
  void clear(int peer) noexcept { buffers_[static_cast<std::size_t>(peer)].clear(); }

 private:
  std::size_t most_bytes_;
  std::vector<std::vector<std::byte>> buffers_;
};

}  // namespace upout::engines::shared_nothing
