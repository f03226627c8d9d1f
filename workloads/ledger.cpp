#include "workloads/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "workloads/property_reader.h"
#include "workloads/random.h"
#include "workloads/slot_memory.h"

namespace upout::workloads {

using kernel::Key;
using kernel::OperationKind;
using kernel::Status;

namespace {

constexpr auto known = std::to_array<std::string_view>({"recordcount", "valuebytes", "readproportion"});

class LedgerRun final : public RunStream {
 public:
  LedgerRun(const NumberRecords& records, double read_share, WorkerSlot slot, std::size_t depth,
            std::uint64_t seed, std::shared_ptr<LedgerPage> page)
      : records_(records),
        read_share_(read_share),
        random_(seed, slot.index),
        page_(std::move(page)),
        is_written_(page_->entries.size()),
        memory_(depth, records.value_bytes + 1),
        entries_(depth) {}

  std::size_t next(std::span<kernel::Operation* const> free) override {
    for (kernel::Operation* operation : free) {
      const std::size_t entry = page_->entries.empty() ? 0 : random_.next() % page_->entries.size();
      const bool reads = static_cast<double>(random_.next() >> 11) * 0x1p-53 < read_share_;
      if (reads || page_->entries.empty() || is_written_[entry]) {
        read(*operation);
      } else {
        write(*operation, entry);
      }
    }
    return free.size();
  }
  void complete(std::span<kernel::Operation* const> done) override {
    for (const kernel::Operation* operation : done) {
      failed_ += operation->status == Status::ok ? 0 : 1;
      if (operation->kind == OperationKind::get) continue;
      const std::size_t entry = entries_[operation->slot];
      is_written_[entry] = false;
      const std::uint64_t number = page_->entries[entry].tried;
      if (operation->status == Status::ok) {
        page_->entries[entry].acknowledged = number;
      } else {
        page_->failed[entry].push_back(number);
      }
    }
  }
  std::uint64_t failed() const override { return failed_; }
  WriterProgress progress() const override { return {}; }

 private:
  void read(kernel::Operation& operation) {
    operation.kind = OperationKind::get;
    operation.key = random_.next() % records_.records;
    operation.input = {};
    operation.output = memory_[operation.slot];
    operation.output_offset = operation.input_offset = 0;
  }
  void write(kernel::Operation& operation, std::size_t entry) {
    is_written_[entry] = true;
    entries_[operation.slot] = entry;
    const std::uint64_t number = ++page_->entries[entry].tried;
    const auto value = memory_[operation.slot].first(records_.value_bytes);
    operation.kind = OperationKind::put;
    operation.key = page_->key_of(entry);
    records_.write_value(value, operation.key);
    std::memcpy(value.data(), &number, sizeof(number));
    operation.input = value;
    operation.output = {};
    operation.output_offset = operation.input_offset = 0;
  }

  NumberRecords records_;
  double read_share_;
  Random random_;
  std::shared_ptr<LedgerPage> page_;
  std::vector<bool> is_written_;  ///< now, by entry
  SlotMemory memory_;
  std::vector<std::size_t> entries_;  ///< that are written, by slot
  std::uint64_t failed_ = 0;
};

/// All records, and then what pages say of some of them.
class LedgerAudit final : public AuditStream {
 public:
  using Pages = std::vector<std::shared_ptr<const LedgerPage>>;

  LedgerAudit(const NumberRecords& records, WorkerSlot slot, std::size_t depth, Pages pages)
      : all_(records, slot, depth),
        pages_(std::move(pages)),
        memory_(depth, records.value_bytes + 1),
        is_of_books_(depth) {}

  std::size_t next(std::span<kernel::Operation* const> free) override {
    std::size_t count = all_.next(free);
    for (const kernel::Operation* operation : free.first(count)) is_of_books_[operation->slot] = false;
    for (; count < free.size() && next_entry(*free[count]); ++count) is_of_books_[free[count]->slot] = true;
    return count;
  }
  void complete(std::span<kernel::Operation* const> done) override {
    for (kernel::Operation* operation : done) {
      if (is_of_books_[operation->slot]) {
        check(*operation);
      } else {
        all_.complete(std::span(&operation, 1));
      }
    }
    result_ = all_.result();
    result_.acknowledged = books_.acknowledged;
    result_.lost = books_.lost;
    result_.damaged += books_.damaged;
    if (result_.first_fault.empty()) result_.first_fault = books_.first_fault;
  }
  std::uint64_t failed() const override { return all_.failed(); }
  const AuditResult& result() const override { return result_; }

