#include <algorithm>
#include <cassert>
#include <cstring>
#include <deque>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engines/shared_nothing/replication/consensus.h"
#include "engines/shared_nothing/replication/raft_message.h"

namespace upout::engines::shared_nothing {

/// The library's server, with its input and output: messages go out through the environment, time comes in
/// by `look`, and what it wants to be kept is kept in memory. The library expects to be told that something
/// has been written or sent after the call in which it has asked for it: that waits in `completions_`.
class Consensus::Raft {
 public:
  Raft(int rank, int ranks, const ConsensusTiming& timing, Environment environment)
      : timing_(timing), environment_(std::move(environment)), ranks_(ranks) {
    connect();
    check(raft_init(&raft_, &io_, &machine_, id_of(rank), "rank"));
    raft_set_election_timeout(&raft_, ticks(timing.election));
    raft_set_heartbeat_timeout(&raft_, ticks(timing.heartbeat));
    // The decisions of a run are few: they are all kept, and whoever has missed some gets them one by one.
    raft_set_snapshot_threshold(&raft_, std::numeric_limits<unsigned>::max());
    raft_set_pre_vote(&raft_, true);
    bootstrap(ranks);
    check(raft_start(&raft_));
    complete();
  }
  ~Raft() {
    raft_close(&raft_, nullptr);
    complete();
  }
  Raft(const Raft&) = delete;
  Raft& operator=(const Raft&) = delete;

  void look(platform::Timestamp now) {
    const bool begins = std::exchange(has_looked_, true) == false;
    const platform::Timestamp passed = begins ? timing_.tick : now - looked_;
    if (passed < timing_.tick) return;
    looked_ = now;
    time_ += std::min(passed, longest_step * timing_.tick);
    if (tick_ == nullptr) return;
    tick_(&io_);
    complete();
  }

  bool take(int source, std::span<const std::byte> bytes) {
    raft_message message{};
    if (source >= ranks_ || !decode(bytes, message)) return false;
    message.server_id = id_of(source);
    message.server_address = "rank";
    receive_(&io_, &message);
    complete();
    return true;
  }

  bool is_leader() const noexcept { return raft_.state == RAFT_LEADER; }

  void propose(std::span<const std::byte> proposal) {
    if (!is_leader() || is_proposing_) return;
    raft_buffer buffer{raft_malloc(proposal.size()), proposal.size()};
    std::memcpy(buffer.base, proposal.data(), proposal.size());
    request_.data = this;
    is_proposing_ = raft_apply(&raft_, &request_, &buffer, 1, [](struct raft_apply* request, int, void*) {
                      static_cast<Raft*>(request->data)->is_proposing_ = false;
                    }) == 0;
    if (!is_proposing_) raft_free(buffer.base);
    complete();
  }

 private:
  /// In ticks, for a rank that has not looked: it cannot tell silence from its own sleep.
  static constexpr int longest_step = 4;

  static raft_id id_of(int rank) noexcept { return static_cast<raft_id>(rank) + 1; }
  static Raft& of(raft_io* io) noexcept { return *static_cast<Raft*>(io->impl); }
  static void check([[maybe_unused]] int failure) noexcept { assert(failure == 0); }
  unsigned ticks(platform::Timestamp time) const noexcept {
    return std::max(1U, static_cast<unsigned>(time / timing_.tick));
  }

  void bootstrap(int ranks) {
    raft_configuration all;
    raft_configuration_init(&all);
    for (int rank = 0; rank < ranks; ++rank)
      check(raft_configuration_add(&all, id_of(rank), ("rank " + std::to_string(rank)).c_str(), RAFT_VOTER));
    check(raft_configuration_encode(&all, &first_));
    raft_configuration_close(&all);
  }

