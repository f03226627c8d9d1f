#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernel/operation.h"
#include "kernel/record.h"

namespace upout::kernel {

/// The record's value, copied into `buffer`, which grows if it has to. False: the record is absent.
template <class Policy>
bool read_value(const Record<Policy>& record, std::vector<std::byte>& buffer,
                std::span<const std::byte>& value) {
  constexpr std::size_t smallest_buffer = 4096;
  if (buffer.size() < smallest_buffer) buffer.resize(smallest_buffer);
  std::size_t size = 0;
  if (!record.read_whole(buffer, size)) return false;
  if (size > buffer.size()) {
    buffer.resize(max_value_bytes);
    if (!record.read_whole(buffer, size)) return false;
  }
  value = std::span<const std::byte>(buffer).first(size);
  return true;
}

}  // namespace upout::kernel
