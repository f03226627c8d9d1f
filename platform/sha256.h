#pragma once

#include <string>
#include <string_view>

namespace upout::platform {

/// The SHA-256 (FIPS 180-4, 2015) of these bytes in 64 hexadecimal digits, lower case. OpenSSL's; throws
/// std::runtime_error where OpenSSL is set up to have none.
std::string sha256(std::string_view bytes);

}  // namespace upout::platform
