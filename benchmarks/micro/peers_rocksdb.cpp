#include <endian.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/table.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "keys.h"
#include "peers.h"
#include "registry.h"

namespace upout::micro {

namespace {

void check(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error("RocksDB: " + status.ToString());
}

rocksdb::Slice bytes_of(const std::uint64_t& word) {
  return {reinterpret_cast<const char*>(&word), sizeof word};
}

Value8 word_of(const rocksdb::Slice& bytes) {
  Value8 word = 0;
  std::memcpy(&word, bytes.data(), sizeof word);
  return word;
}

/// Nothing touches a disk: the files are an environment's in memory. Blocks are kept uncompressed in a cache
/// that holds all of them, found by hash within a block for the gets' sake. Nothing runs beside the reads: no
/// statistics, and no compaction as nothing is written. (The plain table format, meant for data in memory,
/// wants files that can be mapped, which these can't.)
rocksdb::Options options(rocksdb::Env* memory) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(std::size_t{2} << 30);
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;

  rocksdb::Options options;
  options.create_if_missing = true;
  options.env = memory;
  options.compression = rocksdb::kNoCompression;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

/// The environment outlives the database.
struct Database {
  std::unique_ptr<rocksdb::Env> memory;
  std::unique_ptr<rocksdb::DB> db;
};

/// Loaded in key order without a log, then compacted to one sorted run: a get looks into one file. The walk
/// over all records brings every block into the cache.
Database filled_database() {
  Database database{std::unique_ptr<rocksdb::Env>(rocksdb::NewMemEnv(rocksdb::Env::Default())), nullptr};
  rocksdb::DB* opened = nullptr;
  check(rocksdb::DB::Open(options(database.memory.get()), "/upout-micro", &opened));
  database.db.reset(opened);

  rocksdb::WriteOptions unlogged;
  unlogged.disableWAL = true;
  for (const auto& [key, value] : sorted_records()) {
    const std::uint64_t big_endian = htobe64(key);
    check(opened->Put(unlogged, bytes_of(big_endian), bytes_of(value)));
  }
  check(opened->Flush({}));
  check(opened->CompactRange({}, nullptr, nullptr));

  const std::unique_ptr<rocksdb::Iterator> all(opened->NewIterator({}));
  for (all->SeekToFirst(); all->Valid(); all->Next()) {
  }
  check(all->status());
  return database;
}

/// Gets into a pinned slice, which points into the block instead of copying. Keys are stored with their upper
/// byte first, so that the order of bytes is that of numbers.
class RocksdbSession {
 public:
  using Structure = Database;
  using Value = Value8;

  explicit RocksdbSession(Database& database)
      : db_(*database.db), iterator_(db_.NewIterator(rocksdb::ReadOptions())) {}

  bool get(std::uint64_t key, Value& value) {
    pinned_.Reset();
    const std::uint64_t big_endian = htobe64(key);
    if (!db_.Get(read_options_, db_.DefaultColumnFamily(), bytes_of(big_endian), &pinned_).ok()) return false;
    value = word_of(pinned_);
    return true;
  }
  /// The iterator is refreshed, not made anew: each scan sees what was written before it.
  void scan(std::uint64_t key, auto&& visit) {
    const std::uint64_t big_endian = htobe64(key);
    if (!iterator_->Refresh().ok()) return;
    iterator_->Seek(bytes_of(big_endian));
    while (iterator_->Valid() && visit(word_of(iterator_->value()))) iterator_->Next();
  }

 private:
  rocksdb::DB& db_;
  const rocksdb::ReadOptions read_options_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  rocksdb::PinnableSlice pinned_;
};

}  // namespace

void register_rocksdb_peers() {
  Peer<RocksdbSession>("rocksdb", filled_database).get().get(2).scan();
}

}  // namespace upout::micro
