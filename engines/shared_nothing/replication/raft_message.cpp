#include "engines/shared_nothing/replication/raft_message.h"

#include <cstdint>
#include <cstring>

namespace upout::engines::shared_nothing {

namespace {

class Writer {
 public:
  explicit Writer(std::vector<std::byte>& to) : to_(&to) { to.clear(); }
  void word(std::uint64_t value) {
    const std::size_t at = to_->size();
    to_->resize(at + sizeof(value));
    std::memcpy(to_->data() + at, &value, sizeof(value));
  }
  void bytes(std::span<const std::byte> bytes) { to_->insert(to_->end(), bytes.begin(), bytes.end()); }

 private:
  std::vector<std::byte>* to_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> from) : rest_(from) {}
  std::uint64_t word() {
    std::uint64_t value = 0;
    const auto from = bytes(sizeof(value));
    if (!from.empty()) std::memcpy(&value, from.data(), sizeof(value));
    return value;
  }
  /// None if there are not so many.
  std::span<const std::byte> bytes(std::size_t count) {
    is_sound_ &= rest_.size() >= count;
    if (!is_sound_) return {};
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  std::size_t left() const { return rest_.size(); }
  bool is_at_end() const { return is_sound_ && rest_.empty(); }
  bool is_sound() const { return is_sound_; }

 private:
  std::span<const std::byte> rest_;
  bool is_sound_ = true;
};

constexpr std::size_t entry_words = 3;

unsigned fitting(const raft_append_entries& append, std::size_t most_bytes) {
  std::size_t bytes = 0;
  for (unsigned i = 0; i < append.n_entries; ++i) {
    bytes += entry_words * sizeof(std::uint64_t) + append.entries[i].buf.len;
    if (bytes > most_bytes) return i;
  }
  return append.n_entries;
}

void write_entries(Writer& writer, const raft_append_entries& append, unsigned count) {
  writer.word(count);
  for (unsigned i = 0; i < count; ++i) {
    const raft_entry& entry = append.entries[i];
    writer.word(entry.term);
    writer.word(entry.type);
    writer.word(entry.buf.len);
  }
  for (unsigned i = 0; i < count; ++i) {
    const raft_buffer& data = append.entries[i].buf;
    writer.bytes({static_cast<const std::byte*>(data.base), data.len});
  }
}

/// The data of all of them lies in one block, which the library frees with the last of them.
bool read_entries(Reader& reader, raft_append_entries& append) {
  const std::uint64_t count = reader.word();
  append.n_entries = 0;
  append.entries = nullptr;
  if (!reader.is_sound() || count > reader.left() / (entry_words * sizeof(std::uint64_t))) return false;
  if (count == 0) return reader.is_at_end();
  auto* entries = static_cast<raft_entry*>(raft_calloc(count, sizeof(raft_entry)));
  std::uint64_t whole = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    entries[i].term = reader.word();
    entries[i].type = static_cast<unsigned short>(reader.word());
    entries[i].buf.len = reader.word();
    whole += entries[i].buf.len;
    if (entries[i].buf.len > reader.left()) whole = ~std::uint64_t{0} >> 1;
  }
  if (whole != reader.left()) {
    raft_free(entries);
    return false;
  }
  auto* batch = static_cast<std::byte*>(raft_malloc(whole + 1));
  std::memcpy(batch, reader.bytes(whole).data(), whole);
  std::byte* next = batch;
  for (std::uint64_t i = 0; i < count; ++i) {
    entries[i].buf.base = next;
    entries[i].batch = batch;
    next += entries[i].buf.len;
  }
  append.entries = entries;
  append.n_entries = static_cast<unsigned>(count);
  return true;
}

}  // namespace

bool encode(const raft_message& message, std::size_t most_bytes, std::vector<std::byte>& bytes) {
  Writer writer(bytes);
  writer.word(message.type);
  switch (message.type) {
    case RAFT_IO_REQUEST_VOTE: {
      const raft_request_vote& vote = message.request_vote;
      writer.word(vote.term);
      writer.word(vote.candidate_id);
      writer.word(vote.last_log_index);
      writer.word(vote.last_log_term);
      writer.word(vote.disrupt_leader ? 1 : 0);
      writer.word(vote.pre_vote ? 1 : 0);
      return true;
    }
    case RAFT_IO_REQUEST_VOTE_RESULT: {
      const raft_request_vote_result& result = message.request_vote_result;
      writer.word(result.term);
      writer.word(result.vote_granted ? 1 : 0);
      writer.word(result.pre_vote);
      return true;
    }
    case RAFT_IO_APPEND_ENTRIES: {
      const raft_append_entries& append = message.append_entries;
      writer.word(append.term);
      writer.word(append.prev_log_index);
      writer.word(append.prev_log_term);
      writer.word(append.leader_commit);
      constexpr std::size_t before_entries = 6 * sizeof(std::uint64_t);
      write_entries(writer, append, fitting(append, most_bytes - before_entries));
      return true;
    }
    case RAFT_IO_APPEND_ENTRIES_RESULT: {
      const raft_append_entries_result& result = message.append_entries_result;
      writer.word(result.term);
      writer.word(result.rejected);
      writer.word(result.last_log_index);
      return true;
    }
    default:
      return false;
  }
}

bool decode(std::span<const std::byte> bytes, raft_message& message) {
  Reader reader(bytes);
  message.type = static_cast<unsigned short>(reader.word());
  switch (message.type) {
    case RAFT_IO_REQUEST_VOTE: {
      raft_request_vote& vote = message.request_vote;
      vote.term = reader.word();
      vote.candidate_id = reader.word();
      vote.last_log_index = reader.word();
      vote.last_log_term = reader.word();
      vote.disrupt_leader = reader.word() != 0;
      vote.pre_vote = reader.word() != 0;
      return reader.is_at_end();
    }
    case RAFT_IO_REQUEST_VOTE_RESULT: {
      raft_request_vote_result& result = message.request_vote_result;
      result.term = reader.word();
      result.vote_granted = reader.word() != 0;
      const std::uint64_t pre_vote = reader.word();
      if (pre_vote > raft_tribool_false) return false;
      result.pre_vote = static_cast<raft_tribool>(pre_vote);
      return reader.is_at_end();
    }
    case RAFT_IO_APPEND_ENTRIES: {
      raft_append_entries& append = message.append_entries;
      append.term = reader.word();
      append.prev_log_index = reader.word();
      append.prev_log_term = reader.word();
      append.leader_commit = reader.word();
      return read_entries(reader, append);
    }
    case RAFT_IO_APPEND_ENTRIES_RESULT: {
      raft_append_entries_result& result = message.append_entries_result;
      result.term = reader.word();
      result.rejected = reader.word();
      result.last_log_index = reader.word();
      return reader.is_at_end();
    }
    default:
      return false;
  }
}

}  // namespace upout::engines::shared_nothing
