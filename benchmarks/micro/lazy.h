#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace upout::micro {

/// What a benchmark measures: built by the first that asks for it, so that a filtered run builds only what it
/// needs, and kept for the others and their repetitions, which Google Benchmark runs as separate calls. Owned
/// by the registered benchmarks that capture it, and freed with them. May be asked by several threads at
/// once.
template <class T>
class Lazy {
 public:
  explicit Lazy(std::function<T()> build) : build_(std::move(build)) {}

  T& value() {
    std::call_once(once_, [this] { value_.emplace(build_()); });
    return *value_;
  }

 private:
  std::function<T()> build_;
  std::once_flag once_;
  std::optional<T> value_;
};

}  // namespace upout::micro
