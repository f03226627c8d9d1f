#include <lmdb.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include "keys.h"
#include "peers.h"
#include "registry.h"

namespace upout::micro {

namespace {

void check(int error) {
  if (error != MDB_SUCCESS) throw std::runtime_error(std::string("LMDB: ") + mdb_strerror(error));
}

MDB_val bytes_of(std::uint64_t& word) {
  return {sizeof word, &word};
}

std::uint64_t word_of(const MDB_val& bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.mv_data, sizeof word);
  return word;
}

constexpr std::size_t map_bytes = std::size_t{2} << 30;

/// In memory, if the system has a file system there that is large enough (a container's often is not).
std::filesystem::path scratch_parent() {
  const std::filesystem::path memory = "/dev/shm";
  std::error_code error;
  const auto space = std::filesystem::space(memory, error);
  return !error && space.available >= map_bytes ? memory : std::filesystem::temp_directory_path();
}

/// A folder that is gone with its owner.
class ScratchFolder {
 public:
  ScratchFolder() {
    const auto parent = scratch_parent();
    std::string name = parent / "upout-micro-XXXXXX";
    if (mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("no folder can be made in " + parent.string());
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Closing {
  void operator()(MDB_env* environment) const { mdb_env_close(environment); }
};
using Environment = std::unique_ptr<MDB_env, Closing>;

struct Ending {
  void operator()(MDB_txn* transaction) const { mdb_txn_abort(transaction); }
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
using Transaction = std::unique_ptr<MDB_txn, Ending>;
using Cursor = std::unique_ptr<MDB_cursor, Ending>;

Transaction begin(MDB_env* environment, unsigned flags) {
  MDB_txn* transaction = nullptr;
  check(mdb_txn_begin(environment, nullptr, flags, &transaction));
  return Transaction(transaction);
}

/// One database of integer keys (compared as numbers, not byte by byte). Loaded in key order with MDB_APPEND,
/// as bulk loads are, which fills its pages; nothing is synced, as nothing need survive.
struct Database {
  Environment environment;
  MDB_dbi dbi = 0;
};

Environment opened_environment(const ScratchFolder& folder) {
  MDB_env* made = nullptr;
  check(mdb_env_create(&made));
  Environment environment(made);
  check(mdb_env_set_mapsize(made, map_bytes));
  // Random reads gain nothing from the file system's reading ahead.
  check(mdb_env_open(made, folder.path().c_str(), MDB_NOSYNC | MDB_WRITEMAP | MDB_NORDAHEAD, 0600));
  return environment;
}

Database filled_database() {
  // Its files lose their names at once and live on as long as they are open: nothing is left behind, however
  // the program ends.
  const ScratchFolder folder;
  Database database{opened_environment(folder)};
  auto transaction = begin(database.environment.get(), 0);
  check(mdb_dbi_open(transaction.get(), nullptr, MDB_INTEGERKEY, &database.dbi));
  for (auto& [key, value] : sorted_records()) {
    std::uint64_t words[] = {key, value};
    MDB_val key_bytes = bytes_of(words[0]);
    MDB_val value_bytes = bytes_of(words[1]);
    check(mdb_put(transaction.get(), database.dbi, &key_bytes, &value_bytes, MDB_APPEND));
  }
  check(mdb_txn_commit(transaction.release()));
  return database;
}

/// One read-only transaction, reset after each operation and renewed before the next: so the reads of
/// separate requests are done, each seeing what was committed before it, without allocating anew.
class LmdbSession {
 public:
  using Structure = Database;
  using Value = Value8;

  explicit LmdbSession(Database& database)
      : dbi_(database.dbi), transaction_(begin(database.environment.get(), MDB_RDONLY)) {
    MDB_cursor* cursor = nullptr;
    check(mdb_cursor_open(transaction_.get(), dbi_, &cursor));
    cursor_.reset(cursor);
    mdb_txn_reset(transaction_.get());
  }

  bool get(std::uint64_t key, Value& value) {
    MDB_val key_bytes = bytes_of(key);
    MDB_val value_bytes;
    if (mdb_txn_renew(transaction_.get()) != MDB_SUCCESS) return false;
    const bool found = mdb_get(transaction_.get(), dbi_, &key_bytes, &value_bytes) == MDB_SUCCESS;
    if (found) value = word_of(value_bytes);
    mdb_txn_reset(transaction_.get());
    return found;
  }
  void scan(std::uint64_t key, auto&& visit) {
    MDB_val key_bytes = bytes_of(key);
    MDB_val value_bytes;
    if (mdb_txn_renew(transaction_.get()) != MDB_SUCCESS) return;
    if (mdb_cursor_renew(transaction_.get(), cursor_.get()) == MDB_SUCCESS) {
      int error = mdb_cursor_get(cursor_.get(), &key_bytes, &value_bytes, MDB_SET_RANGE);
      while (error == MDB_SUCCESS && visit(word_of(value_bytes)))
        error = mdb_cursor_get(cursor_.get(), &key_bytes, &value_bytes, MDB_NEXT);
    }
    mdb_txn_reset(transaction_.get());
  }

 private:
  MDB_dbi dbi_;
  Transaction transaction_;
  Cursor cursor_;  ///< closed before its transaction ends
};

}  // namespace

void register_lmdb_peers() {
  Peer<LmdbSession>("lmdb", filled_database).get().get(2).scan();
}

}  // namespace upout::micro
