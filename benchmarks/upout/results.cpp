#include "benchmarks/upout/results.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "harness/record.h"

namespace upout {

namespace fs = std::filesystem;
using platform::Expected;

namespace {

fs::path points_of(const fs::path& folder) {
  return fs::is_directory(folder / "points") ? folder / "points" : folder;
}

void append_documents(const fs::path& folder, std::vector<fs::path>& files) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
}

/// Of all sweeps that lie side by side in a folder, which is none itself.
void append_sweeps(const fs::path& folder, std::vector<fs::path>& files) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (fs::is_directory(entry.path() / "points")) append_documents(entry.path() / "points", files);
  }
}

}  // namespace

Expected<std::vector<fs::path>> files_of(const std::string& source) {
  if (!fs::exists(source))
    return platform::unexpected(source, "no such file or folder", "results of a run or a sweep");
  if (!fs::is_directory(source)) return std::vector<fs::path>{source};
  std::vector<fs::path> files;
  append_documents(points_of(source), files);
  if (points_of(source) == fs::path(source)) append_sweeps(source, files);
  if (files.empty())
    return platform::unexpected(source, "a folder without results", "results of a run or a sweep");
  std::ranges::sort(files);
  return files;
}

Expected<std::vector<nlohmann::json>> read_results(std::span<const std::string> sources) {
  std::vector<nlohmann::json> documents;
  for (const std::string& source : sources) {
    const auto files = files_of(source);
    if (!files) return tl::unexpected(files.error());
    for (const fs::path& file : *files) {
      auto document = harness::read_document(file.string());
      if (!document) return tl::unexpected(document.error());
      documents.push_back(std::move(*document));
    }
  }
  return documents;
}

Expected<void> write_output(const std::string& option, const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (file) return {};
  return platform::unexpected(option + " " + path, "a file that cannot be written", "one that can");
}

}  // namespace upout
