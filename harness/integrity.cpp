#include "harness/integrity.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "platform/sha256.h"

namespace upout::harness {

using nlohmann::json;

std::string hash_of(const json& document) {
  json rest = document;
  if (rest.is_object()) rest.erase("sha256");
  return platform::sha256(rest.dump(-1, ' ', false, json::error_handler_t::replace));
}

void seal(json& document) {
  document["sha256"] = hash_of(document);
}

void seal_for_plan(json& document, const std::string& plan_sha256) {
  document["plan_sha256"] = plan_sha256;
  seal(document);
}

platform::Expected<std::string> hash_of_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (file) bytes << file.rdbuf();  // fails on an empty file too, without an errno
  if (errno != 0 || !file.is_open())
    return platform::unexpected(path, std::strerror(errno), "a file that can be read");
  return platform::sha256(bytes.str());
}

}  // namespace upout::harness
