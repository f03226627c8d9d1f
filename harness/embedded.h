#pragma once

#include <string_view>

/// Texts that are compiled into the program (cmake/Embed.cmake), so that it needs no file of its own at run
/// time.
namespace upout::harness::embedded {

extern const std::string_view result_schema;  ///< results/schema/upout-result-1.schema.json
extern const std::string_view report_html;    ///< harness/report/report.html
extern const std::string_view report_css;     ///< harness/report/report.css
extern const std::string_view report_js;      ///< harness/report/report.js
extern const std::string_view chart_js;       ///< the minified Chart.js of the distribution

}  // namespace upout::harness::embedded
