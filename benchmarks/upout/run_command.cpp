#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/upout/command.h"
#include "benchmarks/upout/named_values.h"
#include "benchmarks/upout/results.h"
#include "benchmarks/upout/run_checks.h"
#include "benchmarks/upout/run_history.h"
#include "engines/shared_nothing/delayed_transport.h"
#include "harness/copy_checks.h"
#include "harness/hdr_log.h"
#include "harness/integrity.h"
#include "harness/interrupt.h"
#include "harness/load_checks.h"
#include "harness/plan.h"
#include "harness/preview.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/run.h"
#include "harness/run_limits.h"
#include "harness/table.h"
#include "platform/duration.h"

namespace upout {

namespace {

using engines::shared_nothing::longest_link_delay;
using engines::shared_nothing::MpiProcess;
using harness::longest_failure_timeout;
using platform::Expected;

const std::map<std::string, platform::PageKind> page_kinds{{"transparent", platform::PageKind::transparent},
                                                           {"2MiB", platform::PageKind::huge_2_mib},
                                                           {"1GiB", platform::PageKind::huge_1_gib}};

const std::map<std::string, engines::Durability> durabilities{{"none", engines::Durability::none},
                                                              {"async", engines::Durability::async},
                                                              {"sync", engines::Durability::sync}};

const std::map<std::string, engines::shared_nothing::Acknowledge> acknowledgements{
    {"none", engines::shared_nothing::Acknowledge::none},
    {"one", engines::shared_nothing::Acknowledge::one},
    {"quorum", engines::shared_nothing::Acknowledge::quorum},
    {"all", engines::shared_nothing::Acknowledge::all}};

const std::map<std::string, engines::shared_nothing::ReadFrom> readers{
    {"primary", engines::shared_nothing::ReadFrom::primary},
    {"any", engines::shared_nothing::ReadFrom::any},
    {"nearest", engines::shared_nothing::ReadFrom::nearest}};

const std::map<std::string, harness::ArrivalKind> arrival_kinds{{"poisson", harness::ArrivalKind::poisson},
                                                                {"uniform", harness::ArrivalKind::uniform}};

constexpr const char* examples = R"(
Examples:
  upout run --engine shared-memory --threads 2 --workload ycsb-c -p recordcount=1000000 --seconds 5 --json out.json
  mpirun -n 2 upout run --engine shared-nothing --workload ycsb-c -p recordcount=1000000 --seconds 5 --json out.json
  upout run --engine shared-nothing --transport ring --ranks 2 --workload ycsb-c -p recordcount=1000000
  mpirun -n 2 upout run --engine shared-nothing --workload ycsb-a --partitions 16 --rebalance cycle
  mpirun -n 2 --bind-to none upout run --engine shared-nothing --threads-per-rank 4 --workload ycsb-b
  mpirun -n 3 upout run --engine shared-nothing --clients 1 --depth 64 --workload ycsb-c
  mpirun -n 2 upout run --engine shared-nothing --link-delay 100us --depth 256 --workload ycsb-b
  mpirun -n 4 upout run --engine shared-nothing --records-per-worker 1000000 --workload ycsb-b
  mpirun -n 2 upout run --engine shared-nothing --read-path rma --workload ycsb-b
  upout run --engine shared-memory --threads 2 --rate 2M/s --arrivals poisson --workload ycsb-b
  upout run --engine shared-memory --threads 2 --goal p99=100us --workload ycsb-b
  upout run --engine shared-memory --threads 2 --profile bursts=200K,2M,1s,100ms --interval 50ms --workload ycsb-b
  upout run --engine shared-memory --threads 2 --precision 2% --budget 120 --workload ycsb-b
  upout run --engine shared-memory --threads 2 --workload ycsb-b --interval 100ms --hlog out.hlog
  upout run --engine shared-memory --threads 2 --workload ycsb-a -p writeallfields=true --history out.jsonl
  upout run --engine null --threads 2 --workload ycsb-c -p requestdistribution=uniform
  upout run --engine shared-memory --threads 8 --bind scatter --workload ycsb-c --dry-run
  upout run --engine shared-memory --threads 8 --placement islands --islands 4 --workload ycsb-b
  upout run --engine shared-memory --threads 2 --workload ycsb-multi --cross-partition 20 --concurrency-control serial
  upout run --engine shared-memory --threads 2 --workload ycsb-a --durability sync --log-folder /mnt/disk --depth 256
  mpirun -n 3 upout run --engine shared-nothing --replicas 2 --acknowledge all --workload ycsb-a
  mpirun -n 4 upout run --engine shared-nothing --clients 2 --regions "virginia 1ms; ireland 68ms 1ms" --home ireland --workload ycsb-b
  mpirun -n 4 --enable-recovery upout run --engine shared-nothing --replicas 3 --fault kill=2@1s --workload ledger --repetitions 1
  upout run --engine shared-memory --workload ycsb-a -P workloads/workloada -p requestdistribution=uniform

What is measured: the records are loaded, read back and checked; then each repetition warms up and counts the
operations that come back, or the transactions that commit, within its window; then every record is read back and checked again.
Each worker keeps --depth operations in flight (a closed loop), or, with --rate, --profile or --goal, they arrive at that
rate, however the engine is doing (an open loop), and their latency counts from when they arrive.
Exit status: 0 if it was measured and verified (of --engine null: measured), 1 if not, 2 if the options make no sense, 128 + N after signal N.)";

Expected<void> write_results(const RunCommand& command, const harness::RunRecord& record,
                             const nlohmann::json& document) {
  const bool is_printed = command.json == "-";
  fmt::print("{}", is_printed ? document.dump(2) + "\n" : harness::render_table(std::span(&document, 1)));
  Expected<void> written;
  if (!command.json.empty() && !is_printed) written = harness::write_document(document, command.json);
  if (!written || command.hlog.empty()) return written;
  return write_output("--hlog", command.hlog, harness::hdr_log(record));
}

/// The error of the first rank that has one, the same on all ranks; empty if none has.
std::string first_error(const Program& program, const platform::Error* error) {
  const std::string own = error == nullptr ? "" : error->to_string();
  return program.mpi == nullptr ? own : program.mpi->first_error(own);
}

template <class T>
const platform::Error* error_of(const Expected<T>& expected) {
  return expected ? nullptr : &expected.error();
}

void print_preview(const RunCommand& command, const workloads::Workload& workload, Program& program) {
  const auto preview = harness::preview(command.options, workload, program.mpi.get());
  if (const std::string error = first_error(program, error_of(preview)); !error.empty()) {
    return program.fail(error, exit_usage);
  }
  if (program.is_root()) fmt::print("{}", harness::render_preview(*preview));
}

void execute(RunCommand& command, Program& program) {
  Expected<void> checked = check_engine(command);
  if (checked && program.is_root()) checked = check_files(command);
  std::vector<std::string> warnings;
  Expected<std::unique_ptr<workloads::Workload>> workload =
      checked ? make_workload(command, program.mpi.get(), warnings) : tl::unexpected(checked.error());
  if (workload) {
    if (auto load = check_load(command, **workload); !load) workload = tl::unexpected(load.error());
  }
  if (workload) {
    const harness::RunOptions& options = command.options;
    auto limited = harness::limit(options.schedule,
                                  {.has_seconds = command.seconds_given,
                                   .open_by = harness::open_by(options),
                                   .moves_partitions = options.rebalance != "none"},
                                  **workload, warnings);
    if (limited) command.options.schedule = *limited;
    if (!limited) workload = tl::unexpected(limited.error());
  }
  if (workload) {
    harness::complete_load(command.options);
    if (auto measured = harness::check_measured(command.options); !measured)
      workload = tl::unexpected(measured.error());
  }
  if (workload) {
    if (auto index = check_index(command, **workload); !index) workload = tl::unexpected(index.error());
  }
  if (workload) {
    if (auto buffers = check_buffers(command, **workload); !buffers)
      workload = tl::unexpected(buffers.error());
  }
  Expected<std::unique_ptr<harness::RecordedWorkload>> recorded = nullptr;
  if (workload) {
    recorded = record_history(command, **workload);
    if (!recorded) workload = tl::unexpected(recorded.error());
  }
  if (const std::string error = first_error(program, error_of(workload)); !error.empty()) {
    return program.fail(error, exit_usage);
  }
  if (command.options.engine == "shared-nothing" && command.options.transport == "mpi" &&
      program.mpi == nullptr) {
    program.mpi = std::make_unique<MpiProcess>();
  }
  bool is_root = program.is_root();
  for (const std::string& warning : warnings) {
    if (is_root) fmt::print(stderr, "upout: warning: {}\n", warning);
  }
  if (command.dry_run) return print_preview(command, **workload, program);

  const harness::Interrupt interrupt;
  harness::Progress progress(harness::progress_mode_for(STDERR_FILENO, command.quiet || !is_root));
  const workloads::Workload& driven = *recorded == nullptr ? **workload : **recorded;
  Expected<harness::RunOutcome> outcome =
      harness::run(command.options, driven, program.mpi.get(), interrupt, progress);
  program.others_are_gone = outcome && outcome->ranks_are_gone;
  program.stands_in = outcome && outcome->is_root;
  const std::string failure = program.others_are_gone ? "" : first_error(program, error_of(outcome));
  if (!failure.empty()) return program.fail(failure, exit_usage);
  is_root = program.is_root();
  if (*recorded != nullptr) {
    if (const auto written = write_history(command, **recorded, program, *outcome); !written)
      program.fail(written.error().to_string(), exit_failed);
  }
  const harness::RunRecord& record = outcome->record;
  if (is_root && !record.repetitions.empty()) {
    nlohmann::json document = harness::make_document({record}, outcome->environment);
    if (!command.plan_sha256.empty()) harness::seal_for_plan(document, command.plan_sha256);
    if (const auto written = write_results(command, record, document); !written) {
      program.fail(written.error().to_string(), exit_failed);
    }
  }
  if (record.repetitions.empty() && !record.incomplete)
    return program.fail("nothing came back within a window: longer ones are needed (--seconds)", exit_failed);
  if (record.incomplete) {
    const char* kept =
        record.repetitions.empty() ? "nothing had been measured" : "kept what had been measured";
    const int signal = interrupt.signal() == 0 ? SIGTERM : interrupt.signal();
    program.fail(fmt::format("ended by a signal; {}", kept), exit_signalled + signal);
  } else if (record.verification.applies && !record.verification.passed()) {
    program.fail("the data did not verify: this is not a result", exit_failed);
  }
}

}  // namespace

