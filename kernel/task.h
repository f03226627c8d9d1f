#pragma once

#include <cassert>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <utility>

#include "kernel/frame_pool.h"

namespace upout::kernel {

/// A coroutine that is started by awaiting it and gives back a value of type T. Its frame comes from the
/// FramePool of the worker: the coroutine's parameters (`this` counts, if it is a member) must have something
/// with a `frame_pool()` in the first or second place. Move-only; owns the frame.
template <class T>
class Task {
 public:
  struct promise_type {  // NOLINT(readability-identifier-naming): the language asks for this name
    T value{};
    std::coroutine_handle<> continuation = std::noop_coroutine();

    template <class Worker, class... Rest>
    requires requires(Worker& worker) { worker.frame_pool(); }
    static void* operator new(std::size_t bytes, Worker& worker, Rest&&...) {
      return worker.frame_pool().allocate(bytes);
    }
    template <class Object, class Worker, class... Rest>
    requires requires(Worker& worker) { worker.frame_pool(); }
    static void* operator new(std::size_t bytes, Object&, Worker& worker, Rest&&...) {
      return worker.frame_pool().allocate(bytes);
    }
    static void operator delete(void* frame, std::size_t) noexcept { FramePool::free(frame); }

    Task get_return_object() noexcept {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Resume {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) noexcept {
          return ended.promise().continuation;
        }
        void await_resume() noexcept {}
      };
      return Resume{};
    }
    void return_value(T result) noexcept { value = std::move(result); }
    void unhandled_exception() noexcept { std::terminate(); }
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().continuation = awaiting;
    return handle_;
  }
  T await_resume() noexcept { return std::move(handle_.promise().value); }

  /// For a task that nobody awaits: runs it up to its first suspension.
  void start() { handle_.resume(); }
  /// Runs a task that nothing suspends to its end.
  T now() noexcept {
    handle_.resume();
    assert(done());
    return await_resume();
  }
  bool done() const noexcept { return handle_.done(); }
  const T& value() const noexcept {
    assert(done());
    return handle_.promise().value;
  }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace upout::kernel
