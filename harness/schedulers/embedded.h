#pragma once

#include <string_view>

/// The shell texts of local.cpp, compiled into the program (cmake/Embed.cmake). Each says what it does.
namespace upout::harness::schedulers::embedded {

extern const std::string_view local_submit;   ///< local/submit.sh
extern const std::string_view local_run;      ///< local/run.sh
extern const std::string_view local_process;  ///< local/process.sh
extern const std::string_view local_state;    ///< local/state.sh
extern const std::string_view local_cancel;   ///< local/cancel.sh

}  // namespace upout::harness::schedulers::embedded
