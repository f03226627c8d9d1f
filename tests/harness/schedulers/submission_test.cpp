#include "harness/schedulers/submission.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "temporary_folder.h"

namespace upout::harness::schedulers {
namespace {

using nlohmann::json;

Submission sample() {
  Submission books{.scheduler = "slurm", .jobs = {}};
  books.jobs.push_back({.number = 1,
                        .name = "upout-skew-1",
                        .id = "1234",
                        .nodes = 2,
                        .attempt = 1,
                        .tasks = {{{"a-1", "b-2"}, JobState::timed_out}}});
  books.jobs.push_back({.number = 2,
                        .name = "upout-skew-2",
                        .id = "",
                        .nodes = 1,
                        .attempt = 2,
                        .tasks = {{{"b-2"}, JobState::running}, {{"c-3"}, JobState::node_failed}}});
  return books;
}

class Books : public testing::Test {
 protected:
  std::string path() const { return folder_ / "submission.json"; }
  json document() const {
    EXPECT_TRUE(write_submission(sample(), path()));
    return json::parse(text_of(path()));
  }
  /// What is said of the file with one change.
  std::string complaint(const std::string& pointer, const json& value) const {
    json changed = document();
    changed[json::json_pointer(pointer)] = value;
    folder_.write("submission.json", changed.dump());
    const auto read = read_submission(path());
    return read ? "none" : read.error().to_string();
  }
  TemporaryFolder folder_;
};

TEST_F(Books, AreReadAsTheyWereWritten) {
  const json first = document();
  const auto read = read_submission(path());
  ASSERT_TRUE(read) << read.error().to_string();
  ASSERT_TRUE(write_submission(*read, path()));
  EXPECT_EQ(json::parse(text_of(path())), first);
  EXPECT_EQ(read->jobs.at(1).tasks.at(1).state, JobState::node_failed);
  EXPECT_FALSE(read->jobs.at(1).has_id());
  EXPECT_EQ(read->jobs.at(0).folder_of(0), "jobs/1");
  EXPECT_EQ(read->jobs.at(1).folder_of(1), "jobs/2/task-2");
}

TEST_F(Books, ThatAreDamagedAreAnErrorWithFileAndPlace) {
  for (const auto& [pointer, value, place] :
       {std::tuple("/jobs/1/tasks/0/state", json("asleep"), "/jobs/1/tasks/0/state"),
        std::tuple("/jobs/0/tasks/0/points/1", json("../../etc"), "/jobs/0/tasks/0/points/1"),
        std::tuple("/jobs/0/tasks/0/points", json::array(), "/jobs/0/tasks/0/points"),
        std::tuple("/jobs/0/id", json(7), "/jobs/0/id"),
        std::tuple("/jobs/0/nodes", json(0), "/jobs/0/nodes"),
        std::tuple("/jobs/1/number", json(3), "/jobs/1/number"),
        std::tuple("/jobs/1/folder", json("jobs/1"), "/jobs/1/folder"),
        std::tuple("/jobs/1/folder", json("/etc"), "/jobs/1/folder"),
        std::tuple("/schema", json("upout-submission/2"), "/schema"),
        std::tuple("/scheduler", json(nullptr), "/scheduler"), std::tuple("/jobs", json("none"), "/jobs")}) {
    const std::string said = complaint(pointer, value);
    EXPECT_TRUE(said.starts_with(path() + ": " + place + ": found ")) << said;
  }
  EXPECT_NE(complaint("/jobs/0/more", 1), "none");
  folder_.write("submission.json", document().dump().substr(0, 70));
  EXPECT_TRUE(read_submission(path()).error().where.starts_with(path() + ":1:"));
}

TEST_F(Books, OnAFullDiskStayAsTheyWere) {
  const json before = document();
  std::filesystem::create_symlink("/dev/full", path() + ".part-" + std::to_string(getpid()));
  EXPECT_EQ(write_submission(Submission{.scheduler = "local", .jobs = {}}, path()).error().to_string(),
            path() + ": found No space left on device, expected a file that can be written");
  EXPECT_EQ(json::parse(text_of(path())), before);
}

}  // namespace
}  // namespace upout::harness::schedulers
