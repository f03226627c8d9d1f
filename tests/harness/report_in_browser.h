#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "harness/report.h"

/// The report in a real browser: whether its script runs, and whether there is something to be seen.
namespace upout::harness {

/// Put at the end of a page, tells in the DOM what each canvas really shows.
inline constexpr const char* probe = R"(<script>
for (const canvas of document.querySelectorAll("canvas")) {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] > 200) colours.add(pixels.slice(i, i + 3).join(","));
  canvas.dataset.colours = colours.size;
}
document.body.dataset.injected = String(Boolean(window.injected));
</script></body>)";

class ReportInBrowser : public testing::Test {
 protected:
  ReportInBrowser() {
    std::string name = std::filesystem::temp_directory_path() / "upout-report-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~ReportInBrowser() override {
    std::error_code ignored;  // the browser may still be leaving
    std::filesystem::remove_all(folder_, ignored);
  }

  /// The DOM after the page's scripts have run; `log_` is what the browser had to say.
  std::string dom_of(const std::vector<nlohmann::json>& documents, const ReportOptions& options = {},
                     const char* script = probe) {
    std::string html = render_report(documents, options).value();
    html.replace(html.rfind("</body>"), 7, script);
    std::ofstream(folder_ / "report.html") << html;
    const std::string command =
        std::string(UPOUT_CHROMIUM) +
        " --headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run"
        " --disable-dev-shm-usage --enable-logging=stderr --user-data-dir='" +
        (folder_ / "profile").string() + "' --dump-dom 'file://" + (folder_ / "report.html").string() +
        "' 2>'" + (folder_ / "log").string() + "'";
    std::string dom;
    FILE* browser = ::popen(command.c_str(), "r");
    std::array<char, 65536> buffer{};
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), browser))
      dom.append(buffer.data(), got);
    EXPECT_EQ(::pclose(browser), 0);
    std::ifstream log(folder_ / "log");
    log_.assign(std::istreambuf_iterator<char>(log), {});
    return dom;
  }

  std::size_t count(const std::string& text, const std::string& pattern) const {
    const std::regex expression(pattern);
    return std::size_t(std::distance(std::sregex_iterator(text.begin(), text.end(), expression), {}));
  }

  std::filesystem::path folder_;
  std::string log_;
};

}  // namespace upout::harness
