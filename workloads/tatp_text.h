#pragma once

#include <cstdint>

#include "engines/transaction.h"
#include "kernel/task.h"
#include "workloads/tatp_rows.h"

/// What TATP's seven transactions do for a subscriber: coroutines over the engine's transaction.
///
/// They give false if there is no going on: an access met a conflict, which dooms the transaction, or a row
/// is not what it has to be, which makes it fail. That something is not there is neither: they end without
/// having changed anything, and what they have read is validated like all else. And until a transaction has
/// committed, what it has read need not be of one moment: a row that it has found may be gone at the next
/// access.
namespace upout::workloads::tatp {

/// What a transaction does for one subscriber; which of these it uses depends on its type.
struct Errand {
  std::uint64_t subscriber = 0;  ///< and the number that leads to him
  unsigned type = 0;             ///< of the access info, or the special facility
  unsigned start = 0;            ///< when the call, or the forwarding, begins: 0, 1 or 2
  std::uint64_t end_hour = 0;    ///< of the call, or the forwarding
  std::uint64_t number = 0;      ///< where a new forwarding leads
  std::uint32_t value = 0;       ///< what is written
};

/// What an attempt of a transaction has done.
struct Effect {
  std::uint64_t rows = 0;   ///< there are more than before (mod 2^64)
  std::uint64_t sum = 0;    ///< that all numbers have grown by (mod 2^64)
  std::uint64_t found = 0;  ///< subscribers for whom there was all that it looked for
};

/// A row, as it is read and perhaps changed. Stays where it is while an access is awaited.
template <class Row>
class RowAccess {
 public:
  explicit RowAccess(kernel::Key key) noexcept : key_(key) {}
  RowAccess(const RowAccess&) = delete;
  RowAccess& operator=(const RowAccess&) = delete;

  /// Awaitables, which give a Status.
  template <class T>
  auto read(T& transaction) noexcept {
    return transaction.read(key_, 0, bytes_of(row), copied_);
  }
  /// Writes `row`, one change more.
  template <class T>
  auto write(T& transaction) noexcept {
    ++row.changes;
    seal(key_, row);
    return transaction.update(key_, 0, bytes_of(row));
  }
  /// What a read that gave `status` has found, as a status: `ok` only if the row is whole.
  kernel::Status checked(kernel::Status status) const noexcept {
    if (status != kernel::Status::ok) return status;
    const bool is_right = copied_ == sizeof(Row) && is_whole(key_, row);
    return is_right ? kernel::Status::ok : kernel::Status::out_of_range;
  }

  Row row;

