#pragma once

#include <vector>

namespace upout::kernel {

/// Makes `push_back` of one element certain not to throw. Throws std::bad_alloc itself.
template <class T>
void make_room(std::vector<T>& vector) {
  if (vector.size() == vector.capacity()) vector.reserve(2 * vector.size() + 8);
}

}  // namespace upout::kernel
