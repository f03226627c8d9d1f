#include "engines/shared_nothing/mpi_window.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace upout::engines::shared_nothing {

namespace {

/// A bucket, or a record's first line.
constexpr std::size_t tried_words = 8;
constexpr std::uint64_t in_each_byte = 0x0101010101010101;

tl::unexpected<platform::Error> refused(const std::string& found, const std::string& expected) {
  return platform::unexpected("--read-path rma", found, expected + "; --read-path request needs none of it");
}

std::uint64_t pattern(int rank, std::size_t word) {
  return (static_cast<std::uint64_t>(rank) + 1) << 32 | (word + 1);
}

void store_word(std::uint64_t& word, std::uint64_t value) {
  std::atomic_ref(word).store(value, std::memory_order_release);
}

bool is_whole(std::uint64_t word) {
  return word == (word & 0xff) * in_each_byte;
}

}  // namespace

platform::Expected<std::unique_ptr<MpiWindow>> MpiWindow::create(MPI_Comm communicator, std::size_t bytes,
                                                                 std::uint32_t partitions) {
  std::unique_ptr<MpiWindow> window(new MpiWindow(communicator));
  if (auto allocated = window->allocate(bytes, partitions); !allocated)
    return tl::unexpected(allocated.error());
  if (auto works = window->try_out(); !works) {
    // What does not end may still write there.
    if (window->is_stuck_) static_cast<void>(window.release());
    return tl::unexpected(works.error());
  }
  return window;
}

MpiWindow::MpiWindow(MPI_Comm communicator) {
  MPI_Comm_dup(communicator, &communicator_);
  MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN);
  MPI_Comm_rank(communicator_, &rank_);
  MPI_Comm_size(communicator_, &size_);
}

MpiWindow::~MpiWindow() {
  if (is_stuck_) return;  // to wait for what does not end would not end
  if (is_open_) MPI_Win_unlock_all(window_);
  if (window_ != MPI_WIN_NULL) MPI_Win_free(&window_);
  MPI_Comm_free(&communicator_);
}

/// Open MPI takes the windows of all ranks of a host out of one file there. If that has no room for them only
/// the first rank notices (osc/sm), and the others would wait for it for ever. Collective.
platform::Expected<void> MpiWindow::check_room(std::size_t bytes) const {
  MPI_Comm on_host = MPI_COMM_NULL;
  MPI_Comm_split_type(communicator_, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &on_host);
  std::uint64_t wanted = bytes;
  MPI_Allreduce(MPI_IN_PLACE, &wanted, 1, MPI_UINT64_T, MPI_SUM, on_host);
  MPI_Comm_free(&on_host);
  wanted += wanted / 10;
  struct statvfs there {};
  if (size_ == 1 || statvfs("/dev/shm", &there) != 0) return {};
  const std::uint64_t room = std::uint64_t{there.f_bavail} * there.f_frsize;
  if (wanted <= room) return {};
  return refused("windows of " + std::to_string(wanted >> 20) +
                     " MiB on a host whose /dev/shm has room for " + std::to_string(room >> 20),
                 "a larger one, or fewer records");
}

platform::Expected<void> MpiWindow::allocate(std::size_t bytes, std::uint32_t partitions) {
  constexpr std::size_t alignment = std::size_t{2} << 20;  // of large regions
  const std::size_t front = std::max<std::size_t>(partitions, tried_words) * sizeof(std::uint64_t);
  const std::size_t whole = bytes + front + alignment;
  if (auto room = agree(check_room(whole)); !room) return room;
  void* base = nullptr;
  const int error =
      MPI_Win_allocate(static_cast<MPI_Aint>(whole), 1, MPI_INFO_NULL, communicator_, &base, &window_);
  platform::Expected<void> own;
  if (error != MPI_SUCCESS) {
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(error, text.data(), &length);
    window_ = MPI_WIN_NULL;
    own = refused("MPI_Win_allocate of " + std::to_string(bytes) + " bytes a rank: " + text.data(),
                  "an MPI library that can, and as much shared memory (/dev/shm)");
  }
  if (auto all = agree(own); !all) {
    is_stuck_ = true;  // who has a window would wait for who has none to free it
    return all;
  }

  const auto begin = reinterpret_cast<std::uintptr_t>(base);
  const std::uintptr_t used = (begin + 63) / 64 * 64;
  words_ = {reinterpret_cast<std::uint64_t*>(used), front / sizeof(std::uint64_t)};
  std::ranges::fill(words_, 0);
  auto* memory = reinterpret_cast<std::byte*>(used);
  const std::size_t room = whole - (used - begin);
  reserve_ = std::make_unique<platform::Reserve>(std::span(memory + front, room - front));

  const Rank rank{begin, {used, used + room}};
  ranks_.resize(static_cast<std::size_t>(size_));
  MPI_Allgather(&rank, sizeof(rank), MPI_BYTE, ranks_.data(), sizeof(rank), MPI_BYTE, communicator_);
  return {};
}

void MpiWindow::publish(std::uint32_t partition, kernel::RemoteTable table) noexcept {
  store_word(words_[partition], table.word());
}

// Trying out
// ------------------------------------------------------------------------------------------------------------------

