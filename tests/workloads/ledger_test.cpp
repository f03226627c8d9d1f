#include "workloads/ledger.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "kernel/store.h"

namespace upout::workloads {
namespace {

using kernel::Key;

/// A store, driven by one stream after the other, eight operations at a time.
class Driver {
 public:
  /// Until it ends, or so many have come back. `lose(operation)`: it is answered, and was never done.
  template <class Lose>
  void drive(OperationStream& stream, std::size_t most, Lose&& lose) {
    std::vector<kernel::Operation> operations(8);
    std::vector<kernel::Operation*> free;
    for (std::size_t slot = 0; slot < operations.size(); ++slot) {
      operations[slot].slot = static_cast<std::uint32_t>(slot);
      free.push_back(&operations[slot]);
    }
    for (std::size_t done = 0; done < most;) {
      const std::size_t filled = stream.next(free);
      const auto begun = std::span(free).first(filled);
      for (kernel::Operation* operation : begun) {
        operation->status = kernel::Status::ok;
        if (!lose(*operation)) store_->execute(worker_, std::span(&operation, 1));
      }
      stream.complete(begun);
      done += filled;
      if (filled < free.size()) return;
    }
  }
  void drive(OperationStream& stream, std::size_t most = ~std::size_t{0}) {
    drive(stream, most, [](const kernel::Operation&) { return false; });
  }
  void put(Key key, std::span<const std::byte> value) { store_->put(worker_, key, value); }

 private:
  std::unique_ptr<kernel::Store<kernel::Exclusive>> store_ =
      std::move(*kernel::Store<kernel::Exclusive>::create({}));
  kernel::Worker worker_{store_->heap()};
};

std::unique_ptr<Workload> make(const std::map<std::string, std::string>& given) {
  Properties properties;
  for (const auto& [name, value] : given) properties.set(name, value, "-p");
  std::vector<std::string> warnings;
  return std::move(*LedgerWorkload::make("ledger", properties, warnings));
}

TEST(Ledger, FindsAllThatWasAcknowledged) {
  const auto workload = make({{"recordcount", "101"}});
  Driver driver;
  driver.drive(*workload->load({0, 1}, 8));
  const auto first = workload->run({0, 2}, 8, 1);
  const auto second = workload->run({1, 2}, 8, 1);
  driver.drive(*first, 4000);
  driver.drive(*second, 4000);
  EXPECT_EQ(first->failed() + second->failed(), 0U);
  const auto audit = workload->audit({0, 1}, 8, {});
  driver.drive(*audit);
  EXPECT_EQ(audit->result().checked, 101U);
  EXPECT_GT(audit->result().acknowledged, 3000U);
  EXPECT_LT(audit->result().acknowledged, 5000U) << "half of them are reads";
  EXPECT_EQ(audit->result().lost, 0U);
  EXPECT_EQ(audit->result().damaged, 0U);
  EXPECT_EQ(audit->result().missing, 0U);
}

TEST(Ledger, CountsWhatIsGone) {
  const auto workload = make({{"recordcount", "10"}, {"readproportion", "0"}});
  Driver driver;
  driver.drive(*workload->load({0, 1}, 8));
  const auto run = workload->run({0, 1}, 8, 1);
  driver.drive(*run, 1000);
  // From here on nothing is done any more, and all of it acknowledged.
  std::uint64_t lost = 0;
  driver.drive(*run, 80, [&](const kernel::Operation& operation) {
    lost += operation.kind == kernel::OperationKind::put ? 1 : 0;
    return true;
  });
  const auto audit = workload->audit({0, 1}, 8, {});
  driver.drive(*audit);
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(audit->result().lost, lost);
  EXPECT_NE(audit->result().first_fault.find("was acknowledged"), std::string::npos);
}

/// One that comes back as failed, and the next one of the same key as acknowledged.
TEST(Ledger, TakesNoWriteThatFailedForAcknowledged) {
  const auto workload = make({{"recordcount", "10"}, {"readproportion", "0"}});
  Driver driver;
  driver.drive(*workload->load({0, 1}, 8));
  const auto run = workload->run({0, 1}, 8, 1);
  std::uint64_t writes = 0;
  std::uint64_t acknowledged = 0;
  const auto fails = [&](kernel::Operation& operation) {
    if (operation.kind != kernel::OperationKind::put) return false;
    const bool has_failed = ++writes % 3 == 0;
    if (has_failed) operation.status = kernel::Status::no_answer;
    acknowledged += has_failed ? 0 : 1;
    return has_failed;
  };
  driver.drive(*run, 400, fails);
  const std::uint64_t kept = acknowledged;
  driver.drive(*run, 400, [&](kernel::Operation& operation) {
    fails(operation);
    return operation.kind == kernel::OperationKind::put;
  });
  const auto audit = workload->audit({0, 1}, 8, {});
  driver.drive(*audit);
  EXPECT_EQ(audit->result().acknowledged, acknowledged);
  EXPECT_EQ(audit->result().lost, acknowledged - kept);
}

/// What has not been acknowledged may be there or not, and what nobody has written must not.
TEST(Ledger, KnowsWhatWasTried) {
  const auto workload = make({{"recordcount", "4"}, {"readproportion", "0"}});
  Driver driver;
  driver.drive(*workload->load({0, 1}, 8));
  const auto run = workload->run({0, 1}, 8, 1);
  std::vector<std::byte> last;
  driver.drive(*run, 80, [&](kernel::Operation& operation) {
    if (operation.kind != kernel::OperationKind::put) return false;
    operation.status = kernel::Status::no_answer;
    if (operation.key == 3) last.assign(operation.input.begin(), operation.input.end());
    return true;
  });
  driver.put(3, last);
  const auto audit = workload->audit({0, 1}, 8, {});
  driver.drive(*audit);
  EXPECT_EQ(audit->result().lost, 0U);
  EXPECT_EQ(audit->result().damaged, 0U);
  const auto another = make({{"recordcount", "4"}});
  const auto untouched = another->run({0, 1}, 8, 1);
  const auto second_audit = another->audit({0, 1}, 8, {});
  driver.drive(*second_audit);
  EXPECT_EQ(second_audit->result().damaged, 1U) << second_audit->result().first_fault;
}

}  // namespace
}  // namespace upout::workloads
