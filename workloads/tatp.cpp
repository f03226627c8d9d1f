#include "workloads/tatp.h"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "workloads/mix.h"

namespace upout::workloads {

using kernel::Key;
using platform::Expected;
using tatp::Errand;

namespace {

constexpr auto known =
    std::to_array<std::string_view>({"subscribers", "requestdistribution", "crosspartition", "partitions"});
constexpr auto distributions = std::to_array<std::string_view>({"nonuniform", "uniform"});

void add_keys(Tatp::Request& request, Tatp::Type type, const Errand& errand) {
  using Type = Tatp::Type;
  const std::uint64_t subscriber = errand.subscriber;
  switch (type) {
    case Type::get_subscriber_data:
      return request.add_key(tatp::subscriber_key(subscriber));
    case Type::get_access_data:
      return request.add_key(tatp::access_key(subscriber, errand.type));
    case Type::get_new_destination:
      request.add_key(tatp::facility_key(subscriber, errand.type));
      for (unsigned start = 0; start <= errand.start; ++start)
        request.add_key(tatp::forwarding_key(subscriber, errand.type, start));
      return;
    case Type::update_subscriber_data:
      request.add_key(tatp::facility_key(subscriber, errand.type));
      return request.add_key(tatp::subscriber_key(subscriber));
    case Type::update_location:
      request.add_key(tatp::number_key(subscriber));
      return request.add_key(tatp::subscriber_key(subscriber));
    case Type::insert_call_forwarding:
      request.add_key(tatp::number_key(subscriber));
      for (unsigned each = 0; each < tatp::types; ++each)
        request.add_key(tatp::facility_key(subscriber, each));
      return request.add_key(tatp::forwarding_key(subscriber, errand.type, errand.start));
    case Type::delete_call_forwarding:
      request.add_key(tatp::number_key(subscriber));
      return request.add_key(tatp::forwarding_key(subscriber, errand.type, errand.start));
  }
}

}  // namespace

Expected<std::unique_ptr<Workload>> Tatp::make(std::string_view name, const Properties& properties,
                                               std::vector<std::string>&) {
  if (auto names = check_names(name, properties, known); !names) return tl::unexpected(names.error());
  TatpSettings settings;
  PropertyReader read(properties);
  read.integer("subscribers", settings.subscribers, 1, TatpSettings::most_subscribers);
  settings.is_uniform = read.choice("requestdistribution", 0, distributions) == 1;
  read.real("crosspartition", settings.crossing.percent, 0, 100);
  read.integer("partitions", settings.crossing.partitions, 1, CrossingSettings::most_partitions);
  if (read.error()) return tl::unexpected(*read.error());
  return std::make_unique<Tatp>(settings);
}

nlohmann::json Tatp::properties() const {
  return {{"subscribers", settings_.subscribers},
          {"requestdistribution", distributions[settings_.is_uniform ? 1 : 0]},
          {"crosspartition", settings_.crossing.percent_json()},
          {"partitions", settings_.crossing.partitions_json()}};
}

/// Each partition has one subscriber that is its own, at the least.
Expected<void> Tatp::check_deployment(unsigned workers, std::uint32_t stores) const {
  const CrossingSettings& crossing = settings_.crossing;
  const std::uint64_t keys = tatp::keys_each * settings_.subscribers;
  if (auto divided = crossing.check(workers, stores, keys, 0); !divided) return divided;
  const std::uint32_t partitions = crossing.partitions_of(workers, stores);
  const auto ranges = block_ranges(partitions, settings_.subscribers, tatp::keys_each, stores);
  if (std::ranges::min(ranges, {}, &KeyRange::count).count > 0) return {};
  return platform::unexpected(
      "-p subscribers", std::to_string(settings_.subscribers),
      fmt::format("so many that each of {} partitions has one of its own", partitions));
}

std::unique_ptr<OperationStream> Tatp::load(WorkerSlot slot, std::size_t depth) const {
  return std::make_unique<tatp::Load>(settings_.subscribers, slot, depth);
}

std::unique_ptr<AuditStream> Tatp::audit(WorkerSlot slot, std::size_t depth,
                                         std::span<const WriterProgress>) const {
  return std::make_unique<tatp::Audit>(settings_.subscribers, slot, depth);
}

std::uint64_t Tatp::expected_records(std::span<const WriterProgress> writers) const {
  std::uint64_t records = loaded_.get().records;
  for (const WriterProgress& writer : writers) records += writer.inserts;
  return records;
}

std::optional<std::uint64_t> Tatp::expected_sum(std::span<const WriterProgress> writers) const {
  std::uint64_t sum = loaded_.get().sum;
  for (const WriterProgress& writer : writers) sum += writer.sum;
  return sum;
}

Tatp::Stream::Stream(const TatpSettings& settings, WorkerSlot slot, std::size_t depth, std::uint64_t seed,
                     std::uint32_t stores)
    : partitions_(settings.crossing, slot, stores),
      subscribers_(block_ranges(partitions_.partitions(), settings.subscribers, tatp::keys_each, stores)),
      random_(seed, slot.index),
      requests_(depth) {
  for (const KeyRange& range : subscribers_) choosers_.emplace_back(range.count, settings.is_uniform);
}

auto Tatp::Stream::draw(std::uint32_t slot) -> Request& {
  Request& request = requests_[slot];
  request.type = type_of(random_.below(100), percent);
  const auto type = static_cast<Type>(request.type);
  request.effect = {};  // not left to the text, for who fails to begin does not get so far
  request.key_count = 0;
  request.errand_count = partitions_.crosses(random_) ? 2 : 1;
  std::array<std::uint32_t, most_errands> partitions{};
  partitions_.draw(random_, std::span(partitions).first(request.errand_count));
  for (std::size_t i = 0; i < request.errand_count; ++i) {
    request.all_errands[i] = draw_errand(type, partitions[i]);
    add_keys(request, type, request.all_errands[i]);
  }
  return request;
}

Errand Tatp::Stream::draw_errand(Type type, std::uint32_t partition) {
  Errand errand;
  errand.subscriber = subscribers_[partition].first + choosers_[partition](random_);
  if (type == Type::get_subscriber_data) return errand;
  errand.type = static_cast<unsigned>(random_.below(tatp::types));
  errand.start = static_cast<unsigned>(random_.below(tatp::starts));
  errand.value = static_cast<std::uint32_t>(random_.next());
  errand.end_hour = 1 + random_.below(tatp::hours);
  if (type == Type::insert_call_forwarding) errand.number = random_.below(tatp::numbers);
  return errand;
}

}  // namespace upout::workloads
