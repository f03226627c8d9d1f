#include "workloads/tpcc.h"

#include <fmt/format.h>
#include <algorithm>
#include <numeric>
#include <utility>

#include "workloads/tpcc/audit.h"
#include "workloads/tpcc/load.h"
#include "workloads/tpcc/sums.h"

namespace upout::workloads {

using platform::Expected;
using tpcc::between;
using tpcc::Scale;

namespace {

/// Of the mix, by `Tpcc::types`.
constexpr auto proportions =
    std::to_array<std::string_view>({"neworderproportion", "paymentproportion", "orderstatusproportion",
                                     "deliveryproportion", "stocklevelproportion"});
constexpr auto known =
    std::to_array<std::string_view>({"warehouses", "items", "customers", proportions[0], proportions[1],
                                     proportions[2], proportions[3], proportions[4], "remoteorderlines",
                                     "remotepayments", "crosspartition", "partitions", "partitionstouched"});

/// Who gives one proportion gives all: those left out are 0.
std::optional<platform::Error> read_mix(const Properties& properties, PropertyReader& read,
                                        std::array<double, 5>& mix, std::vector<std::string>& warnings) {
  const auto is_given = [&](std::string_view name) { return properties.find(name) != nullptr; };
  if (std::ranges::none_of(proportions, is_given)) return std::nullopt;
  mix = {};
  for (std::size_t type = 0; type < mix.size(); ++type) read.share(proportions[type], mix[type]);
  const double sum = std::accumulate(mix.begin(), mix.end(), 0.0);
  if (sum <= 0) {
    return platform::Error{properties.find(*std::ranges::find_if(proportions, is_given))->where(),
                           "no type of transaction with a proportion above 0", "one at least"};
  }
  if (std::abs(sum - 1) < 1e-9) return std::nullopt;
  for (double& share : mix) share /= sum;
  warnings.push_back(fmt::format("{}: add up to {:.6g}, not 1; scaled to {:.6g}",
                                 fmt::join(proportions, ", "), sum, fmt::join(mix, ", ")));
  return std::nullopt;
}

nlohmann::json percent_json(double percent) {
  return CrossingSettings{.percent = percent}.percent_json();
}

}  // namespace

std::uint32_t TpccSettings::partitions_of(unsigned workers, std::uint32_t stores) const {
  if (crossing.partitions != 0) return crossing.partitions;
  const std::uint64_t most = std::max<std::uint64_t>(stores, scale.warehouses / stores * stores);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(crossing.partitions_of(workers, stores), most));
}

CrossingSettings TpccSettings::crossing_of(unsigned workers, std::uint32_t stores) const {
  CrossingSettings divided = crossing;
  divided.partitions = partitions_of(workers, stores);
  return divided;
}

Expected<std::unique_ptr<Workload>> Tpcc::make(std::string_view name, const Properties& properties,
                                               std::vector<std::string>& warnings) {
  if (auto names = check_names(name, properties, known); !names) return tl::unexpected(names.error());
  TpccSettings settings;
  PropertyReader read(properties);
  read.integer("warehouses", settings.scale.warehouses, 1, Scale::most_warehouses);
  read.integer("items", settings.scale.items, 1, Scale::most_items);
  read.integer("customers", settings.scale.customers, 1, Scale::most_customers);
  read.real("remoteorderlines", settings.remote_lines, 0, 100);
  read.real("remotepayments", settings.remote_payments, 0, 100);
  read.real("crosspartition", settings.crossing.percent, 0, 100);
  read.integer("partitions", settings.crossing.partitions, 1, CrossingSettings::most_partitions);
  read.integer("partitionstouched", settings.crossing.touched, 2, TpccSettings::most_touched);
  const auto mix_error = read_mix(properties, read, settings.mix, warnings);
  if (read.error()) return tl::unexpected(*read.error());
  if (mix_error) return tl::unexpected(*mix_error);
  settings.has_crossing = properties.find("crosspartition") != nullptr;
  for (const std::string_view remote : {"remoteorderlines", "remotepayments"}) {
    const Property* property = properties.find(remote);
    if (property != nullptr && settings.has_crossing) {
      return platform::unexpected(property->where(), property->value + " beside crosspartition",
                                  "one of them: crosspartition takes the place of what is remote");
    }
  }
  const Property* touched = properties.find("partitionstouched");
  if (touched != nullptr && !settings.has_crossing) {
    return platform::unexpected(touched->where(), touched->value + " without crosspartition",
                                "both: without it, what is remote says what crosses partitions");
  }
  return std::make_unique<Tpcc>(settings);
}

