#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace upout::workloads {

/// A value that takes long to compute, and that not everybody needs who has its owner: computed when it is
/// first asked for. Any thread may ask; all others wait for the first.
template <class Value>
class OnFirstUse {
 public:
  explicit OnFirstUse(std::function<Value()> compute) : compute_(std::move(compute)) {}

  const Value& get() const {
    std::call_once(once_, [this] { value_ = compute_(); });
    return *value_;
  }

 private:
  std::function<Value()> compute_;
  mutable std::once_flag once_;
  mutable std::optional<Value> value_;
};

}  // namespace upout::workloads
