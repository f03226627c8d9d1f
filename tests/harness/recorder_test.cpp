#include "harness/recorder.h"

#include <gtest/gtest.h>

#include <array>

namespace upout::harness {
namespace {

using namespace std::chrono_literals;
using kernel::Status;

/// Of two reads that were submitted together and a third one that was later, the second comes back without an
/// answer: its rank is gone.
struct CameBack {
  std::array<kernel::Operation, 3> operations{kernel::Operation{.slot = 0},
                                              kernel::Operation{.status = Status::no_answer, .slot = 1},
                                              kernel::Operation{.slot = 2}};
  std::array<kernel::Operation*, 3> done{&operations[0], &operations[1], &operations[2]};
  std::array<platform::Timestamp, 3> started{11ms, 11ms, 12ms};
  Recorder recorder{Window{10ms, 20ms}, TimeSeries(10ms, 10ms), 2};

  void expect_two() {
    EXPECT_EQ(recorder.operations(), 2U);
    EXPECT_EQ(recorder.timeline()[0], 2U);
    EXPECT_EQ(recorder.series().done()[0], 2U);
    EXPECT_EQ(recorder.series().latencies()[0].count(), 2U);
    EXPECT_EQ(recorder.histograms()[static_cast<std::size_t>(kernel::OperationKind::get)].count(), 2U);
  }
};

TEST(Recorder, OfAClosedLoopCountsWhatWasAnsweredAlone) {
  CameBack back;
  EXPECT_TRUE(back.recorder.observe(back.done, back.started, 13ms));
  back.expect_two();
}

TEST(Recorder, OfAnOpenLoopCountsWhatWasAnsweredAlone) {
  CameBack back;
  back.recorder.observe_arrived(back.done, back.started, 13ms);
  back.expect_two();
}

}  // namespace
}  // namespace upout::harness