 private:
  const LedgerPage& page_of(Key key) const {
    return **std::ranges::find_if(
        pages_, [key](const auto& each) { return key % each->writer.count == each->writer.index; });
  }
  bool next_entry(kernel::Operation& operation) {
    while (page_ != pages_.size() && entry_ == pages_[page_]->entries.size()) {
      ++page_;
      entry_ = 0;
    }
    if (page_ == pages_.size()) return false;
    operation.kind = OperationKind::get;
    operation.key = pages_[page_]->key_of(entry_++);
    operation.input = {};
    operation.output = memory_[operation.slot];
    operation.output_offset = operation.input_offset = 0;
    return true;
  }
  void check(const kernel::Operation& operation) {
    const LedgerPage& page = page_of(operation.key);
    const std::size_t number_of_entry = operation.key / page.writer.count;
    const LedgerPage::Entry& entry = page.entries[number_of_entry];
    books_.acknowledged += page.acknowledged_above(number_of_entry, 0);
    std::uint64_t number = 0;
    if (operation.status == Status::ok)
      number = NumberRecords::number_of(operation.output.first(operation.output_size));
    if (number > entry.tried) {
      ++books_.damaged;
      return note(operation.key, fmt::format("holds number {}, which nobody has written", number));
    }
    if (number >= entry.acknowledged) return;
    books_.lost += page.acknowledged_above(number_of_entry, number);
    note(operation.key, fmt::format("holds number {}, and {} was acknowledged", number, entry.acknowledged));
  }
  void note(Key key, std::string_view fault) {
    if (books_.first_fault.empty()) books_.first_fault = fmt::format("record {} {}", key, fault);
  }

  NumberAudit all_;
  Pages pages_;
  SlotMemory memory_;
  std::vector<bool> is_of_books_;  ///< or of all records, by slot
  std::size_t page_ = 0;           ///< that is next,
  std::size_t entry_ = 0;          ///< and its entry
  AuditResult books_;              ///< what they say
  AuditResult result_;
};

}  // namespace

std::uint64_t LedgerPage::acknowledged_above(std::size_t entry, std::uint64_t number) const {
  const std::uint64_t last = entries[entry].acknowledged;
  if (number >= last) return 0;
  const auto of_entry = failed.find(entry);
  if (of_entry == failed.end()) return last - number;
  const auto failures = std::ranges::count_if(
      of_entry->second, [&](std::uint64_t each) { return each > number && each <= last; });
  return last - number - static_cast<std::uint64_t>(failures);
}

platform::Expected<std::unique_ptr<Workload>> LedgerWorkload::make(std::string_view name,
                                                                   const Properties& properties,
                                                                   std::vector<std::string>&) {
  if (auto names = check_names(name, properties, known); !names) return tl::unexpected(names.error());
  LedgerSettings settings;
  PropertyReader read(properties);
  read.integer("recordcount", settings.records, 1, std::uint64_t{1} << 40);
  read.integer("valuebytes", settings.value_bytes, NumberRecords::number_bytes, kernel::max_value_bytes - 1);
  read.share("readproportion", settings.read_share);
  if (read.error()) return tl::unexpected(*read.error());
  return std::make_unique<LedgerWorkload>(settings);
}

nlohmann::json LedgerWorkload::properties() const {
  return {{"recordcount", settings_.records},
          {"valuebytes", settings_.value_bytes},
          {"readproportion", settings_.read_share}};
}

NumberRecords LedgerWorkload::records() const {
  return {.records = settings_.records, .value_bytes = settings_.value_bytes, .initial = [](Key) {
            return std::uint64_t{0};
          }};
}

std::unique_ptr<OperationStream> LedgerWorkload::load(WorkerSlot slot, std::size_t depth) const {
  return std::make_unique<NumberLoad>(records(), slot, depth);
}

std::unique_ptr<RunStream> LedgerWorkload::run(WorkerSlot slot, std::size_t depth, std::uint64_t seed) const {
  auto page = std::make_shared<LedgerPage>();
  page->writer = slot;
  const std::uint64_t own =
      slot.index < settings_.records ? (settings_.records - slot.index - 1) / slot.count + 1 : 0;
  page->entries.resize(own);
  {
    const std::lock_guard lock(mutex_);
    // A rehearsal has begun one for the same writer.
    std::erase_if(pages_, [&slot](const auto& each) { return each->writer.index == slot.index; });
    pages_.push_back(page);
  }
  return std::make_unique<LedgerRun>(records(), settings_.read_share, slot, depth, seed, std::move(page));
}

std::unique_ptr<AuditStream> LedgerWorkload::audit(WorkerSlot slot, std::size_t depth,
                                                   std::span<const WriterProgress>) const {
  const std::lock_guard lock(mutex_);
  return std::make_unique<LedgerAudit>(records(), slot, depth, std::exchange(pages_, {}));
}

}  // namespace upout::workloads
