#include "platform/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace upout::platform {

std::string sha256(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, 32> digest{};
  std::size_t size = digest.size();
  if (EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), digest.data(), &size) != 1)
    throw std::runtime_error("OpenSSL on this machine has no SHA-256");
  std::string text;
  for (const unsigned char byte : digest) {
    text += digits[byte >> 4];
    text += digits[byte & 0xf];
  }
  return text;
}

}  // namespace upout::platform
