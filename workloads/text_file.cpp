#include "workloads/text_file.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <system_error>

namespace upout::workloads {

platform::Expected<std::string> read_text_file(const std::string& path, const std::string& where,
                                               const std::string& expected) {
  std::string text;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  std::array<char, 4096> chunk;
  std::size_t count = 0;
  while (file && (count = std::fread(chunk.data(), 1, chunk.size(), file.get())) > 0) {
    text.append(chunk.data(), count);
  }
  if (!file || std::ferror(file.get()) != 0) {
    const std::string reason = std::generic_category().message(errno);
    return platform::unexpected(where, "no file that can be read (" + reason + ")", expected);
  }
  return text;
}

}  // namespace upout::workloads
