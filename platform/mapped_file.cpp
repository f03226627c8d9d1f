#include "platform/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace upout::platform {

Expected<MappedFile> MappedFile::open(const std::string& path) {
  const auto refused = [&path] { return unexpected(path, std::strerror(errno), "a file that can be read"); };
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return refused();
  struct stat status {};
  void* memory = MAP_FAILED;
  if (fstat(descriptor, &status) == 0)
    memory = status.st_size == 0 ? nullptr
                                 : mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ,
                                        MAP_PRIVATE, descriptor, 0);
  const int error = errno;
  close(descriptor);
  errno = error;
  if (memory == MAP_FAILED) return refused();
  if (memory == nullptr) return MappedFile({});
  return MappedFile({static_cast<const std::byte*>(memory), static_cast<std::size_t>(status.st_size)});
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace upout::platform
