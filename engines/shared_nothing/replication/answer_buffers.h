#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engines/shared_nothing/message.h"

namespace upout::engines::shared_nothing {

/// Answers that are being made and go out later, as frames, by the rank that gets them: those that depend on
/// copies, and those that do not. Used by the rank's thread.
class AnswerBuffers {
 public:
  /// `most_bytes`: for each rank, from `clear` to `clear`.
  AnswerBuffers(int ranks, std::size_t most_bytes)
      : most_bytes_(most_bytes), buffers_(static_cast<std::size_t>(ranks)) {}

  bool has_room_for(int peer, std::size_t bytes) const noexcept {
    return of(peer).bytes.size() + bytes <= most_bytes_;
  }
  /// There is room. Returns the frame's payload; it stays put until `clear`.
  std::span<std::byte> append(int peer, const FrameHeader& header) {
    Buffer& buffer = of(peer);
    if (buffer.bytes.capacity() == 0) buffer.bytes.reserve(most_bytes_);
    const std::size_t at = buffer.bytes.size();
    const std::size_t bytes = frame_bytes(header.type, header.payload_bytes);
    buffer.bytes.resize(at + bytes);
    buffer.frames.push_back({.at = at, .bytes = bytes});
    return put_frame(buffer.bytes.data() + at, header);
  }
  /// How many frames there are for it.
  std::size_t frames(int peer) const noexcept { return of(peer).frames.size(); }
  /// That frame depends on no copy.
  void release(int peer, std::size_t frame) noexcept { of(peer).frames[frame].waits = false; }

  /// Appends those that wait, or the others, to `frames`.
  void take(int peer, bool that_wait, std::vector<std::byte>& frames) const {
    const Buffer& buffer = of(peer);
    for (const Frame& frame : buffer.frames) {
      if (frame.waits != that_wait) continue;
      const auto bytes = std::span(buffer.bytes).subspan(frame.at, frame.bytes);
      frames.insert(frames.end(), bytes.begin(), bytes.end());
    }
  }
  void clear(int peer) noexcept {
    of(peer).bytes.clear();
    of(peer).frames.clear();
  }

 private:
  struct Frame {
    std::size_t at = 0;
    std::size_t bytes = 0;
    bool waits = true;
  };
  struct Buffer {
    std::vector<std::byte> bytes;
    std::vector<Frame> frames;
  };
  Buffer& of(int peer) noexcept { return buffers_[static_cast<std::size_t>(peer)]; }
  const Buffer& of(int peer) const noexcept { return buffers_[static_cast<std::size_t>(peer)]; }

  std::size_t most_bytes_;
  std::vector<Buffer> buffers_;
};

}  // namespace upout::engines::shared_nothing