platform::Expected<void> MpiWindow::try_out() {
  int* model = nullptr;
  int is_set = 0;
  MPI_Win_get_attr(window_, MPI_WIN_MODEL, static_cast<void*>(&model), &is_set);
  if (is_set == 0 || *model != MPI_WIN_UNIFIED)
    return refused("windows with a copy of their own (MPI_WIN_SEPARATE)",
                   "an MPI library with MPI_WIN_UNIFIED");
  MPI_Win_lock_all(MPI_MODE_NOCHECK, window_);
  is_open_ = true;
  for (std::size_t i = 0; i < tried_words; ++i) store_word(words_[i], pattern(rank_, i));
  wait_for_all();
  if (auto works = try_without_owner(); !works) return works;
  for (std::size_t i = 0; i < tried_words; ++i) store_word(words_[i], 0);
  wait_for_all();
  auto works = agree(try_changes());
  std::ranges::fill(words_, 0);
  wait_for_all();
  return works;
}

/// A rank that lost its processor for a while may miss one try. Collective.
platform::Expected<void> MpiWindow::try_without_owner() {
  constexpr int tries = 3;
  Fetched fetched = size_ == 1 ? Fetched::all : Fetched::too_late;
  for (int i = 0; i < tries && fetched == Fetched::too_late; ++i) fetched = fetch_while_owners_sleep();
  is_stuck_ = fetched == Fetched::never;
  switch (fetched) {
    case Fetched::all:
      return {};
    case Fetched::something_else:
      return refused("windows that are read as something else than what they hold",
                     "an MPI library whose windows are the owner's memory");
    case Fetched::too_late:
      return refused("fetches that are answered only when their owner looks for messages",
                     "an MPI library and a network that read a rank's memory without it; here --read-path "
                     "request does the same with fewer messages");
    case Fetched::never:
      break;
  }
  return refused("fetches that are not answered for 10 s", "an MPI library that answers them");
}

/// The first rank reads all others' memory while those sleep. The same on all ranks. Collective.
MpiWindow::Fetched MpiWindow::fetch_while_owners_sleep() {
  constexpr std::chrono::milliseconds sleep{600};
  constexpr std::chrono::milliseconds leaving{50};  // the barrier, before they sleep
  constexpr std::chrono::milliseconds patience{200};
  constexpr std::chrono::seconds longest{10};
  wait_for_all();
  int outcome = static_cast<int>(Fetched::all);
  if (rank_ != 0) {
    std::this_thread::sleep_for(sleep);
  } else {
    std::this_thread::sleep_for(leaving);
    const auto begin = std::chrono::steady_clock::now();
    const auto waited = [begin] { return std::chrono::steady_clock::now() - begin; };
    fetched_.assign(static_cast<std::size_t>(size_) * tried_words, 0);
    std::vector<MPI_Request> requests;
    for (int other = 1; other < size_; ++other) {
      const Rank& of = ranks_[static_cast<std::size_t>(other)];
      MPI_Rget(&fetched_[static_cast<std::size_t>(other) * tried_words], tried_words, MPI_UINT64_T, other,
               static_cast<MPI_Aint>(of.memory.begin - of.base), tried_words, MPI_UINT64_T, window_,
               &requests.emplace_back());
    }
    int done = 0;
    while (done == 0 && waited() < longest)
      MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE);
    if (done == 0) {
      outcome = static_cast<int>(Fetched::never);
    } else if (waited() > patience) {
      outcome = static_cast<int>(Fetched::too_late);
    } else if (!has_fetched_patterns()) {
      outcome = static_cast<int>(Fetched::something_else);
    }
  }
  MPI_Bcast(&outcome, 1, MPI_INT, 0, communicator_);
  return static_cast<Fetched>(outcome);
}

bool MpiWindow::has_fetched_patterns() const {
  for (std::size_t at = tried_words; at < fetched_.size(); ++at) {
    if (fetched_[at] != pattern(static_cast<int>(at / tried_words), at % tried_words)) return false;
  }
  return true;
}

/// Each rank changes its words, all bytes of a word alike, and reads those of the next one, who does the
/// same.
platform::Expected<void> MpiWindow::try_changes() {
  constexpr int rounds = 2000;
  constexpr int changes_a_round = 20;
  const int other = (rank_ + 1) % size_;
  std::array<std::uint64_t, tried_words> words{};
  std::uint64_t number = 0;
  bool all_whole = true;
  for (int i = 0; i < rounds && size_ > 1; ++i) {
    for (int change = 0; change < changes_a_round; ++change) {
      const std::uint64_t word = (++number & 0xff) * in_each_byte;
      for (std::size_t at = 0; at < tried_words; ++at) store_word(words_[at], word);
    }
    words.fill(pattern(rank_, 0));  // not whole: what has not arrived is seen, too
    get(other, memory_of(other).begin, std::as_writable_bytes(std::span(words)));
    complete();
    all_whole &= std::ranges::all_of(words, is_whole);
  }
  if (all_whole) return {};
  return refused(
      "words of 8 bytes that were read half old, half new, or had not arrived after MPI_Win_flush_all",
      "an MPI library and a network that read each aligned word at once");
}

/// The first error that a rank has is everybody's, by kind if not by its words.
platform::Expected<void> MpiWindow::agree(const platform::Expected<void>& own) const {
  int failed = own ? 0 : 1;
  MPI_Request request = MPI_REQUEST_NULL;
  int any = 0;
  MPI_Iallreduce(&failed, &any, 1, MPI_INT, MPI_MAX, communicator_, &request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  if (!own) return own;
  if (any != 0)
    return refused("a window that does not work on another rank", "the same MPI library everywhere");
  return {};
}

/// As the engine waits: by looking again and again.
void MpiWindow::wait_for_all() const {
  MPI_Win_sync(window_);
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibarrier(communicator_, &request);
  for (int done = 0; done == 0;) MPI_Test(&request, &done, MPI_STATUS_IGNORE);
  MPI_Win_sync(window_);
}

}  // namespace upout::engines::shared_nothing
