#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engines/shared_nothing/engine.h"
#include "platform/error.h"
#include "platform/topology.h"

namespace upout::mpi_micro {

struct Settings {
  double seconds = 0.5;
  unsigned records = 10'000'000;
  unsigned depth = 64;
  bool one_sided = false;  ///< a second engine, out of whose ranks' memory is read
};

/// Something that both ranks measure together; the figure is the first one's.
struct Measurement {
  std::string name;
  const char* unit;
  std::function<double()> measure;  ///< collective
};

/// Two ranks with half of the records each, one rank alone with all of them, and raw MPI. Made and used by
/// both ranks together.
class Bench {
 public:
  static platform::Expected<std::unique_ptr<Bench>> create(const Settings& settings);

  /// In the order in which they have to be made: raw messages are as large as the engine's before them.
  std::vector<Measurement> measurements();
  /// Remote reads at saturation, by when messages go out.
  std::vector<Measurement> batching_sweep();
  /// Remote reads, asked for and one-sided. Needs `Settings::one_sided`.
  std::vector<Measurement> read_paths();
  /// Reads of this rank that did not find their record.
  std::uint64_t failed() const { return failed_; }

 private:
  using Engine = engines::shared_nothing::Engine;
  using OneSidedEngine = engines::shared_nothing::OneSidedEngine;
  /// Which records a client reads.
  enum class Reads { all, own, others };

  explicit Bench(const Settings& settings) : settings_(settings) {}

  template <class E>
  void load(E& engine) const;
  template <class E>
  double rate_of_reads(E& engine, Reads reads);
  double rate_alone();
  template <class E>
  double round_trip_of_reads(E& engine);
  double gets_a_read() const;
  double reads_a_round() const;
  double round_trip_of_raw_messages() const;
  double rate_of_engines_messages();
  double rate_with(const engines::shared_nothing::Batching& batching);
  double rate_of_raw_messages();
  unsigned round_trips() const;

  Settings settings_;
  int rank_ = 0;
  std::unique_ptr<platform::Topology> topology_;
  std::unique_ptr<Engine> together_;
  std::unique_ptr<OneSidedEngine> one_sided_;  ///< null: not asked for
  std::unique_ptr<Engine> alone_;              ///< the first rank's
  std::size_t mean_message_bytes_ = 0;
  double messages_a_second_ = 0;  ///< of both ranks
  std::uint64_t failed_ = 0;
};

}  // namespace upout::mpi_micro
