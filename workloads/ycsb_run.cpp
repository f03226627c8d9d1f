#include "workloads/ycsb_run.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <utility>

namespace upout::workloads {

using kernel::Operation;
using kernel::OperationKind;
using kernel::Status;

namespace {

Chooser make_chooser(const YcsbSettings& settings, WorkerSlot slot,
                     const std::shared_ptr<InsertFrontier>& frontier) {
  switch (settings.mix.distribution) {
    case RequestDistribution::uniform:
      return UniformChooser(settings.record_count);
    case RequestDistribution::zipfian:
      return ScrambledZipfianChooser(settings.record_count, settings.zipfian_constant);
    case RequestDistribution::hotspot:
      return HotspotChooser(settings.record_count, settings.hot_data, settings.hot_operations);
    case RequestDistribution::exponential:
      return ExponentialChooser(settings.record_count, frontier, settings.exponential_percentile,
                                settings.exponential_fraction);
    case RequestDistribution::sequential:
      return SequentialChooser(settings.record_count, slot.index, slot.count);
    case RequestDistribution::latest:
      break;
  }
  return LatestChooser(settings.record_count, frontier, settings.zipfian_constant);
}

/// The greatest loaded keys, in order, as many as the longest scan asks for.
std::vector<kernel::Key> last_keys(const YcsbSettings& settings) {
  std::vector<kernel::Key> keys;  // a heap, its least key in front
  if (settings.mix.scans <= 0) return keys;
  const std::uint64_t wanted = std::min(settings.max_scan_length, settings.record_count);
  for (std::uint64_t record = 0; record < settings.record_count; ++record) {
    const kernel::Key key = settings.key_of(record);
    if (keys.size() == wanted) {
      if (key < keys.front()) continue;
      std::ranges::pop_heap(keys, std::greater());
      keys.pop_back();
    }
    keys.push_back(key);
    std::ranges::push_heap(keys, std::greater());
  }
  std::ranges::sort(keys);
  return keys;
}

}  // namespace

YcsbOperations::YcsbOperations(const YcsbMix& mix) {
  const std::array<std::pair<double, OperationKind>, 5> shares{
      {{mix.reads, OperationKind::get},
       {mix.updates, OperationKind::update},
       {mix.inserts, OperationKind::insert},
       {mix.read_modify_writes, OperationKind::read_modify_write},
       {mix.scans, OperationKind::scan}}};
  double sum = 0;
  std::size_t count = 0;
  for (const auto& [share, kind] : shares) {
    if (share <= 0) continue;
    if (count > 0) limits_[count - 1] = sum < 1 ? static_cast<std::uint64_t>(sum * 0x1p63) : whole;
    kinds_[count++] = kind;
    sum += share;
  }
  assert(count > 0);
}

YcsbScanLengths::YcsbScanLengths(const YcsbSettings& settings)
    : least_(settings.min_scan_length),
      lengths_(settings.max_scan_length - settings.min_scan_length + 1),
      is_zipfian_(settings.zipfian_scan_lengths),
      ranks_(lengths_, ZipfianRanks::default_theta, ZetaSums(ZipfianRanks::default_theta)(lengths_)) {}

YcsbRun::YcsbRun(const YcsbSettings& settings, WorkerSlot slot, std::size_t depth, std::uint64_t seed,
                 std::shared_ptr<InsertFrontier> frontier)
    : settings_(settings),
      format_(settings.format()),
      slot_(slot),
      operations_(settings.mix),
      scan_lengths_(settings),
      last_keys_(last_keys(settings)),
      random_(seed, slot.index),
      frontier_(std::move(frontier)),
      place_(frontier_ ? frontier_->join(slot.index) : 0),
      chooser_(make_chooser(settings, slot, frontier_)),
      inserts_(depth),
      records_(depth),
      inputs_(depth, settings.mix.writes() ? settings.longest_value_bytes() : 0),
      outputs_(depth, std::max(settings.longest_value_bytes(), settings.scan_bytes())) {
  const std::size_t whole = settings.longest_value_bytes();
  const std::size_t read = settings.read_all_fields ? whole : settings.field_length;
  const std::size_t written = settings.write_all_fields ? whole : settings.field_length;
  form_of(OperationKind::get) = {0, read};
  form_of(OperationKind::update) = {written, 0};
  form_of(OperationKind::insert) = {whole, 0};
  form_of(OperationKind::read_modify_write) = {written, read};
  form_of(OperationKind::scan) = {0, settings.scan_bytes()};
}

std::size_t YcsbRun::next(std::span<Operation* const> free) {
  assert(free.size() <= records_.size());
  const std::span<std::uint64_t> records = std::span(records_).first(free.size());
  choose(chooser_, random_, records);
  if (settings_.home_fraction > 0) bring_home(records);
  if (operations_.reads_alone() && settings_.read_all_fields && format_.has_one_length()) {
    fill_reads(free, records);
  } else {
    fill_mixed(free, records);
  }
  return free.size();
}

void YcsbRun::complete(std::span<Operation* const> done) {
  bool inserted = false;
  for (const Operation* operation : done) {
    const bool ok = operation->status == Status::ok && is_whole(*operation);
    failed_ += ok ? 0 : 1;
    if (operation->kind == OperationKind::insert) {
      inserts_.end(operation->slot, ok);
      inserted = true;
    }
  }
  if (inserted && frontier_) frontier_->publish(place_, inserts_.acknowledged());
}

/// Puts some of them into the client's own part of the records, where what is asked for often stays so.
void YcsbRun::bring_home(std::span<std::uint64_t> records) {
  const std::uint64_t first = settings_.record_count * slot_.index / slot_.count;
  const std::uint64_t end = settings_.record_count * (slot_.index + 1) / slot_.count;
  if (first == end) return;
  const auto limit = static_cast<std::uint64_t>(settings_.home_fraction * 0x1p53);
  for (std::uint64_t& record : records) {
    if (random_.next() >> 11 < limit) record = first + record % (end - first);
  }
}

void YcsbRun::fill_reads(std::span<Operation* const> free, std::span<const std::uint64_t> records) {
  for (std::size_t i = 0; i < free.size(); ++i) {
    Operation& operation = *free[i];
    // Whoever drives the stream may come with other operations than the last time: what they point to says
    // so.
    if (operation.output.data() != outputs_[operation.slot].data() || operation.kind != OperationKind::get) {
      take_form(operation, OperationKind::get);
    }
    operation.key = settings_.key_of(records[i]);
  }
}

void YcsbRun::fill_mixed(std::span<Operation* const> free, std::span<const std::uint64_t> records) {
  for (std::size_t i = 0; i < free.size(); ++i) {
    Operation& operation = *free[i];
    operation.key = settings_.key_of(records[i]);
    take_form(operation, operations_.next(random_));
    if (operation.kind == OperationKind::get) continue;
    if (operation.kind == OperationKind::scan) {
      fill_scan(operation);
    } else if (operation.kind == OperationKind::insert) {
      fill_insert(operation);
    } else {
      fill_input(operation);
    }
  }
}

void YcsbRun::fill_insert(Operation& operation) {
  const std::uint64_t number = inserts_.begin(operation.slot);
  operation.key = settings_.key_of(settings_.inserted_record(slot_.index, slot_.count, number));
  operation.input = inputs_[operation.slot].first(format_.value_bytes(operation.key));
  format_.write_value(inputs_[operation.slot].first(operation.input.size()), operation.key, next_version());
}

void YcsbRun::fill_scan(Operation& operation) {
  operation.limit = scan_lengths_.next(random_);
  // No more room than it needs: room travels in messages.
  operation.output =
      operation.output.first(operation.limit * kernel::scan_entry_bytes(settings_.longest_value_bytes()));
  operation.output_offset = 0;
}

void YcsbRun::fill_input(Operation& operation) {
  const std::span<std::byte> whole = inputs_[operation.slot];
  if (settings_.write_all_fields) {
    const std::span<std::byte> input = whole.first(format_.value_bytes(operation.key));
    operation.input = input;
    format_.write_value(input, operation.key, next_version());
    return;
  }
  const std::size_t field = any_field();
  const std::span<std::byte> input = whole.first(format_.field_length(operation.key, field));
  operation.input = input;
  operation.input_offset = static_cast<std::uint32_t>(format_.field_offset(operation.key, field));
  format_.write_field(input, operation.key, field, next_version());
}

/// What a scan has returned; nothing if it cannot be that.
std::optional<YcsbRun::Entries> YcsbRun::entries_of(const Operation& operation) const {
  const std::span<const std::byte> output = operation.output.first(operation.output_size);
  Entries entries;
  if (!format_.has_one_length()) {
    kernel::ScanReader reader(output);
    std::span<const std::byte> value;
    std::size_t last_size = 0;
    for (kernel::Key key = 0; reader.next(key, value); ++entries.count) {
      if (entries.count > 0 && key <= entries.last) return std::nullopt;
      if (entries.count == 0) entries.first = key;
      entries.last = key;
      last_size = value.size();
    }
    // The length of the last value alone: those of all would take the load generator longer than the scan.
    const bool is_right = entries.count == 0 || last_size == format_.value_bytes(entries.last);
    return is_right && reader.rest().empty() ? std::optional(entries) : std::nullopt;
  }
  const std::size_t entry_bytes = kernel::scan_entry_bytes(settings_.longest_value_bytes());
  entries.count = output.size() / entry_bytes;
  if (output.size() % entry_bytes != 0) return std::nullopt;
  if (entries.count == 0) return entries;
  std::memcpy(&entries.first, output.data(), sizeof(entries.first));
  std::memcpy(&entries.last, output.data() + output.size() - entry_bytes, sizeof(entries.last));
  return entries;
}

/// A scan has found all that it was to find if it has as many records as it asked for, or all that were
/// loaded behind its start. (Those that were added since may make it more.)
bool YcsbRun::is_whole_scan(const Operation& operation) const {
  const std::optional<Entries> found = entries_of(operation);
  const auto behind = static_cast<std::size_t>(
      last_keys_.end() - std::lower_bound(last_keys_.begin(), last_keys_.end(), operation.key));
  if (!found || found->count > operation.limit ||
      found->count < std::min<std::size_t>(operation.limit, behind)) {
    return false;
  }
  return found->count == 0 ||
         (found->first >= operation.key && found->last >= found->first + (found->count - 1));
}

/// A read of less than was asked for would be a faster one, and wrong.
bool YcsbRun::is_whole(const Operation& operation) const {
  if (operation.kind == OperationKind::scan) return is_whole_scan(operation);
  if (forms_[static_cast<std::size_t>(operation.kind)].output_bytes == 0) return true;
  return operation.output_size == operation.output.size();
}

void YcsbRun::take_form(Operation& operation, OperationKind kind) {
  const Form form = form_of(kind);
  operation.kind = kind;
  operation.input = {inputs_[operation.slot].data(), form.input_bytes};
  operation.output = {outputs_[operation.slot].data(), form.output_bytes};
  operation.input_offset = 0;
  operation.output_offset = 0;
  if (!settings_.read_all_fields) {
    take_field(operation);
  } else if (!format_.has_one_length() && !operation.output.empty() && kind != OperationKind::scan) {
    operation.output = operation.output.first(format_.value_bytes(operation.key));
  }
}

/// One field is read, if anything is; drawn for operations that read nothing too.
void YcsbRun::take_field(Operation& operation) {
  const std::size_t field = any_field();
  if (operation.output.empty() || operation.kind == OperationKind::scan) return;
  operation.output = operation.output.first(format_.field_length(operation.key, field));
  operation.output_offset = static_cast<std::uint32_t>(format_.field_offset(operation.key, field));
}

}  // namespace upout::workloads