 private:
  kernel::Key key_;
  std::uint32_t copied_ = 0;
};

/// Whether it is there, or may be missing.
constexpr bool is_read(kernel::Status status) noexcept {
  return status == kernel::Status::ok || status == kernel::Status::not_found;
}

template <engines::TransactionContext T>
kernel::Task<bool> get_subscriber_data(T& transaction, const Errand& errand, Effect& effect) {
  RowAccess<SubscriberRow> subscriber(subscriber_key(errand.subscriber));
  const kernel::Status status = co_await subscriber.read(transaction);
  const bool is_there = subscriber.checked(status) == kernel::Status::ok;
  effect.found += is_there ? 1 : 0;
  co_return is_there;
}

template <engines::TransactionContext T>
kernel::Task<bool> get_access_data(T& transaction, const Errand& errand, Effect& effect) {
  RowAccess<AccessRow> access(access_key(errand.subscriber, errand.type));
  kernel::Status status = co_await access.read(transaction);
  status = access.checked(status);
  effect.found += status == kernel::Status::ok ? 1 : 0;
  co_return is_read(status);
}

/// Reads all forwardings that have begun when the call begins: those that last until after it are meant.
template <engines::TransactionContext T>
kernel::Task<bool> get_new_destination(T& transaction, const Errand& errand, Effect& effect) {
  RowAccess<FacilityRow> facility(facility_key(errand.subscriber, errand.type));
  kernel::Status status = co_await facility.read(transaction);
  status = facility.checked(status);
  if (status != kernel::Status::ok || facility.row.is_active == 0) co_return is_read(status);
  bool is_forwarded = false;
  for (unsigned start = 0; start <= errand.start; ++start) {
    RowAccess<ForwardingRow> forwarding(forwarding_key(errand.subscriber, errand.type, start));
    status = co_await forwarding.read(transaction);
    status = forwarding.checked(status);
    if (!is_read(status)) co_return false;
    is_forwarded |= status == kernel::Status::ok && errand.end_hour < forwarding.row.end;
  }
  effect.found += is_forwarded ? 1 : 0;
  co_return true;
}

template <engines::TransactionContext T>
kernel::Task<bool> update_subscriber_data(T& transaction, const Errand& errand, Effect& effect) {
  RowAccess<FacilityRow> facility(facility_key(errand.subscriber, errand.type));
  kernel::Status status = co_await facility.read(transaction);
  status = facility.checked(status);
  if (status != kernel::Status::ok) co_return is_read(status);
  RowAccess<SubscriberRow> subscriber(subscriber_key(errand.subscriber));
  status = co_await subscriber.read(transaction);
  if (subscriber.checked(status) != kernel::Status::ok) co_return false;
  subscriber.row.bits = static_cast<std::uint16_t>((subscriber.row.bits & ~1U) | (errand.value & 1));
  facility.row.data_a = static_cast<std::uint8_t>(errand.value >> 8);
  status = co_await subscriber.write(transaction);
  if (status == kernel::Status::ok) status = co_await facility.write(transaction);
  effect.sum += 2;
  ++effect.found;
  co_return status == kernel::Status::ok;
}

/// The lookup row has to be there and lead to the subscriber, whose number it is.
template <engines::TransactionContext T>
kernel::Task<bool> look_up(T& transaction, const Errand& errand) {
  RowAccess<NumberRow> number(number_key(errand.subscriber));
  const kernel::Status status = co_await number.read(transaction);
  co_return number.checked(status) == kernel::Status::ok&& number.row.subscriber == errand.subscriber;
}

template <engines::TransactionContext T>
kernel::Task<bool> update_location(T& transaction, const Errand& errand, Effect& effect) {
  const bool is_known = co_await look_up(transaction, errand);
  if (!is_known) co_return false;
  RowAccess<SubscriberRow> subscriber(subscriber_key(errand.subscriber));
  kernel::Status status = co_await subscriber.read(transaction);
  if (subscriber.checked(status) != kernel::Status::ok) co_return false;
  subscriber.row.vlr_location = errand.value;
  status = co_await subscriber.write(transaction);
  ++effect.sum;
  ++effect.found;
  co_return status == kernel::Status::ok;
}

/// Reads which special facilities there are, all types, and forwards the one that is asked for, if it is
/// among them and is not forwarded from that hour on.
template <engines::TransactionContext T>
kernel::Task<bool> insert_call_forwarding(T& transaction, const Errand& errand, Effect& effect) {
  const bool is_known = co_await look_up(transaction, errand);
  if (!is_known) co_return false;
  bool has_facility = false;
  for (unsigned type = 0; type < types; ++type) {
    RowAccess<FacilityRow> facility(facility_key(errand.subscriber, type));
    kernel::Status status = co_await facility.read(transaction);
    status = facility.checked(status);
    if (!is_read(status)) co_return false;
    has_facility |= type == errand.type && status == kernel::Status::ok;
  }
  if (!has_facility) co_return true;
  const kernel::Key key = forwarding_key(errand.subscriber, errand.type, errand.start);
  const ForwardingRow row = make_forwarding(key, errand.number, errand.end_hour);
  const kernel::Status status = co_await transaction.insert(key, bytes_of(row));
  if (status != kernel::Status::ok) co_return status == kernel::Status::exists;
  ++effect.rows;
  effect.sum += row.number;
  ++effect.found;
  co_return true;
}

template <engines::TransactionContext T>
kernel::Task<bool> delete_call_forwarding(T& transaction, const Errand& errand, Effect& effect) {
  const bool is_known = co_await look_up(transaction, errand);
  if (!is_known) co_return false;
  const kernel::Key key = forwarding_key(errand.subscriber, errand.type, errand.start);
  RowAccess<ForwardingRow> forwarding(key);
  kernel::Status status = co_await forwarding.read(transaction);
  status = forwarding.checked(status);
  if (status == kernel::Status::ok) status = co_await transaction.remove(key);
  if (status != kernel::Status::ok) co_return is_read(status);
  --effect.rows;
  effect.sum -= forwarding.row.number;
  ++effect.found;
  co_return true;
}

}  // namespace upout::workloads::tatp
