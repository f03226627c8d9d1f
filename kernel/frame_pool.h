#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace upout::kernel {

/// Memory for coroutine frames of one worker, so that starting a coroutine costs a few instructions: freed
/// frames are kept by size (64-byte steps) and handed out again. Used by one thread; must outlive its frames.
class FramePool {
 public:
  FramePool() = default;
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  ~FramePool() {
    for (Frame* head : free_) {
      while (head != nullptr) {
        Frame* next = head->next;
        ::operator delete(static_cast<void*>(head));
        head = next;
      }
    }
  }

  void* allocate(std::size_t bytes) {
    const std::size_t steps = (bytes + prefix_bytes + step_bytes - 1) / step_bytes;
    Frame* frame = nullptr;
    if (steps < classes && free_[steps] != nullptr) {
      frame = free_[steps];
      free_[steps] = frame->next;
    } else {
      frame = static_cast<Frame*>(::operator new(steps* step_bytes));
    }
    frame->pool = this;
    frame->steps = steps;
    return reinterpret_cast<std::byte*>(frame) + prefix_bytes;
  }

  static void free(void* memory) noexcept {
    auto* frame = reinterpret_cast<Frame*>(static_cast<std::byte*>(memory) - prefix_bytes);
    FramePool& pool = *frame->pool;
    const std::size_t steps = frame->steps;
    if (steps >= classes) {
      ::operator delete(static_cast<void*>(frame));
      return;
    }
    frame->next = pool.free_[steps];
    pool.free_[steps] = frame;
  }

 private:
  struct Frame {
    union {
      FramePool* pool;
      Frame* next;
    };
    std::size_t steps;
  };
  static constexpr std::size_t prefix_bytes = sizeof(Frame);
  static constexpr std::size_t step_bytes = 64;
  static constexpr std::size_t classes = 64;

  std::array<Frame*, classes> free_{};
};

}  // namespace upout::kernel
