#pragma once

#include <string>

namespace upout::platform {

/// What kind of file system a file or folder is on, as mount(8) calls it, such as "ext4" or "tmpfs"; a number
/// in hexadecimal digits if it is none of the usual ones. Empty: there is no such file.
std::string filesystem_of(const std::string& path);

}  // namespace upout::platform
