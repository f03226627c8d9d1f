#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "harness/schedulers/scheduler.h"

namespace upout::harness::schedulers {

/// A word that a POSIX shell reads as just this text: as it is if nothing in it means anything to a shell, in
/// single quotes otherwise.
std::string quote(std::string_view word);

/// What every script must not have, whoever runs it: a name that is none, a line break or another control
/// character in a path, a word or a prologue line, more nodes or time than the plan has. `scheduler` is what
/// the error calls the one that it was rendered for.
platform::Expected<void> check(const JobRequest& job, const Resources& resources, std::string_view scheduler);

/// The signal comes this long before the limit: what the job wants, and at most half of its time.
std::chrono::seconds notice_of(const JobRequest& job);

/// All that comes after the directives: the folder, the modules, the prologue, and the command in place of
/// the shell, so that a signal to the job's script reaches `upout`. `task_variable`: where the scheduler says
/// which task of an array this is. `before_command`: lines of the scheduler's own.
std::string body(const JobRequest& job, const Resources& resources, std::string_view task_variable,
                 std::string_view before_command = "");

}  // namespace upout::harness::schedulers
