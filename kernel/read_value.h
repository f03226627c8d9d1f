#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernel/operation.h"
#include "kernel/record.h"

namespace upout::kernel {

/// The record's value, copied into `buffer`, which grows if it has to, and its header at that time.
/// `not_found`: the record is absent; `conflict`: it was locked each of `looks` times.
template <class Policy>
Status read_value(const Record<Policy>& record, unsigned looks, std::vector<std::byte>& buffer,
                  std::span<const std::byte>& value, Header& seen) {
  constexpr std::size_t smallest_buffer = 4096;
  if (buffer.size() < smallest_buffer) buffer.resize(smallest_buffer);
  const auto read = [&] {
    return record.wait_for(looks, [&] { return record.try_read_whole(buffer, seen); });
  };
  if (const Status status = read(); status != Status::ok) return status;
  if (seen.size() > buffer.size()) {
    buffer.resize(max_value_bytes);
    if (const Status status = read(); status != Status::ok) return status;
  }
  value = std::span<const std::byte>(buffer).first(seen.size());
  return Status::ok;
}

}  // namespace upout::kernel
