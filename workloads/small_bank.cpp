#include "workloads/small_bank.h"

#include <algorithm>
#include <utility>

#include "workloads/mix.h"

namespace upout::workloads {

using kernel::Key;
using platform::Expected;

namespace {

constexpr auto known = std::to_array<std::string_view>(
    {"customers", "hotspotshare", "hotspotprobability", "crosspartition", "partitions"});

Key savings_of(std::uint64_t customer) {
  return 2 * customer;
}
Key checking_of(std::uint64_t customer) {
  return 2 * customer + 1;
}

/// 100.00 to 500.00.
std::uint64_t initial_balance(Key account) {
  return 10'000 + mix64(account) % 40'001;
}

bool has_two_customers(SmallBank::Type type) {
  return type == SmallBank::Type::amalgamate || type == SmallBank::Type::send_payment;
}

}  // namespace

Expected<std::unique_ptr<Workload>> SmallBank::make(std::string_view name, const Properties& properties,
                                                    std::vector<std::string>&) {
  if (auto names = check_names(name, properties, known); !names) return tl::unexpected(names.error());
  SmallBankSettings settings;
  PropertyReader read(properties);
  read.integer("customers", settings.customers, 3, std::uint64_t{1} << 39);
  read.share("hotspotshare", settings.hot_share);
  read.share("hotspotprobability", settings.hot_probability);
  read.real("crosspartition", settings.crossing.percent, 0, 100);
  read.integer("partitions", settings.crossing.partitions, 1, CrossingSettings::most_partitions);
  if (read.error()) return tl::unexpected(*read.error());
  return std::make_unique<SmallBank>(settings);
}

nlohmann::json SmallBank::properties() const {
  return {{"customers", settings_.customers},
          {"hotspotshare", settings_.hot_share},
          {"hotspotprobability", settings_.hot_probability},
          {"crosspartition", settings_.crossing.percent_json()},
          {"partitions", settings_.crossing.partitions_json()}};
}

NumberRecords SmallBank::records() const {
  return {.records = record_count(), .value_bytes = value_bytes(), .initial = initial_balance};
}

std::unique_ptr<OperationStream> SmallBank::load(WorkerSlot slot, std::size_t depth) const {
  return std::make_unique<NumberLoad>(records(), slot, depth);
}

std::unique_ptr<AuditStream> SmallBank::audit(WorkerSlot slot, std::size_t depth,
                                              std::span<const WriterProgress>) const {
  return std::make_unique<NumberAudit>(records(), slot, depth);
}

std::optional<std::uint64_t> SmallBank::expected_sum(std::span<const WriterProgress> writers) const {
  std::uint64_t sum = records().initial_sum();
  for (const WriterProgress& writer : writers) sum += writer.sum;
  return sum;
}

bool SmallBank::decide(Type type, Balances& balances) noexcept {
  constexpr std::int64_t payment = 500;
  auto& [first, second, third] = balances;
  switch (type) {
    case Type::amalgamate:  // savings and checking of the first customer, checking of the second
      third += first + second;
      first = second = 0;
      return true;
    case Type::balance:
      return true;
    case Type::deposit_checking:
      first += 130;
      return true;
    case Type::send_payment:  // checking of both
      if (first < payment) return false;
      first -= payment;
      second += payment;
      return true;
    case Type::transact_savings:
      first += 2020;
      return first >= 0;
    case Type::write_check:  // savings and checking
      second -= first + second < payment ? payment + 1 : payment;
      return true;
  }
  return false;
}

SmallBank::Stream::Stream(const SmallBankSettings& settings, WorkerSlot slot, std::size_t depth,
                          std::uint64_t seed, std::uint32_t stores)
    : partitions_(settings.crossing, slot, stores),
      customers_(block_ranges(partitions_.partitions(), settings.customers, 2, stores)),
      hot_share_(settings.hot_share),
      hot_probability_(settings.hot_probability),
      random_(seed, slot.index),
      requests_(depth) {}

auto SmallBank::Stream::draw(std::uint32_t slot) -> Request& {
  Request& request = requests_[slot];
  // Not left to the text, for who fails to begin does not get so far.
  request.paid_in = 0;
  request.wants_abort = false;
  request.type = type_of(random_.below(100), percent);
  const auto type = static_cast<Type>(request.type);
  const bool has_two = has_two_customers(type);
  const bool crosses = has_two && partitions_.crosses(random_);
  std::array<std::uint32_t, 2> touched{};
  partitions_.draw(random_, std::span(touched).first(crosses ? 2 : 1));
  const std::uint64_t customer = draw_customer(touched[0]);
  std::uint64_t other = customer;
  while (has_two && other == customer) other = draw_customer(touched[crosses ? 1 : 0]);
  switch (type) {
    case Type::amalgamate:
      request.accounts = {savings_of(customer), checking_of(customer), checking_of(other)};
      request.account_count = 3;
      break;
    case Type::balance:
    case Type::write_check:
      request.accounts = {savings_of(customer), checking_of(customer)};
      request.account_count = 2;
      break;
    case Type::send_payment:
      request.accounts = {checking_of(customer), checking_of(other)};
      request.account_count = 2;
      break;
    case Type::deposit_checking:
      request.accounts = {checking_of(customer)};
      request.account_count = 1;
      break;
    case Type::transact_savings:
      request.accounts = {savings_of(customer)};
      request.account_count = 1;
      break;
  }
  return request;
}

/// The hot ones are the first of the partition, and at least two, for two are drawn from them.
std::uint64_t SmallBank::Stream::draw_customer(std::uint32_t partition) {
  const KeyRange& range = customers_[partition];
  const auto share = static_cast<std::uint64_t>(hot_share_ * static_cast<double>(range.count));
  const std::uint64_t hot = std::min(range.count, std::max<std::uint64_t>(2, share));
  return range.first + random_.below(random_.unit() < hot_probability_ ? hot : range.count);
}

}  // namespace upout::workloads
