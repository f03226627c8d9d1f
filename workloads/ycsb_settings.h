#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/operation.h"
#include "kernel/scan_entry.h"
#include "platform/error.h"
#include "workloads/choosers.h"
#include "workloads/properties.h"
#include "workloads/random.h"
#include "workloads/ycsb_value.h"

namespace upout::workloads {

/// How records are picked, in YCSB's words.
enum class RequestDistribution : std::uint8_t { uniform, zipfian, latest, hotspot, exponential, sequential };

/// What distinguishes the workloads of YCSB from each other: the shares of the kinds of operation, and how
/// their records are picked.
struct YcsbMix {
  double reads = 0.95;
  double updates = 0.05;
  double inserts = 0;
  double read_modify_writes = 0;
  RequestDistribution distribution = RequestDistribution::uniform;
  double scans = 0;
  std::uint64_t longest_scan = 1000;

  /// Which records are picked depends on those that were added meanwhile.
  bool follows_inserts() const {
    return distribution == RequestDistribution::latest || distribution == RequestDistribution::exponential;
  }
  bool writes() const { return updates > 0 || inserts > 0 || read_modify_writes > 0; }
};

/// A YCSB workload, ready to run: what all of its properties come to. The defaults are YCSB's, but for the
/// number of records, which YCSB leaves to its user.
struct YcsbSettings {
  std::string name;
  std::uint64_t all_records = 1'000'000;   ///< recordcount; what follows is the part of them that is loaded
  std::uint64_t first_record = 0;          ///< insertstart
  std::uint64_t record_count = 1'000'000;  ///< insertcount
  RunLimits limits = {};                   ///< operationcount and maxexecutiontime
  std::size_t field_count = 10;
  std::size_t field_length = 100;    ///< of the longest field
  std::size_t min_field_length = 1;  ///< unless all have one length
  FieldLengthDistribution field_lengths = FieldLengthDistribution::constant;
  std::shared_ptr<const FieldLengthHistogram> length_histogram = nullptr;  ///< if they are spread so
  bool read_all_fields = true;
  bool write_all_fields = false;
  bool hashed_order = true;
  std::uint64_t min_scan_length = 1;
  std::uint64_t max_scan_length = 1000;
  bool zipfian_scan_lengths = false;                      ///< short ones most often; else uniform
  YcsbMix mix;                                            ///< its shares add up to 1
  double zipfian_constant = ZipfianRanks::default_theta;  ///< of the distributions zipfian and latest
  /// The share of requests for a record of the client's own: one of as many, one after the other, as there
  /// are for each client.
  double home_fraction = 0;
  double hot_data = HotspotChooser::default_data;
  double hot_operations = HotspotChooser::default_operations;
  double exponential_percentile = ExponentialDistances::default_percentile;
  double exponential_fraction = ExponentialDistances::default_fraction;

  FieldLengths lengths() const {
    return length_histogram != nullptr ? FieldLengths(length_histogram)
                                       : FieldLengths(field_lengths, min_field_length, field_length);
  }
  ValueFormat format() const { return {field_count, lengths()}; }

  /// Of the longest value that there may be: what buffers have room for.
  std::size_t longest_value_bytes() const { return field_count * field_length; }
  /// On average, over all records.
  std::size_t mean_value_bytes() const {
    return static_cast<std::size_t>(std::llround(static_cast<double>(field_count) * lengths().mean()));
  }

  /// What the longest scan returns; 0 if there are no scans.
  std::size_t scan_bytes() const {
    return mix.scans > 0 ? max_scan_length * kernel::scan_entry_bytes(longest_value_bytes()) : 0;
  }

  /// The name of the record-th that is loaded, counted from 0; what is added follows behind.
  std::uint64_t name_of(std::uint64_t record) const { return first_record + record; }

  /// The key of a record. `hashed`: a bijection, so that no two records can share a key (YCSB takes FNV-64,
  /// where two might).
  kernel::Key key_of(std::uint64_t record) const {
    return hashed_order ? mix64(name_of(record)) : name_of(record);
  }

  /// The number of the record that a worker's n-th insert adds, n counted from 0.
  std::uint64_t inserted_record(std::uint32_t worker, std::uint64_t workers, std::uint64_t n) const {
    return record_count + n * workers + worker;
  }
};

/// Properties over a preset. Fails at a property that is not known, or has a bad value; what YCSB knows and
/// has no effect here adds a warning.
platform::Expected<YcsbSettings> read_ycsb_settings(std::string_view name, const YcsbMix& preset,
                                                    const Properties& properties,
                                                    std::vector<std::string>& warnings);

/// The properties that have an effect, with their values, under YCSB's names; those that came later only if
/// they are not what documents from before have had.
nlohmann::json to_json(const YcsbSettings& settings);

}  // namespace upout::workloads
