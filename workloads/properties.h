#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/error.h"

namespace upout::workloads {

/// One property as the user gave it.
struct Property {
  std::string name;
  std::string value;   ///< without white space at its ends
  std::string origin;  ///< "FILE:LINE", or the option that set it, e.g. "-p"

  /// What an error about it names: "-p recordcount", "workloada:18 recordcount".
  std::string where() const { return origin + " " + name; }
};

/// What the user asked of a workload, as names and values, each with where it came from. Says nothing of
/// which names there are: that is the workload's business. A value; not to be changed by one thread while
/// another reads.
class Properties {
 public:
  /// Adds a Java property file, as YCSB's `-P` reads it: comments with # and !, separators =, : and white
  /// space, lines continued by a backslash, escapes (\uXXXX becomes UTF-8). A later file wins over an earlier
  /// one, a property that was set one by one over any file. Fails, with nothing added, if the file cannot be
  /// read or has a line without a name, without a separator, or with a broken escape.
  platform::Expected<void> read_file(const std::string& path);

  /// Sets one property from "name=value", as `-p` gives it.
  platform::Expected<void> assign(std::string_view assignment);

  /// Sets one property; it wins over files, and over what was set before. `origin` is for errors.
  void set(std::string name, std::string value, std::string origin);

  const Property* find(std::string_view name) const;      ///< null if it was not given
  std::span<const Property> all() const { return all_; }  ///< in the order in which they were first given

  // Each of these gives the property's value, or `fallback` if it was not given; a bad value is an error that
  // names the property's origin.
  platform::Expected<std::uint64_t> integer(std::string_view name, std::uint64_t fallback,
                                            std::uint64_t least, std::uint64_t most) const;
  platform::Expected<double> real(std::string_view name, double fallback, double least, double most) const;
  platform::Expected<bool> boolean(std::string_view name, bool fallback) const;
  /// An index into `allowed`.
  platform::Expected<std::size_t> choice(std::string_view name, std::size_t fallback,
                                         std::span<const std::string_view> allowed) const;

 private:
  void add(Property property, bool from_file);

  std::vector<Property> all_;
  std::vector<bool> from_file_;  ///< parallel to all_
};

/// "a, b or c"
std::string list_of(std::span<const std::string_view> words);

}  // namespace upout::workloads
