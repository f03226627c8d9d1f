# Libraries that upout-micro compares with where they are wanted: target upout_peers. Nothing else links them.

# libcds by its files: the configuration that Debian packages with it names a library that is not there.
find_path(LIBCDS_INCLUDE_DIR cds/init.h)
find_library(LIBCDS_LIBRARY cds)
pkg_check_modules(LMDB QUIET IMPORTED_TARGET lmdb)
pkg_check_modules(ROCKSDB QUIET IMPORTED_TARGET rocksdb)

set(missing "")
if(NOT LIBCDS_INCLUDE_DIR OR NOT LIBCDS_LIBRARY)
  list(APPEND missing libcds-dev)
endif()
if(NOT LMDB_FOUND)
  list(APPEND missing liblmdb-dev)
endif()
if(NOT ROCKSDB_FOUND)
  list(APPEND missing librocksdb-dev)
endif()
if(missing)
  list(JOIN missing " " missing)
  message(FATAL_ERROR "UPOUT_PEERS needs what Debian packages as: ${missing}. ./bootstrap peers installs it.")
endif()

add_library(upout_peers INTERFACE)
target_include_directories(upout_peers SYSTEM INTERFACE ${LIBCDS_INCLUDE_DIR})
target_link_libraries(upout_peers INTERFACE ${LIBCDS_LIBRARY} PkgConfig::LMDB PkgConfig::ROCKSDB)