nlohmann::json Tpcc::properties() const {
  nlohmann::json all{{"warehouses", settings_.scale.warehouses},
                     {"items", settings_.scale.items},
                     {"customers", settings_.scale.customers},
                     {"partitions", settings_.crossing.partitions_json()}};
  for (std::size_t type = 0; type < types.size(); ++type) all[proportions[type]] = settings_.mix[type];
  if (settings_.has_crossing) {
    all["crosspartition"] = settings_.crossing.percent_json();
    all["partitionstouched"] = settings_.crossing.touched;
  } else {
    all["remoteorderlines"] = percent_json(settings_.remote_lines);
    all["remotepayments"] = percent_json(settings_.remote_payments);
  }
  return all;
}

/// Each partition, and each of the engine's, has whole warehouses.
Expected<void> Tpcc::check_deployment(unsigned workers, std::uint32_t stores) const {
  const std::uint64_t warehouses = settings_.scale.warehouses;
  if (warehouses % stores != 0) {
    return platform::unexpected("-p warehouses", std::to_string(warehouses),
                                fmt::format("a multiple of the {} partitions over ranks", stores));
  }
  const CrossingSettings crossing = settings_.crossing_of(workers, stores);
  if (crossing.partitions > warehouses) {
    return platform::unexpected(
        "-p partitions", std::to_string(crossing.partitions),
        fmt::format("so few that each has one of the {} warehouses (-p warehouses)", warehouses));
  }
  if (crossing.percent > 0 && crossing.touched > warehouses) {
    return platform::unexpected(
        "-p warehouses", std::to_string(warehouses),
        fmt::format("one for each of the {} partitions that a transaction touches, or "
                    "crosspartition=0",
                    crossing.touched));
  }
  return crossing.check(workers, stores, largest_key() + 1, 0);
}

std::unique_ptr<OperationStream> Tpcc::load(WorkerSlot slot, std::size_t depth) const {
  return std::make_unique<tpcc::Load>(settings_.scale, slot, depth);
}

std::unique_ptr<AuditStream> Tpcc::audit(WorkerSlot slot, std::size_t depth,
                                         std::span<const WriterProgress> writers) const {
  return std::make_unique<tpcc::Audit>(settings_.scale, slot, depth, writers);
}

std::uint64_t Tpcc::expected_records(std::span<const WriterProgress> writers) const {
  std::uint64_t records = loaded_.get().records;
  for (const WriterProgress& writer : writers) records += writer.inserts;
  return records;
}

std::optional<std::uint64_t> Tpcc::expected_sum(std::span<const WriterProgress> writers) const {
  const Scale& scale = settings_.scale;
  std::uint64_t sum = tpcc::sums::of_payment(scale.warehouses * Scale::districts * scale.customers *
                                             static_cast<std::uint64_t>(tpcc::paid_at_load));
  for (const WriterProgress& writer : writers) sum += writer.sum;
  return sum;
}

Tpcc::Stream::Stream(const TpccSettings& settings, WorkerSlot slot, std::size_t depth, std::uint64_t seed,
                     std::uint32_t stores)
    : settings_(settings),
      partitions_(settings.crossing_of(slot.count, stores), slot, stores),
      constants_(tpcc::NurandConstants::of(seed)),
      random_(seed, slot.index),
      requests_(depth) {}

auto Tpcc::Stream::draw(std::uint32_t slot) -> Request& {
  Request& request = requests_[slot];
  // Not left to the text, for who fails to begin does not get so far.
  request.effect = {};
  request.wants_abort = false;
  request.key_count = 0;
  double draw = random_.unit();
  request.type = 0;
  while (request.type + 1 < types.size() && draw >= settings_.mix[request.type])
    draw -= settings_.mix[request.type++];
  const auto type = static_cast<Type>(request.type);
  const std::span<const std::uint32_t> partitions = draw_partitions(type);
  request.home = {warehouse_in(partitions[0]), between(random_, 0, Scale::districts - 1)};
  request.date = ++dates_;
  switch (type) {
    case Type::new_order:
      draw_new_order(request, partitions);
      break;
    case Type::payment:
      draw_payment(request, partitions);
      break;
    case Type::order_status:
      request.customer_place = request.home;
      draw_customer(request);
      if (request.customer != 0) request.add_key(tpcc::last_order_key(request.home, request.customer));
      break;
    case Type::delivery:
      request.carrier = between(random_, 1, 10);
      for (std::uint32_t district = 0; district < Scale::districts; ++district)
        request.add_key(tpcc::undelivered_key({request.home.warehouse, district}));
      break;
    case Type::stock_level:
      request.threshold = between(random_, 10, 20);
      request.add_key(tpcc::district_key(request.home));
      break;
  }
  return request;
}

