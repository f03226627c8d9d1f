#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "platform/error.h"
#include "workloads/properties.h"

namespace upout::workloads {

/// Reads properties one after the other and keeps the first error, so that the code that names them reads as
/// a list. A value stays what it was if its property was not given.
class PropertyReader {
 public:
  explicit PropertyReader(const Properties& properties) : properties_(properties) {}

  template <class Number>
  void integer(std::string_view name, Number& value, std::uint64_t least, std::uint64_t most) {
    keep(properties_.integer(name, value, least, most), value);
  }
  void real(std::string_view name, double& value, double least, double most) {
    keep(properties_.real(name, value, least, most), value);
  }
  void share(std::string_view name, double& value) { real(name, value, 0, 1); }
  void boolean(std::string_view name, bool& value) { keep(properties_.boolean(name, value), value); }
  std::size_t choice(std::string_view name, std::size_t value, std::span<const std::string_view> allowed) {
    keep(properties_.choice(name, value, allowed), value);
    return value;
  }

  const std::optional<platform::Error>& error() const { return error_; }

 private:
  template <class Read, class Value>
  void keep(platform::Expected<Read> read, Value& value) {
    if (read) {
      value = static_cast<Value>(*read);
    } else if (!error_) {
      error_ = std::move(read.error());
    }
  }

  const Properties& properties_;
  std::optional<platform::Error> error_;
};

/// An error that names the nearest of `known`, if there is a property that is none of them.
platform::Expected<void> check_names(std::string_view workload, const Properties& properties,
                                     std::span<const std::string_view> known);

}  // namespace upout::workloads
