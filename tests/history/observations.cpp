#include "tests/history/observations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace upout::history {

using kernel::Key;

namespace {

std::string version_name(const std::optional<Version>& version) {
  return version ? to_string(*version) : "nothing";
}

class Observer {
 public:
  explicit Observer(std::span<const Transaction> history) : history_(history) {}

  tl::expected<Observations, Verdict> run() {
    for (std::size_t i = 0; i < history_.size(); ++i) list_installed(i);
    std::sort(keys_.begin(), keys_.end());
    keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
    for (std::size_t i = 0; i < history_.size() && verdict_; ++i) {
      if (history_[i].committed) observe(i);
    }
    if (!verdict_) return tl::unexpected(verdict_);
    return std::move(observations_);
  }

 private:
  struct Origin {
    std::size_t transaction;
    Key key;
    bool is_last;  // of its transaction's versions of the key
  };

  void list_installed(std::size_t transaction) {
    std::map<Key, Version> last;
    for (const Transaction::Step& step : history_[transaction].steps) {
      const auto* write = std::get_if<Write>(&step);
      if (write == nullptr) continue;
      if (history_[transaction].committed) keys_.push_back(write->key);
      if (const auto overwritten = last.find(write->key); overwritten != last.end()) {
        origins_.at(overwritten->second).is_last = false;
        last.erase(overwritten);
      }
      if (!write->installed) continue;
      last[write->key] = *write->installed;
      const auto [origin, is_new] =
          origins_.emplace(*write->installed, Origin{transaction, write->key, true});
      if (!is_new) {
        report("malformed",
               fmt::format("{} of key {} was installed by T{} and by T{}", to_string(*write->installed),
                           write->key, origin->second.transaction, transaction));
      }
    }
  }

  void observe(std::size_t transaction) {
    transaction_ = transaction;
    own_.clear();
    for (const Transaction::Step& step : history_[transaction].steps) {
      if (!verdict_) return;
      std::visit([this](const auto& taken) { take(taken); }, step);
    }
    for (const auto& [key, write] : own_) {
      if (write.installed || write.overwrote) {
        observations_.writes.push_back(write);
      } else {
        observations_.reads.push_back({transaction_, key, std::nullopt});
      }
    }
  }

  void take(const Read& read) { see(read.key, read.version, nullptr); }

  void take(const Write& write) {
    const auto [own, is_first] =
        own_.emplace(write.key, NetWrite{transaction_, write.key, write.installed, write.overwrote});
    if (is_first) {
      check_version(write.key, write.overwrote, "overwrote");
    } else {
      if (own->second.installed != write.overwrote) report_internal(write.key, write.overwrote, "overwrote");
      own->second.installed = write.installed;
    }
  }

  void take(const RangeRead& range) {
    std::map<Key, Version> found;
    for (const auto& [key, version] : range.found) {
      if (key < range.first || key > range.last || !found.emplace(key, version).second) {
        report("malformed", fmt::format("T{}'s scan of {} to {} returned key {}, beyond its range or twice",
                                        transaction_, range.first, range.last, key));
      }
    }
    for (const auto& [key, version] : found) see(key, version, &range);
    for (auto key = std::lower_bound(keys_.begin(), keys_.end(), range.first);
         key != keys_.end() && *key <= range.last; ++key) {
      if (!found.contains(*key)) see(*key, std::nullopt, &range);
    }
  }

  void see(Key key, const std::optional<Version>& version, const RangeRead* range) {
    if (const auto own = own_.find(key); own != own_.end()) {
      if (own->second.installed != version) report_internal(key, version, "read");
      return;
    }
    check_version(key, version, "read");
    observations_.reads.push_back({transaction_, key, version, range});
  }

  void check_version(Key key, const std::optional<Version>& version, const char* verb) {
    if (!version) return;
    const std::string what = fmt::format("T{} {} {} of key {}", transaction_, verb, to_string(*version), key);
    const auto origin = origins_.find(*version);
    if (origin == origins_.end() || origin->second.key != key) {
      report("G1a", what + ", which nobody wrote");
    } else if (!history_[origin->second.transaction].committed) {
      report("G1a",
             fmt::format("{}, which T{} wrote, and that did not commit", what, origin->second.transaction));
    } else if (origin->second.transaction == transaction_) {
      report("internal", what + ", which it was still to write");
    } else if (!origin->second.is_last) {
      report("G1b",
             fmt::format("{}, which T{} wrote and overwrote itself", what, origin->second.transaction));
    }
  }

  void report_internal(Key key, const std::optional<Version>& version, const char* verb) {
    report("internal", fmt::format("T{} {} {} of key {}, after it had written {} itself", transaction_, verb,
                                   version_name(version), key, version_name(own_.at(key).installed)));
  }

  void report(std::string anomaly, std::string explanation) {
    if (verdict_) verdict_ = {std::move(anomaly), std::move(explanation)};
  }

  std::span<const Transaction> history_;
  std::unordered_map<Version, Origin> origins_;
  std::vector<Key> keys_;  // those that committed transactions wrote
  std::size_t transaction_ = 0;
  std::map<Key, NetWrite> own_;  // of the transaction that is being looked at
  Observations observations_;
  Verdict verdict_;
};

}  // namespace

tl::expected<Observations, Verdict> observe(std::span<const Transaction> history) {
  return Observer(history).run();
}

}  // namespace upout::history
