#include "harness/plan.h"

#include <fmt/format.h>
#include <xxhash.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "harness/generators.h"
#include "harness/load_checks.h"
#include "harness/plan_file.h"
#include "harness/plan_places.h"
#include "harness/run_limits.h"
#include "platform/data_folder.h"
#include "platform/regions.h"
#include "platform/text_file.h"
#include "workloads/registry.h"
#include "workloads/transactions.h"

namespace upout::harness {

namespace {

using platform::Expected;
namespace fs = std::filesystem;

constexpr std::array known_engines = {
    EngineForm{.name = "shared-memory",
               .size_key = "threads",
               .description = "one process; --threads workers that all reach one store",
               .size_letter = 't',
               .has_ranks = false},
    EngineForm{.name = "shared-nothing",
               .size_key = "ranks",
               .description = "ranks, each with a partition of its own: processes that mpirun or srun "
                              "starts, or --ranks threads",
               .size_letter = 'r',
               .has_ranks = true},
    EngineForm{.name = "null",
               .size_key = "threads",
               .description = "no database: every operation is done at once, which shows what load generator "
                              "and recorder cost; never a result",
               .size_letter = 't',
               .has_ranks = false,
               .keeps_records = false},
};

/// More than anyone would wait for; a slip in a list should not fill the memory.
constexpr std::size_t most_points = 100'000;

/// The values that a key may have, and one value for each key.
using Axis = std::pair<std::string, std::vector<Choice>>;
using Assignment = std::map<std::string, Choice>;

/// Of a plan, or of a property file that it names. toml++ goes into tables recursively, of which a name with
/// many dots makes as many.
constexpr std::size_t most_text_bytes = std::size_t{64} << 10;

Expected<std::string> read_text(const std::string& path) {
  return platform::read_text_file(path, most_text_bytes, path, "a file that can be read");
}

Expected<std::string> locate(const std::string& path) {
  std::error_code error;
  if (fs::exists(path, error)) return path;
  const auto plans = suite_plans();
  if (!plans)
    return platform::unexpected(path, "no such file",
                                "a plan (TOML); the suite's own are not there: " + plans.error().to_string());
  std::vector<std::string> names;
  for (const PlanEntry& plan : *plans) {
    if (plan.name == path) return plan.path;
    names.push_back(plan.name);
  }
  return platform::unexpected(
      path, "no such file",
      fmt::format("a plan (TOML), or one of the suite's own: {}", fmt::join(names, ", ")));
}

std::vector<Choice> sizes(const std::vector<Choice>& choices, unsigned most) {
  const bool is_scale = choices.front().value == scale_keyword;
  if (!is_scale && choices.front().value != cores_keyword) return choices;
  std::vector<Choice> result;
  for (unsigned n = 1; is_scale && n < most; n *= 2)
    result.push_back({std::to_string(n), choices.front().line});
  result.push_back({std::to_string(most), choices.front().line});
  return result;
}

unsigned as_number(const std::string& digits) {
  unsigned value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

/// Lower-case letters, digits and '-' alone, for an id is a file's name too.
std::string slug(std::string_view text) {
  std::string result;
  for (const char c : text)
    result += std::isalnum(static_cast<unsigned char>(c)) != 0 ? char(std::tolower(c)) : '-';
  return result;
}

/// Everything that makes the point what it is, in one order; the property file's text, not its path.
std::string canonical(const Point& point, std::string_view properties_text) {
  std::string result =
      fmt::format("engine={}\n{}={}\noversubscribe={}\nworkload={}\n", point.engine->name,
                  point.engine->size_key, point.workers, point.oversubscribe, point.workload);
  for (const auto& [key, value] : point.options) result += fmt::format("{}={}\n", key, value);
  for (const auto& property : point.properties)
    result += fmt::format("{}{}={}\n", property_prefix, property.name, property.value);
  return result + fmt::format("properties_file={}\n", properties_text);
}

std::string id_of(const Point& point, std::string_view canonical_form) {
  const auto depth = point.options.find("depth");
  // 48 of the hash's bits: among ten thousand points two would share them once in five million plans.
  const auto hash = XXH64(canonical_form.data(), canonical_form.size(), 0) >> 16U;
  const std::string threads =
      point.threads_per_rank() == 1 ? "" : fmt::format("t{}", point.threads_per_rank());
  const auto clients = point.options.find("clients");
  const std::string load =
      clients == point.options.end() || clients->second == "0" ? "" : "c" + clients->second;
  return fmt::format("{}-{}{}{}{}-{}{}-{:012x}", point.engine->name, point.engine->size_letter, point.workers,
                     threads, load, slug(point.workload),
                     depth == point.options.end() ? "" : "-d" + depth->second, hash);
}

std::string times_threads(const Point& point) {
  return point.threads_per_rank() == 1
             ? ""
             : fmt::format(" times threads_per_rank = {}", point.threads_per_rank());
}

const EngineForm& form_of(std::string_view engine) {
  return *std::ranges::find(known_engines, engine, &EngineForm::name);
}

bool is_size_key(std::string_view key) {
  return std::ranges::find(known_engines, key, &EngineForm::size_key) != known_engines.end();
}

bool is_of_ranks(std::string_view key) {
  constexpr std::array keys{"transport",   "clients",   "threads_per_rank", "read_path",       "link_delay",
                            "partitions",  "rebalance", "batch_bytes",      "batch_turns",     "replicas",
                            "acknowledge", "read_from", "heartbeat",        "failure_timeout", "fault",
                            "regions",     "home"};
  return std::ranges::find(keys, key) != keys.end();
}

bool is_of_shared_memory(std::string_view key) {
  constexpr std::array keys{"placement", "islands"};
  return std::ranges::find(keys, key) != keys.end();
}

/// Where its data lie is a choice of the shared-memory engine alone; which rank has what, and what carries
/// messages, and for how long, one of ranks.
bool concerns(const EngineForm& engine, std::string_view key) {
  if (is_of_ranks(key)) return engine.has_ranks;
  if (is_of_shared_memory(key)) return !engine.has_ranks && engine.keeps_records;
  return engine.keeps_records || (key != "index" && key != "partitioning" && key != "concurrency_control" &&
                                  key != "durability" && key != "log_folder");
}

/// Whose points have a key that not all have.
std::string_view whose(std::string_view key) {
  if (is_of_ranks(key)) return "shared-nothing alone";
  if (is_of_shared_memory(key)) return "shared-memory alone";
  return "an engine with records";
}

/// Whether some of a block's workers are processes, which may be on several nodes.
bool is_of_processes(const Settings& settings, const EngineForm& engine) {
  const auto transport = settings.find("transport");
  return engine.has_ranks &&
         (transport == settings.end() ||
          std::ranges::find(transport->second, "mpi", &Choice::value) != transport->second.end());
}

/// What a point of this engine can be varied by. The workload changes slowest and the size fastest, so that a
/// report's lines fill one after the other.
std::vector<Axis> axes_of(const Settings& settings, const EngineForm& engine, const Places& places) {
  std::vector<Axis> axes = {*settings.find("workload")};
  for (const auto& axis : settings)
    if (!is_size_key(axis.first) && axis.first != "engine" && axis.first != "workload" &&
        concerns(engine, axis.first))
      axes.emplace_back(axis.first,
                        axis.first == "islands" ? sizes(axis.second, places.node.cores) : axis.second);
  const auto size = settings.find(std::string(engine.size_key));
  axes.emplace_back(
      size->first, sizes(size->second, is_of_processes(settings, engine) ? places.ranks : places.node.cores));
  return axes;
}

/// How many combinations the axes have; no more than `limit` + 1.
std::size_t combinations_of(const std::vector<Axis>& axes, std::size_t limit) {
  std::size_t product = 1;
  for (const Axis& axis : axes) product = std::min(limit + 1, product * axis.second.size());
  return product;
}

Assignment combination(const std::vector<Axis>& axes, std::size_t number) {
  Assignment values;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    values[axis->first] = axis->second[number % axis->second.size()];
    number /= axis->second.size();
  }
  return values;
}

/// How many of a point's workers generate load.
unsigned generators_of(const Point& point) {
  const auto clients = point.options.find("clients");
  return Generators(static_cast<unsigned>(point.all_workers()),
                    clients == point.options.end() ? 0 : as_number(clients->second), point.threads_per_rank())
      .count();
}

/// How many partitions a point's engine has for transactions.
std::uint32_t stores_of(const Point& point) {
  if (!point.engine->has_ranks) return 1;
  if (const auto own = point.options.find("partitions"); own != point.options.end())
    return as_number(own->second);
  const auto clients = point.options.find("clients");
  return point.workers - (clients == point.options.end() ? 0 : as_number(clients->second));
}

/// 0: the combination says nothing of it.
unsigned number_of(const Assignment& values, std::string_view key) {
  const auto found = values.find(std::string(key));
  return found == values.end() ? 0 : as_number(found->second.value);
}

/// Workers that are no clients.
unsigned with_data(const Assignment& values, const EngineForm& engine) {
  const unsigned size = number_of(values, engine.size_key);
  return size - std::min(size, number_of(values, "clients"));
}

/// Each has ranks with data, and clients if there are some.
bool fits_regions(const Assignment& values, const EngineForm& engine) {
  const auto rows = values.find("regions");
  if (rows == values.end() || !engine.has_ranks) return true;
  const std::size_t regions =
      platform::Regions::parse(rows->second.value).value_or(platform::Regions()).size();
  const unsigned clients = number_of(values, "clients");
  return with_data(values, engine) >= regions && (clients == 0 || clients >= regions);
}

/// Combinations with more islands than workers, no rank that is not a client, fewer of these than copies, or
/// regions without ranks, are left out: there is no such deployment.
bool is_deployment(const Assignment& values, const EngineForm& engine) {
  const unsigned holders = with_data(values, engine);
  return number_of(values, "islands") <= number_of(values, engine.size_key) && holders != 0 &&
         number_of(values, "replicas") <= holders && fits_regions(values, engine);
}

/// What some of the combinations have, although all are left out.
struct Fitting {
  bool servers = false;  ///< ranks with data
  bool regions = false;  ///< ranks enough for the regions
};
/// What is wrong with them.
tl::unexpected<platform::Error> no_deployment(std::string where, const EngineForm& engine, Fitting some) {
  if (!engine.has_ranks)
    return platform::unexpected(std::move(where), "more islands than threads",
                                "at most as many islands as threads in some combination");
  if (!some.servers)
    return platform::unexpected(std::move(where), "as many clients as ranks",
                                "fewer clients than ranks in some combination");
  if (!some.regions)
    return platform::unexpected(std::move(where), "more regions than ranks that have data, or than clients",
                                "at least one of each for each region in some combination");
  return platform::unexpected(std::move(where), "more replicas than ranks that have data",
                              "at most as many replicas as ranks that are no clients in some combination");
}

/// Faults that none of the points has which should: those without copies are measured without them.
Expected<void> check_faults(std::string_view path, const Settings& settings, std::span<const Point> points) {
  const auto faults = settings.find("fault");
  if (faults == settings.end() || std::ranges::any_of(points, &Point::has_faults)) return {};
  return platform::unexpected(fmt::format("{}:{}", path, faults->second.front().line),
                              "faults, and no point with copies",
                              "replicas = 2 or more in some combination: without copies nothing is left to "
                              "measure");
}

/// Multiplies the blocks of a plan file out into points.
class PointBuilder {
 public:
  PointBuilder(std::string path, const Places& places) : path_(std::move(path)), places_(places) {}

