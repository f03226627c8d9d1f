#include "engines/shared_nothing/mpi_window.h"

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
  if (auto works = window->try_out(); !works) return tl::unexpected(works.error());
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

platform::Expected<void> MpiWindow::allocate(std::size_t bytes, std::uint32_t partitions) {
  constexpr std::size_t alignment = std::size_t{2} << 20;  // of large regions
  const std::size_t front = std::max<std::size_t>(partitions, tried_words) * sizeof(std::uint64_t);
  void* base = nullptr;
  const int error = MPI_Win_allocate(static_cast<MPI_Aint>(bytes + front + alignment), 1, MPI_INFO_NULL,
                                     communicator_, &base, &window_);
  platform::Expected<void> own;
  if (error != MPI_SUCCESS) {
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(error, text.data(), &length);
    window_ = MPI_WIN_NULL;
    own = refused("MPI_Win_allocate of " + std::to_string(bytes) + " bytes a rank: " + text.data(),
                  "an MPI library that can, and as much shared memory (/dev/shm)");
  }
  if (auto all = agree(own); !all) return all;

  const auto begin = reinterpret_cast<std::uintptr_t>(base);
  const std::uintptr_t used = (begin + 63) / 64 * 64;
  words_ = {reinterpret_cast<std::uint64_t*>(used), front / sizeof(std::uint64_t)};
  std::ranges::fill(words_, 0);
  auto* memory = reinterpret_cast<std::byte*>(used);
  const std::size_t room = bytes + front + alignment - (used - begin);
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
  if (auto works = agree(try_progress()); !works) return works;
  if (auto works = try_without_owner(); !works) return works;
  for (std::size_t i = 0; i < tried_words; ++i) store_word(words_[i], 0);
  wait_for_all();
  auto works = agree(try_changes());
  std::ranges::fill(words_, 0);
  wait_for_all();
  return works;
}

/// Each rank reads what the others have written, while those do nothing but look for messages.
platform::Expected<void> MpiWindow::try_progress() {
  constexpr std::chrono::seconds longest{10};
  std::array<std::uint64_t, tried_words> words{};
  const auto begin = std::chrono::steady_clock::now();
  for (int distance = 1; distance < size_; ++distance) {
    const int other = (rank_ + distance) % size_;
    const Rank& of = ranks_[static_cast<std::size_t>(other)];
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Rget(words.data(), tried_words, MPI_UINT64_T, other, static_cast<MPI_Aint>(of.memory.begin - of.base),
             tried_words, MPI_UINT64_T, window_, &request);
    for (int done = 0; done == 0;) {
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      if (done == 0 && std::chrono::steady_clock::now() - begin > longest) {
        is_stuck_ = true;
        return refused("no answer to MPI_Rget for 10 s while the owner looks for messages",
                       "an MPI library that reads a rank's memory then");
      }
    }
    for (std::size_t i = 0; i < tried_words; ++i) {
      if (words[i] == pattern(other, i)) continue;
      return refused(
          "that rank " + std::to_string(other) + "'s window is read as something else than what it holds",
          "an MPI library whose windows are the owner's memory");
    }
  }
  return {};
}

/// A rank that lost its processor for a while may miss one try. Collective.
platform::Expected<void> MpiWindow::try_without_owner() const {
  constexpr int tries = 3;
  if (size_ == 1) return {};
  for (int i = 0; i < tries; ++i) {
    if (is_answered_while_owner_sleeps()) return {};
  }
  return refused(
      "fetches that are answered only when their owner looks for messages",
      "an MPI library and a network that read a rank's memory without it; here --read-path request "
      "does the same with fewer messages");
}

/// The first rank reads the last one's memory while that one sleeps. Collective.
bool MpiWindow::is_answered_while_owner_sleeps() const {
  constexpr std::chrono::milliseconds sleep{200};
  constexpr std::chrono::milliseconds patience{100};
  wait_for_all();
  int is_answered = 0;
  if (rank_ != 0) {
    std::this_thread::sleep_for(sleep);
  } else {
    std::this_thread::sleep_for(patience / 2);  // until that one has left the barrier and sleeps
    const auto begin = std::chrono::steady_clock::now();
    const Rank& last = ranks_.back();
    std::uint64_t word = 0;
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Rget(&word, 1, MPI_UINT64_T, size_ - 1, static_cast<MPI_Aint>(last.memory.begin - last.base), 1,
             MPI_UINT64_T, window_, &request);
    int done = 0;
    while (done == 0 && std::chrono::steady_clock::now() - begin < patience)
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    is_answered = done != 0 && std::chrono::steady_clock::now() - begin < patience ? 1 : 0;
    if (done == 0) MPI_Wait(&request, MPI_STATUS_IGNORE);
  }
  MPI_Bcast(&is_answered, 1, MPI_INT, 0, communicator_);
  return is_answered != 0;
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