/// The worker's own, and those that New-Order and Payment touch too if they cross: Payment one.
std::span<const std::uint32_t> Tpcc::Stream::draw_partitions(Type type) {
  std::size_t count = 1;
  if (type == Type::new_order || type == Type::payment) {
    if (partitions_.crosses(random_)) count = type == Type::payment ? 2 : settings_.crossing.touched;
  }
  const std::span<std::uint32_t> touched = std::span(touched_).first(count);
  partitions_.draw(random_, touched);
  return touched;
}

/// They are dealt out to partitions as evenly as can be.
std::uint32_t Tpcc::Stream::warehouse_in(std::uint32_t partition) {
  const auto first_of = [this](std::uint64_t number) {
    return static_cast<std::uint32_t>(number * settings_.scale.warehouses / partitions_.partitions());
  };
  return between(random_, first_of(partition), first_of(partition + 1) - 1);
}

/// Any other one; that one if there is no other.
std::uint32_t Tpcc::Stream::warehouse_besides(std::uint32_t warehouse) {
  const auto others = static_cast<std::uint32_t>(settings_.scale.warehouses) - 1;
  if (others == 0) return warehouse;
  const std::uint32_t drawn = between(random_, 0, others - 1);
  return drawn < warehouse ? drawn : drawn + 1;
}

void Tpcc::Stream::draw_new_order(Request& request, std::span<const std::uint32_t> partitions) {
  const std::uint32_t home = request.home.warehouse;
  request.customer = tpcc::draw_customer(random_, constants_, settings_.scale);
  request.line_count = between(random_, tpcc::least_lines, tpcc::most_lines);
  request.has_unused_item = random_.below(100) == 0;
  for (tpcc::OrderedLine& line : std::span(request.all_lines).first(request.line_count)) {
    line.item = tpcc::draw_item(random_, constants_, settings_.scale);
    line.quantity = between(random_, 1, 10);
    const bool is_remote = !settings_.has_crossing && is_drawn(settings_.remote_lines);
    line.supply_warehouse = is_remote ? warehouse_besides(home) : home;
  }
  const std::uint32_t used = request.line_count - (request.has_unused_item ? 1 : 0);
  const std::uint32_t start = between(random_, 0, used - 1);
  for (std::size_t i = 1; i < partitions.size(); ++i)
    request.all_lines[(start + i) % used].supply_warehouse = warehouse_in(partitions[i]);
  if (request.has_unused_item) request.all_lines[used].item = settings_.scale.items + 1;

  request.add_key(tpcc::warehouse_key(home));
  request.add_key(tpcc::district_key(request.home));
  request.add_key(tpcc::customer_key(request.home, request.customer));
  request.add_key(tpcc::last_order_key(request.home, request.customer));
  for (const tpcc::OrderedLine& line : request.lines()) {
    request.add_key(tpcc::item_key(home, line.item));
    if (line.item <= settings_.scale.items)
      request.add_key(tpcc::stock_key(line.supply_warehouse, line.item));
  }
}

void Tpcc::Stream::draw_payment(Request& request, std::span<const std::uint32_t> partitions) {
  request.amount = between(random_, 100, 500'000);
  request.customer_place = request.home;
  if (partitions.size() > 1) {
    request.customer_place = {warehouse_in(partitions[1]), between(random_, 0, Scale::districts - 1)};
  } else if (!settings_.has_crossing && is_drawn(settings_.remote_payments)) {
    request.customer_place = {warehouse_besides(request.home.warehouse),
                              between(random_, 0, Scale::districts - 1)};
  }
  request.add_key(tpcc::warehouse_key(request.home.warehouse));
  request.add_key(tpcc::district_key(request.home));
  draw_customer(request);
}

/// Six in ten by last name.
void Tpcc::Stream::draw_customer(Request& request) {
  if (random_.below(10) < 6) {
    request.customer = 0;
    request.last_name = tpcc::draw_last_name(random_, constants_.last_name, settings_.scale);
    request.add_key(tpcc::last_name_key(request.customer_place, request.last_name));
  } else {
    request.customer = tpcc::draw_customer(random_, constants_, settings_.scale);
    request.add_key(tpcc::customer_key(request.customer_place, request.customer));
  }
}

}  // namespace upout::workloads