  Expected<void> add(const Settings& defaults, const PointBlock& block);
  std::vector<Point> take_points() { return std::move(points_); }
  std::vector<std::string> take_warnings() { return std::move(warnings_); }

 private:
  std::string at(unsigned line) const { return fmt::format("{}:{}", path_, line); }

  Expected<void> check_sizes(const Settings& merged, const PointBlock& block) const;
  Expected<void> add_point(const Assignment& values, unsigned line, const EngineForm& engine);
  Point make_point(const Assignment& values, unsigned line, const EngineForm& engine) const;
  Expected<std::string> properties_text(const Point& point, const Assignment& values) const;
  Expected<void> check_room(const Point& point, const Assignment& values);
  Expected<void> check_ranks(const Point& point, const Assignment& values) const;
  Expected<std::string> check_workload(const Point& point, const Assignment& values);
  void warn(std::span<const std::string> warnings);
  Expected<void> check_load(const Point& point, const workloads::Workload& workload,
                            const Assignment& values) const;
  Expected<void> check_limits(const Point& point, const workloads::Workload& workload,
                              const Assignment& values);
  Expected<void> check_transactions(const Point& point, const workloads::Workload& workload,
                                    const Assignment& values) const;

  std::string path_;
  Places places_;
  std::vector<Point> points_;
  std::vector<std::string> warnings_;
  std::map<std::string, std::string> seen_;  ///< canonical form -> where
  std::map<std::string, Room> rooms_;        ///< by binding, of which a list may be long
};

Expected<void> PointBuilder::add(const Settings& defaults, const PointBlock& block) {
  Settings settings = block.settings;
  settings.insert(defaults.begin(), defaults.end());
  if (!settings.contains("engine"))
    return platform::unexpected(at(block.line), "a point without an engine",
                                "engine = \"shared-memory\" or \"shared-nothing\"");
  if (!settings.contains("workload"))
    return platform::unexpected(at(block.line), "a point without a workload",
                                "workload = \"NAME\" here or in [defaults]");
  if (auto fit = check_sizes(settings, block); !fit) return fit;

  const std::size_t before_block = points_.size();
  for (const Choice& engine : settings.at("engine")) {
    const std::vector<Axis> axes = axes_of(settings, form_of(engine.value), places_);
    const std::size_t combinations = combinations_of(axes, most_points);
    if (points_.size() + combinations > most_points)
      return platform::unexpected(at(block.line), "lists that multiply to too many points",
                                  fmt::format("at most {} in a plan", most_points));
    const std::size_t before = points_.size();
    Fitting some;
    for (std::size_t n = 0; n < combinations; ++n) {
      const Assignment values = combination(axes, n);
      some.servers |= with_data(values, form_of(engine.value)) != 0;
      some.regions |= fits_regions(values, form_of(engine.value));
      if (!is_deployment(values, form_of(engine.value))) continue;
      if (auto added = add_point(values, block.line, form_of(engine.value)); !added) return added;
    }
    if (points_.size() == before) return no_deployment(at(block.line), form_of(engine.value), some);
  }
  return check_faults(path_, block.settings, std::span(points_).subspan(before_block));
}

/// Each engine needs its size. One of an engine that is not meant may stand in [defaults], but not in the
/// point.
Expected<void> PointBuilder::check_sizes(const Settings& merged, const PointBlock& block) const {
  const std::vector<Choice>& engines = merged.at("engine");
  for (const EngineForm& form : known_engines) {
    const std::string key(form.size_key);
    const bool meant = std::ranges::find(engines, form.name, &Choice::value) != engines.end();
    const bool is_taken = std::ranges::find(engines, form.size_key, [](const Choice& engine) {
                            return form_of(engine.value).size_key;
                          }) != engines.end();
    if (meant && !merged.contains(key))
      return platform::unexpected(at(block.line), fmt::format("a {} point without '{}'", form.name, key),
                                  fmt::format("{} = a number, a list, \"scale\" or \"cores\"", key));
    if (const auto own = block.settings.find(key); !is_taken && own != block.settings.end())
      return platform::unexpected(
          at(own->second.front().line), fmt::format("'{}' with engine {}", key, engines.front().value),
          fmt::format("'{}' ('{}' belongs to {})", form_of(engines.front().value).size_key, key, form.name));
  }
  for (const auto& [key, choices] : block.settings) {
    const auto is_concerned = [&key = key](const Choice& engine) {
      return concerns(form_of(engine.value), key);
    };
    if (std::ranges::none_of(engines, is_concerned))
      return platform::unexpected(at(choices.front().line),
                                  fmt::format("'{}' with engine {}", key, engines.front().value),
                                  fmt::format("'{}' in points of {}", key, whose(key)));
  }
  return {};
}

/// Where somebody's data are at home has to be one of the regions.
Expected<void> check_home(const Point& point) {
  const auto home = point.options.find("home");
  if (home == point.options.end()) return {};
  const auto rows = point.options.find("regions");
  const auto regions = platform::Regions::parse(rows == point.options.end() ? "" : rows->second);
  if (regions && regions->find(home->second)) return {};
  return platform::unexpected(
      point.where, fmt::format("home = \"{}\"", home->second),
      regions ? "one of the regions " + regions->to_string() : "regions beside it, and one of them");
}

Expected<void> PointBuilder::add_point(const Assignment& values, unsigned line, const EngineForm& engine) {
  Point point = make_point(values, line, engine);
  if (auto room = check_room(point, values); !room) return room;
  if (auto home = check_home(point); !home) return home;
  const auto text = properties_text(point, values);
  if (!text) return tl::unexpected(text.error());
  const auto lengths = check_workload(point, values);
  if (!lengths) return tl::unexpected(lengths.error());

  const std::string form = canonical(point, *text) + *lengths;
  point.id = id_of(point, form);
  const auto [first, is_new] = seen_.emplace(form, point.where);
  // Of how many copies acknowledge, and the like, a list makes several points only where there are some.
  const auto replicas = values.find("replicas");
  if (!is_new && replicas != values.end() && replicas->second.value == "1") return {};
  if (!is_new)
    return platform::unexpected(point.where,
                                fmt::format("a point twice: {} is already at {}", point.id, first->second),
                                "each configuration once");
  points_.push_back(std::move(point));
  return {};
}

Point PointBuilder::make_point(const Assignment& values, unsigned line, const EngineForm& engine) const {
  Point point;
  point.where = at(line);
  point.engine = &engine;
  for (const auto& [key, choice] : values) {
    if (key == engine.size_key) {
      point.workers = as_number(choice.value);
    } else if (key == "workload") {
      point.workload = choice.value;
    } else if (key == "oversubscribe") {
      point.oversubscribe = choice.value == "true";
    } else if (key == "properties_file") {
      point.properties_file = (fs::path(path_).parent_path() / choice.value).lexically_normal();
    } else if (key.starts_with(property_prefix)) {
      point.properties.push_back({key.substr(std::strlen(property_prefix)), choice.value, at(choice.line)});
    } else {
      point.options[key] = choice.value;
    }
  }
  // Those without a log need no folder for one.
  const auto durability = point.options.find("durability");
  if (durability == point.options.end() || durability->second == "none") point.options.erase("log_folder");
  // Nor do those without copies need what is said about them.
  const auto replicas = point.options.find("replicas");
  if (replicas == point.options.end() || replicas->second == "1") {
    for (const char* key : {"replicas", "acknowledge", "read_from", "heartbeat", "failure_timeout", "fault"})
      point.options.erase(key);
  }
  return point;
}

Expected<void> PointBuilder::check_room(const Point& point, const Assignment& values) {
  if (point.oversubscribe) return {};
  if (point.is_launched()) return check_ranks(point, values);
  const auto own = point.options.find("bind");
  const std::string bind = own == point.options.end() ? "" : own->second;
  const auto [known, is_new] = rooms_.try_emplace(bind);
  if (is_new) known->second = places_.room_for(bind);
  const Room& room = known->second;
  if (point.all_workers() <= room.places) return {};
  return platform::unexpected(
      at(values.at(std::string(point.engine->size_key)).line),
      fmt::format("{} = {}{}", point.engine->size_key, point.workers, times_threads(point)),
      fmt::format("at most {} ({}), or oversubscribe = true", room.places, room.what));
}

/// How many ranks there is room for on this machine depends on the launcher: the sweep, which knows it, looks
/// at that.
Expected<void> PointBuilder::check_ranks(const Point& point, const Assignment& values) const {
  if (places_.cores_per_rank == 0) return {};
  if (point.workers > places_.ranks)
    return platform::unexpected(
        at(values.at("ranks").line), fmt::format("ranks = {}", point.workers),
        fmt::format("at most {} (nodes times ranks_per_node of [resources]), or oversubscribe = true",
                    places_.ranks));
  if (point.threads_per_rank() > places_.cores_per_rank)
    return platform::unexpected(
        at(values.at("threads_per_rank").line),
        fmt::format("threads_per_rank = {}", point.threads_per_rank()),
        fmt::format("at most {} (cores_per_rank of [resources]), or oversubscribe = true",
                    places_.cores_per_rank));
  return {};
}

/// The text of the point's property file; empty if it has none.
Expected<std::string> PointBuilder::properties_text(const Point& point, const Assignment& values) const {
  if (point.properties_file.empty()) return std::string();
  auto text = read_text(point.properties_file);
  if (text) return text;
  const Choice& file = values.at("properties_file");
  return platform::unexpected(at(file.line),
                              fmt::format("properties_file = \"{}\": {}", file.value, text.error().found),
                              fmt::format("a YCSB property file; looked for {}", point.properties_file));
}

/// What the point's configuration has beyond its own text: what is in a file of lengths that it names.
Expected<std::string> PointBuilder::check_workload(const Point& point, const Assignment& values) {
  workloads::Properties properties;
  if (!point.properties_file.empty())
    if (auto read = properties.read_file(point.properties_file); !read) return tl::unexpected(read.error());
  for (const auto& property : point.properties)
    properties.set(property.name, property.value, property.origin);
  std::vector<std::string> warnings;
  const auto workload = workloads::make_workload(point.workload, properties, warnings);
  warn(warnings);
  if (workload) {
    if (auto load = check_load(point, **workload, values); !load) return tl::unexpected(load.error());
    if (auto limits = check_limits(point, **workload, values); !limits) return tl::unexpected(limits.error());
    return check_transactions(point, **workload, values).map([&] {
      return (*workload)->properties().value("fieldlengthhistogram_xxh3", std::string());
    });
  }

  // A property's error says which line it comes from; here the other ones get theirs.
  platform::Error error = workload.error();
  const std::string line = at(values.at("workload").line);
  if (error.where == "--workload") error.where = line;
  if (error.where.find(':') == std::string::npos) error.where = line + " " + error.where;
  return tl::unexpected(std::move(error));
}

Expected<void> PointBuilder::check_load(const Point& point, const workloads::Workload& workload,
                                        const Assignment& values) const {
  auto possible = harness::check_load({.engine = point.engine->name,
                                       .open_by = values.contains("rate") ? "--rate" : "",
                                       .has_arrivals = values.contains("arrivals")},
                                      workload);
  if (possible) return possible;
  // The option is one of the point's keys, or the engine.
  platform::Error error = possible.error();
  const auto key = values.find(error.where.substr(std::strlen("--")));
  error.where = (key == values.end() ? point.where : at(key->second.line)) + " " + error.where;
  return tl::unexpected(std::move(error));
}

/// Whether the point's run can end as its properties say, if it says nothing of seconds itself.
Expected<void> PointBuilder::check_limits(const Point& point, const workloads::Workload& workload,
                                          const Assignment& values) {
  Schedule schedule;
  if (const auto own = values.find("repetitions"); own != values.end())
    schedule.repetitions = as_number(own->second.value);
  if (const auto own = values.find("precision"); own != values.end())
    schedule.precision.half_width = *parse_precision(own->second.value);
  const auto rebalance = values.find("rebalance");
  std::vector<std::string> warnings;
  auto limited = limit(schedule,
                       {.has_seconds = values.contains("seconds"),
                        .open_by = values.contains("rate") ? "--rate" : "",
                        .moves_partitions = rebalance != values.end() && rebalance->second.value != "none"},
                       workload, warnings);
  warn(warnings);
  if (limited) return {};
  platform::Error error = limited.error();
  error.where = point.where + " " + error.where;
  return tl::unexpected(std::move(error));
}

/// Once of each.
void PointBuilder::warn(std::span<const std::string> warnings) {
  for (const std::string& warning : warnings)
    if (std::ranges::find(warnings_, warning) == warnings_.end()) warnings_.push_back(warning);
}

Expected<void> PointBuilder::check_transactions(const Point& point, const workloads::Workload& workload,
                                                const Assignment& values) const {
  const auto* transactional = dynamic_cast<const workloads::TransactionWorkload*>(&workload);
  if (transactional != nullptr) {
    auto possible = transactional->check_deployment(generators_of(point), stores_of(point));
    if (!possible) possible.error().where = at(values.at("workload").line) + " " + possible.error().where;
    return possible;
  }
  const auto control = values.find("concurrency_control");
  if (control == values.end()) return {};
  return platform::unexpected(
      at(control->second.line),
      fmt::format("concurrency_control = \"{}\" with {}", control->second.value, workload.name()),
      "it with a workload of transactions, such as ycsb-multi");
}

}  // namespace

Expected<std::vector<PlanEntry>> suite_plans() {
  const auto folder = platform::data_folder("plans");
  if (!folder) return tl::unexpected(folder.error());
  std::vector<PlanEntry> plans;
  std::error_code error;
  for (fs::directory_iterator entry(*folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".toml") plans.push_back({entry->path().stem(), entry->path()});
  }
  if (error) return platform::unexpected(*folder, error.message(), "the suite's plans");
  std::ranges::sort(plans, {}, &PlanEntry::name);
  return plans;
}

std::span<const EngineForm> engine_forms() {
  return known_engines;
}

Expected<Plan> read_plan(const std::string& path, const MachineSize& machine) {
  const auto located = locate(path);
  if (!located) return tl::unexpected(located.error());
  auto text = read_text(*located);
  if (!text) return tl::unexpected(text.error());
  auto file = parse_plan_file(*text, *located);
  if (!file) return tl::unexpected(file.error());

  PointBuilder builder(*located, file->resources ? Places::of(*file->resources) : Places::of(machine));
  for (const PointBlock& block : file->blocks)
    if (auto added = builder.add(file->defaults, block); !added) return tl::unexpected(added.error());
  std::vector<Point> points = builder.take_points();
  if (auto possible = check_faults(*located, file->defaults, points); !possible)
    return tl::unexpected(possible.error());
  return Plan{.path = *located,
              .text = std::move(*text),
              .title = file->title.empty() ? fs::path(*located).stem().string() : std::move(file->title),
              .question = std::move(file->question),
              .cores = machine.cores,
              .resources = std::move(file->resources),
              .points = std::move(points),
              .warnings = builder.take_warnings()};
}

std::vector<std::string> run_arguments(const Point& point, const std::string& result_path) {
  std::vector<std::string> arguments = {"run", "--engine", std::string(point.engine->name)};
  const auto add = [&](std::string option, std::string value) {
    arguments.push_back(std::move(option));
    arguments.push_back(std::move(value));
  };
  if (!point.is_launched()) add("--" + std::string(point.engine->size_key), std::to_string(point.workers));
  add("--workload", point.workload);
  if (!point.properties_file.empty()) add("-P", point.properties_file);
  for (const auto& property : point.properties) add("-p", property.name + "=" + property.value);
  for (const auto& [key, value] : point.options) {
    std::string option = "--" + key;
    std::ranges::replace(option, '_', '-');
    add(std::move(option), value);
  }
  if (point.oversubscribe) arguments.emplace_back("--oversubscribe");
  add("--id", point.id);
  add("--json", result_path);
  arguments.emplace_back("--quiet");
  return arguments;
}

}  // namespace upout::harness