  void connect() {
    io_.version = 1;
    io_.impl = this;
    io_.init = [](raft_io*, raft_id, const char*) { return 0; };
    io_.close = [](raft_io* io, raft_io_close_cb closed) {
      if (closed != nullptr) of(io).later([io, closed] { closed(io); });
    };
    io_.load = [](raft_io* io, raft_term* term, raft_id* vote, raft_snapshot** snapshot, raft_index* begin,
                  raft_entry** entries, std::size_t* count) {
      *term = 1;
      *vote = 0;
      *snapshot = nullptr;
      *begin = 1;
      *count = 1;
      *entries = static_cast<raft_entry*>(raft_calloc(1, sizeof(raft_entry)));
      **entries = {.term = 1, .type = RAFT_CHANGE, .buf = of(io).first_, .batch = of(io).first_.base};
      return 0;
    };
    io_.start = [](raft_io* io, unsigned, raft_io_tick_cb tick, raft_io_recv_cb receive) {
      of(io).tick_ = tick;
      of(io).receive_ = receive;
      return 0;
    };
    io_.bootstrap = [](raft_io*, const raft_configuration*) { return RAFT_CANTBOOTSTRAP; };
    io_.recover = [](raft_io*, const raft_configuration*) { return RAFT_CANTBOOTSTRAP; };
    // The library keeps all of this itself, as long as it lives.
    io_.set_term = [](raft_io*, raft_term) { return 0; };
    io_.set_vote = [](raft_io*, raft_id) { return 0; };
    io_.truncate = [](raft_io*, raft_index) { return 0; };
    io_.append = [](raft_io* io, raft_io_append* request, const raft_entry*, unsigned,
                    raft_io_append_cb done) {
      of(io).later([request, done] { done(request, 0); });
      return 0;
    };
    io_.send = [](raft_io* io, raft_io_send* request, const raft_message* message, raft_io_send_cb done) {
      of(io).send(*message);
      of(io).later([request, done] {
        if (done != nullptr) done(request, 0);
      });
      return 0;
    };
    io_.snapshot_put = [](raft_io*, unsigned, raft_io_snapshot_put*, const raft_snapshot*,
                          raft_io_snapshot_put_cb) { return RAFT_NOTFOUND; };
    io_.snapshot_get = [](raft_io*, raft_io_snapshot_get*, raft_io_snapshot_get_cb) { return RAFT_NOTFOUND; };
    io_.time = [](raft_io* io) { return static_cast<raft_time>(of(io).time_ / of(io).timing_.tick); };
    io_.random = [](raft_io* io, int least, int end) {
      const auto width = static_cast<std::uint64_t>(std::max(1, end - least));
      return least + static_cast<int>(of(io).environment_.random() % width);
    };
    machine_.version = 1;
    machine_.data = this;
    machine_.apply = [](raft_fsm* machine, const raft_buffer* decided, void** result) {
      *result = nullptr;
      static_cast<Raft*>(machine->data)
          ->environment_.decided({static_cast<const std::byte*>(decided->base), decided->len});
      return 0;
    };
    machine_.snapshot = [](raft_fsm*, raft_buffer**, unsigned*) { return RAFT_NOTFOUND; };
    machine_.restore = [](raft_fsm*, raft_buffer*) { return RAFT_NOTFOUND; };
  }

  void send(const raft_message& message) {
    if (!encode(message, environment_.most_bytes, encoded_)) return;
    environment_.send(static_cast<int>(message.server_id) - 1, encoded_);
  }
  template <class Completion>
  void later(Completion&& completion) {
    completions_.emplace_back(std::forward<Completion>(completion));
  }
  void complete() {
    while (!completions_.empty()) {
      const auto completion = std::move(completions_.front());
      completions_.pop_front();
      completion();
    }
  }

  ConsensusTiming timing_;
  Environment environment_;
  int ranks_;
  raft_buffer first_{};  ///< entry: who takes part; the library's
  raft_io io_{};
  raft_fsm machine_{};
  raft raft_{};
  raft_io_tick_cb tick_ = nullptr;
  raft_io_recv_cb receive_ = nullptr;
  struct raft_apply request_ {};
  bool is_proposing_ = false;
  bool has_looked_ = false;
  platform::Timestamp looked_{};
  platform::Timestamp time_{};  ///< that this rank has been awake
  std::deque<std::function<void()>> completions_;
  std::vector<std::byte> encoded_;
};

bool Consensus::is_there() noexcept {
  return true;
}
Consensus::Consensus(int rank, int ranks, const ConsensusTiming& timing, Environment environment)
    : raft_(std::make_unique<Raft>(rank, ranks, timing, std::move(environment))) {}
Consensus::~Consensus() = default;
void Consensus::look(platform::Timestamp now) {
  raft_->look(now);
}
bool Consensus::take(int source, std::span<const std::byte> message) {
  return raft_->take(source, message);
}
bool Consensus::is_leader() const noexcept {
  return raft_->is_leader();
}
void Consensus::propose(std::span<const std::byte> proposal) {
  raft_->propose(proposal);
}

}  // namespace upout::engines::shared_nothing
