#include "platform/text_file.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

namespace upout::platform {

Expected<std::string> read_text_file(const std::string& path, std::size_t most_bytes, std::string where,
                                     std::string expected) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  std::string text;
  std::array<char, 4096> chunk;
  std::size_t count = 0;
  while (file && (count = std::fread(chunk.data(), 1, chunk.size(), file.get())) > 0) {
    text.append(chunk.data(), count);
    if (text.size() > most_bytes)
      return unexpected(std::move(where), "a file of more than " + std::to_string(most_bytes) + " bytes",
                        std::move(expected));
  }
  if (!file || std::ferror(file.get()) != 0)
    return unexpected(std::move(where), std::generic_category().message(errno), std::move(expected));
  return text;
}

Expected<void> write_text_file(const std::string& path, std::string_view text) {
  const std::string part = path + ".part-" + std::to_string(::getpid());
  std::FILE* file = std::fopen(part.c_str(), "wb");
  // What a disk has no room for is found out by fclose, where not before.
  bool is_written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  int reason = errno;
  if (file != nullptr && std::fclose(file) != 0 && is_written) {
    is_written = false;
    reason = errno;
  }
  if (is_written && std::rename(part.c_str(), path.c_str()) == 0) return {};
  if (is_written) reason = errno;
  std::remove(part.c_str());
  return unexpected(path, std::generic_category().message(reason), "a file that can be written");
}

}  // namespace upout::platform
