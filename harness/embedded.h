#pragma once

#include <string_view>

/// Texts that are compiled into the program (cmake/Embed.cmake), so that it needs no file of its own at run
/// time.
namespace upout::harness::embedded {

extern const std::string_view result_schema;     ///< results/schema/upout-result-1.schema.json
extern const std::string_view published_schema;  ///< results/schema/upout-published-1.schema.json
extern const std::string_view report_html;       ///< harness/report/report.html
extern const std::string_view report_css;        ///< harness/report/report.css
// The page's script, in the order in which its parts stand there.
extern const std::string_view report_elements_js;    ///< harness/report/elements.js
extern const std::string_view report_figure_js;      ///< harness/report/figure.js
extern const std::string_view report_laws_js;        ///< harness/report/laws.js
extern const std::string_view report_throughput_js;  ///< harness/report/throughput.js
extern const std::string_view report_cost_js;        ///< harness/report/cost.js
extern const std::string_view report_latency_js;     ///< harness/report/latency.js
extern const std::string_view report_over_time_js;   ///< harness/report/over_time.js
extern const std::string_view report_runs_js;        ///< harness/report/runs.js
extern const std::string_view report_numa_js;        ///< harness/report/numa.js
extern const std::string_view report_regions_js;     ///< harness/report/regions.js
extern const std::string_view report_machine_js;     ///< harness/report/machine.js
extern const std::string_view report_page_js;        ///< harness/report/page.js
extern const std::string_view chart_js;              ///< the minified Chart.js of the distribution

}  // namespace upout::harness::embedded