void add_run_command(CLI::App& app, Program& program) {
  auto command = std::make_shared<RunCommand>();
  CLI::App* run = app.add_subcommand("run", "Measure one workload on one deployment");
  run->footer(examples);
  run->add_option("--engine", command->options.engine,
                  "shared-memory, shared-nothing, or null: no database, to see what the load generator costs")
      ->required();
  run->add_option("--workload", command->workload, "what to run; see `upout list`")->required();
  run->add_option("-P", command->property_files, "a property file, as YCSB has them; may be given again")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  run->add_option("-p", command->assignments, "one property, over those of files; may be given again")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  run->add_option("--records-per-worker", command->options.records_per_worker,
                  "the property recordcount for each worker that has data, so that these grow with the "
                  "deployment; without it, recordcount is of all")
      ->check(whole_number(1, 1'000'000'000));
  run->add_option_function<std::string>(
         "--cross-partition",
         [command](const std::string& percent) { command->crossing["crosspartition"] = percent; },
         "percent, 0 to 100, of the transactions that can, which touch more than one partition: the property "
         "crosspartition")
      ->type_name("PERCENT");
  run->add_option_function<std::string>(
         "--partitions-touched",
         [command](const std::string& count) { command->crossing["partitionstouched"] = count; },
         "by a transaction that crosses partitions, 2 or more, with ycsb-multi and tpcc: the property "
         "partitionstouched; of the other workloads, such a one touches 2")
      ->type_name("N");
  CLI::Option* threads = run->add_option("--threads", command->options.threads,
                                         "workers of the shared-memory engine, and of the null engine")
                             ->check(whole_number(1, 65536))
                             ->capture_default_str();
  run->add_option("--depth", command->options.depth,
                  "operations, or transactions, in flight on each worker; with --rate, at most so many")
      ->check(whole_number(1, 4096))
      ->capture_default_str();
  CLI::Option* rate =
      run->add_option_function<std::string>(
             "--rate",
             [command](const std::string& text) {
               command->options.load.per_second = *harness::parse_rate(text);
             },
             "operations that arrive in a second, over all workers, such as 2M/s: an open "
             "loop; at most --depth of them are in flight on a worker, and latency counts the "
             "time that others wait; without it, a closed loop")
          ->check(operation_rate());
  CLI::Option* arrivals =
      run->add_option("--arrivals", command->options.load.arrivals,
                      "how they arrive: poisson, independently of each other, or uniform, at equal intervals")
          ->transform(one_of(arrival_kinds))
          ->default_str("poisson");
  CLI::Option* profile =
      run->add_option_function<std::string>(
             "--profile",
             [command](const std::string& text) {
               command->options.load.profile = *harness::parse_profile(text);
             },
             "a rate that changes over each window, and the same again in the next one: ramp=100K..2M, "
             "steps=500K,1M,2M, or bursts=200K,2M,1s,100ms (the rate between them and in them, the period, "
             "how long one lasts); with a time series")
          ->check(load_profile());
  CLI::Option* goal =
      run->add_option_function<std::string>(
             "--goal",
             [command](const std::string& text) { command->options.goal = *harness::parse_goal(text); },
             "the rate is the highest that keeps a latency, such as p99=100us; it is searched for")
          ->check(latency_goal());
  run->add_option_function<std::string>(
         "--interval",
         [command](const std::string& text) {
           command->options.interval = *platform::parse_duration(text, harness::longest_interval);
         },
         "of a time series of each window in the document: throughput and latencies of each interval, such "
         "as 1s; without it there is one of --profile alone, each second or twentieth of a shorter window")
      ->check(duration_up_to(harness::longest_interval));
  run->add_option_function<std::string>(
         "--bind",
         [command](const std::string& text) { command->options.bind = *platform::Binding::parse(text); },
         "where the workers of a host go: cores, compact, scatter, smt, or a list of CPUs such as 0,2-5")
      ->check(worker_binding())
      ->default_str("cores");
  run->add_option("--index", command->options.index,
                  "hash, or ordered, which can scan; without it, what the workload needs")
      ->check(CLI::IsMember({"hash", "ordered"}));
  run->add_option(
         "--partitioning", command->options.partitioning,
         "of keys over partitions: by their hash, or in ranges, so that scans stay together; without "
         "it, by their hash, and in ranges for transactions")
      ->check(CLI::IsMember({"hash", "range"}));
  run->add_option(
         "--concurrency-control", command->options.concurrency_control,
         "how transactions are kept apart: occ, without locks until they commit, or serial, one at a "
         "time on a partition; without it, occ")
      ->check(CLI::IsMember({"occ", "serial"}));
  CLI::Option* durability =
      run->add_option("--durability", command->options.durability,
                      "when a change is safe from a crash: never (none), some milliseconds after it is "
                      "acknowledged (async), or before (sync); each rank under mpirun has a log of its own")
          ->transform(one_of(durabilities))
          ->default_str("none");
  CLI::Option* log_folder =
      run->add_option(
             "--log-folder", command->options.log_folder,
             "on whose disk the log, or each rank's, gets a folder of its own, which is gone when the "
             "run is over")
          ->default_str(".");
  CLI::Option* replicas =
      run->add_option(
             "--replicas", command->options.copies.copies,
             "copies of each partition of the shared-nothing engine, the one that is served among them; "
             "a rank that dies is followed by others, as long as a majority of all is left")
          ->check(whole_number(1, 16))
          ->capture_default_str();
  CLI::Option* acknowledge =
      run->add_option(
             "--acknowledge", command->options.copies.acknowledge,
             "how many other copies have a change before whoever asked for it is answered: none, one, "
             "a majority with the one that is served (quorum), or all that are in sync")
          ->transform(one_of(acknowledgements))
          ->default_str("all");
  CLI::Option* read_from =
      run->add_option(
             "--read-from", command->options.copies.read_from,
             "which copy is asked for a record: the one that is served (primary), each in turn (any), or "
             "one on the client's own rank or host, or in the nearest region (nearest); backups may be "
             "behind, and results say "
             "by how much")
          ->transform(one_of(readers))
          ->default_str("primary");
  CLI::Option* heartbeat = run->add_option_function<std::string>(
                                  "--heartbeat",
                                  [command](const std::string& text) {
                                    command->options.heartbeat =
                                        *platform::parse_duration(text, longest_failure_timeout);
                                  },
                                  "how often ranks with copies say that they are there; 1 ms or more")
                               ->check(duration_up_to(longest_failure_timeout))
                               ->default_str("10ms");
  CLI::Option* failure_timeout =
      run->add_option_function<std::string>(
             "--failure-timeout",
             [command](const std::string& text) {
               command->options.failure_timeout = *platform::parse_duration(text, longest_failure_timeout);
             },
             "after how much silence a rank is taken for dead; at least three heartbeats")
          ->check(duration_up_to(longest_failure_timeout))
          ->default_str("60ms");
  CLI::Option* fault =
      run->add_option_function<std::string>(
             "--fault",
             [command](const std::string& text) { command->options.faults = *harness::parse_faults(text); },
             "what is done to ranks in the first repetition, from its window's beginning on: kill=2@1s, "
             "stop=2@1s+500ms, cut=2@1s+500ms (all its links) or slow=2@1s+500ms:5ms, or several after "
             "commas; "
             "with --workload ledger. Give mpirun --enable-recovery, so that it leaves the others alone")
          ->type_name("FAULTS")
          ->check(faults());
  CLI::Option* partitions = run->add_option("--partitions", command->options.partitions,
                                            "of the shared-nothing engine's data, at least one a rank that "
                                            "is no client; without it, one each")
                                ->check(whole_number(1, 65536));
  CLI::Option* batch_bytes =
      run->add_option("--batch-bytes", command->options.batching.bytes,
                      "so full, a message between ranks goes out, although its client has more to add")
          ->check(whole_number(1, 1 << 20))
          ->capture_default_str();
  CLI::Option* batch_turns =
      run->add_option("--batch-turns", command->options.batching.turns,
                      "and so many turns of its worker old, some hundred nanoseconds each")
          ->check(whole_number(1, 1 << 20))
          ->capture_default_str();
  run->add_option("--rebalance", command->options.rebalance,
                  "cycle: in the middle of each repetition a partition, each in its turn, moves to the next "
                  "rank while all are at work; what that costs is in the document")
      ->check(CLI::IsMember({"none", "cycle"}))
      ->capture_default_str();
  CLI::Option* placement =
      run->add_option("--placement", command->options.placement,
                      "where the shared-memory engine's data lie; see `upout list placements`")
          ->check(placement_name())
          ->capture_default_str();
  CLI::Option* islands =
      run->add_option(
             "--islands", command->options.islands,
             "groups of its workers, for the placements that make use of them; without it, one for each NUMA "
             "node that has workers")
          ->check(whole_number(1, 65536));
  CLI::Option* pages =
      run->add_option("--pages", command->options.pages,
                      "that its data are asked to lie in: transparent, or reserved huge ones, 2MiB or 1GiB")
          ->transform(one_of(page_kinds))
          ->default_str("transparent");
  CLI::Option* transport =
      run->add_option(
             "--transport", command->options.transport,
             "what carries the messages of the shared-nothing engine: mpi, or ring, between ranks that are "
             "threads of one process")
          ->check(CLI::IsMember({"mpi", "ring"}))
          ->capture_default_str();
  CLI::Option* read_path =
      run->add_option(
             "--read-path", command->options.read_path,
             "how the shared-nothing engine's clients read what another rank has: request, or rma, out "
             "of its memory and without its help (MPI one-sided)")
          ->check(CLI::IsMember({"request", "rma"}))
          ->capture_default_str();
  CLI::Option* ranks =
      run->add_option("--ranks", command->options.ranks, "ranks that are threads (--transport ring)")
          ->check(whole_number(1, 65536))
          ->capture_default_str();
  CLI::Option* threads_per_rank =
      run->add_option("--threads-per-rank", command->options.threads_per_rank,
                      "workers of each rank of the shared-nothing engine, over the partitions that it owns")
          ->check(whole_number(1, 1024))
          ->capture_default_str();
  CLI::Option* clients =
      run->add_option("--clients", command->options.clients,
                      "ranks, the last ones, that have no data and alone generate the load that is measured; "
                      "the others only serve; 0: all do both")
          ->check(whole_number(0, 65535))
          ->capture_default_str();
  CLI::Option* link_delay =
      run->add_option_function<std::string>(
             "--link-delay",
             [command](const std::string& text) {
               command->options.link_delay = *platform::parse_duration(text, longest_link_delay);
             },
             "latency to be added to each message between ranks, such as 100us; such a figure is never "
             "publishable")
          ->check(duration_up_to(longest_link_delay));
  CLI::Option* region_rows =
      run->add_option_function<std::string>(
             "--regions",
             [command](const std::string& text) {
               command->options.regions = *platform::Regions::parse(text);
             },
             "which ranks are far from each other, such as \"virginia 1ms; ireland 68ms 1ms\": in each row a "
             "name, and the round-trip times to the regions before it and within it. Ranks are dealt out in "
             "blocks, those with data and --clients each for themselves; messages between them are late "
             "while it is measured, and results say what each region waited")
          ->type_name("ROWS")
          ->check(regions());
  CLI::Option* home =
      run->add_option("--home", command->options.home,
                      "the region whose ranks have all partitions, or of copies the one that is served; "
                      "without it, all regions");
  run->add_flag("--oversubscribe", command->options.oversubscribe,
                "allow more workers than places for them; such a figure is never publishable");
  CLI::Option* seconds =
      run->add_option("--seconds", command->options.schedule.seconds,
                      "measured in all, shared by the repetitions; without it, YCSB's properties "
                      "operationcount (so many operations in all) and maxexecutiontime (seconds at most) end "
                      "the run, if they are given")
          ->check(seconds_between(0.001, 1e6))
          ->capture_default_str();
  run->add_option("--repetitions", command->options.schedule.repetitions,
                  "measured windows; fewer than 6 have no 95 % interval; with --precision, at the least")
      ->check(whole_number(1, 10000))
      ->capture_default_str();
  run->add_option_function<std::string>(
         "--precision",
         [command](const std::string& text) {
           command->options.schedule.precision.half_width = *harness::parse_precision(text);
         },
         "go on with repetitions of the same length until the 95 % interval of the median is within so much "
         "of "
         "it, such as 5%; at most --max-repetitions, or ten times --repetitions if no limit is given")
      ->check(precision());
  run->add_option("--max-repetitions", command->options.schedule.precision.most_repetitions,
                  "after which --precision is given up; without it, --budget alone is the limit")
      ->check(whole_number(1, 100'000));
  run->add_option("--budget", command->options.schedule.precision.budget_seconds,
                  "seconds after which no repetition for the sake of --precision is begun, counted from the "
                  "first one, warm-ups too")
      ->check(seconds_between(0.001, 1e6));
  run->add_option("--warmup", command->options.schedule.warmup_seconds,
                  "seconds before each repetition that do not count")
      ->check(seconds_between(0, 1e6))
      ->capture_default_str();
  run->add_option("--seed", command->options.seed, "of all random choices")
      ->check(whole_number(0, UINT64_MAX))
      ->capture_default_str();
  run->add_option("--json", command->json,
                  "write the result document here; - for stdout in place of the table")
      ->type_name("FILE");
  run->add_option("--hlog", command->hlog,
                  "write the latencies of each --interval, or repetition, here, for HdrHistogram's tools")
      ->type_name("FILE");
  run->add_option("--history", command->history,
                  "write what each operation did and saw here, one JSON object a line, for checkers of "
                  "linearizability; such a figure is never publishable")
      ->type_name("FILE");
  CLI::Option* history_operations =
      run->add_option("--history-operations", command->history_operations,
                      "of each worker, for which the history has room; it ends when the first has no more")
          ->check(whole_number(1, 10'000'000))
          ->capture_default_str();
  run->add_option("--id", command->options.id, "the run's name in the document");
  run->add_option("--plan", command->plan, "what it is a point of: the document gets that file's hash");
  run->add_flag("--dry-run", command->dry_run,
                "show the deployment and where each worker is to be; measure and write nothing");
  run->add_flag("--quiet", command->quiet, "no progress on stderr");
  rate->excludes(profile);
  goal->excludes(rate)->excludes(profile);
  run->callback([command, threads, durability, log_folder, replicas, acknowledge, read_from, heartbeat,
                 failure_timeout, fault, batch_bytes, batch_turns, partitions, placement, islands, pages,
                 transport, ranks, threads_per_rank, clients, link_delay, region_rows, home, read_path,
                 arrivals, seconds, history_operations, &program] {
    command->threads_given = threads->count() > 0;
    command->durability_given = durability->count() + log_folder->count() > 0;
    command->copies_given = replicas->count() + acknowledge->count() + read_from->count() +
                                heartbeat->count() + failure_timeout->count() + fault->count() >
                            0;
    command->placement_given = placement->count() + islands->count() + pages->count() > 0;
    command->transport_given = transport->count() > 0;
    command->ranks_given = ranks->count() > 0;
    command->threads_per_rank_given = threads_per_rank->count() > 0;
    command->clients_given = clients->count() > 0;
    command->partitions_given = partitions->count() > 0;
    command->batching_given = batch_bytes->count() + batch_turns->count() > 0;
    command->link_delay_given = link_delay->count() > 0;
    command->regions_given = region_rows->count() + home->count() > 0;
    command->read_path_given = read_path->count() > 0;
    command->arrivals_given = arrivals->count() > 0;
    command->seconds_given = seconds->count() > 0;
    command->history_operations_given = history_operations->count() > 0;
    command->options.logs_latencies = !command->hlog.empty();
    try {
      execute(*command, program);
    } catch (const std::exception& error) {
      fmt::print(stderr, "upout: {}\n", error.what());
      // The other ranks wait for this one; unwinding would wait for them.
      if (program.mpi != nullptr && program.mpi->size() > 1) MpiProcess::abort_all(exit_failed);
      program.status = exit_failed;
    }
  });
}

}  // namespace upout
