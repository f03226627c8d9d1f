#pragma once

extern "C" {
#include <raft.h>
}

#include <cstddef>
#include <span>
#include <vector>

namespace upout::engines::shared_nothing {

/// As it travels, in words of 64 bits. Of entries, as many as fit into so many bytes: the others are sent
/// when the receiver turns out not to have them. False: it is one of snapshots, of which there are none.
bool encode(const raft_message& message, std::size_t most_bytes, std::vector<std::byte>& bytes);
/// Everything but the sender; entries are the library's from then on. False: that is no message.
bool decode(std::span<const std::byte> bytes, raft_message& message);

}  // namespace upout::engines::shared_nothing
