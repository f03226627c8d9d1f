"use strict";

// Draws the page from the JSON in #content: charts, the table of runs, the machine. All text is put in as text
// (textContent), never as markup.
(() => {
  const content = JSON.parse(document.getElementById("content").textContent);
  const runs = content.documents.flatMap((record) => record.runs);

  // ---- elements and numbers -------------------------------------------------------------------------------------

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children.filter((child) => child !== null));
    return made;
  }

  // Three significant digits, without an exponent; at most three decimals.
  function digits(value) {
    const rounded = Number(value.toPrecision(3));
    const whole = Math.floor(Math.log10(Math.abs(rounded) || 1));
    return rounded.toFixed(Math.min(Math.max(2 - whole, 0), 3));
  }

  const prefixes = [[1e9, "G"], [1e6, "M"], [1e3, "k"], [0, ""]];

  // [divisor, prefix] for a number of this size.
  const prefixOf = (value) => prefixes.find(([least]) => value >= least);

  function withPrefix(value) {
    const [unit, name] = prefixOf(value);
    return unit ? `${digits(value / unit)} ${name}` : digits(value);
  }

  // Ends of an interval, with the prefix of its median: "9.27 to 9.60 M".
  function range(low, high, median) {
    const [unit, name] = prefixOf(median);
    return `${digits(low / (unit || 1))} to ${digits(high / (unit || 1))} ${name}`;
  }

  // For axes, whose numbers are round: no zeros that say nothing.
  function tick(value) {
    const [unit, name] = prefixOf(value);
    return unit ? `${Number((value / unit).toPrecision(3))} ${name}` : String(value);
  }

  function duration(nanoseconds) {
    if (nanoseconds < 1e3) return `${nanoseconds} ns`;
    if (nanoseconds < 1e6) return `${digits(nanoseconds / 1e3)} µs`;
    if (nanoseconds < 1e9) return `${digits(nanoseconds / 1e6)} ms`;
    return `${digits(nanoseconds / 1e9)} s`;
  }

  const bytes = (count) => count >= 2 ** 30 ? `${digits(count / 2 ** 30)} GiB` : `${digits(count / 2 ** 20)} MiB`;
  const coresOf = (run) => run.deployment.ranks * run.deployment.threads_per_rank;

  // ---- charts ---------------------------------------------------------------------------------------------------

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  // Chart.js has no error bars: each data set may have `intervals`, the [low, high] of its points.
  const whiskers = {
    id: "whiskers",
    afterDatasetsDraw(chart) {
      const pen = chart.ctx;
      chart.data.datasets.forEach((dataset, index) => {
        if (!dataset.intervals || !chart.isDatasetVisible(index)) return;
        pen.save();
        pen.strokeStyle = dataset.borderColor;
        pen.lineWidth = 1.5;
        chart.getDatasetMeta(index).data.forEach((point, i) => {
          const [low, high] = dataset.intervals[i].map((value) => chart.scales.y.getPixelForValue(value));
          pen.beginPath();
          pen.moveTo(point.x, low);
          pen.lineTo(point.x, high);
          for (const end of [low, high]) {
            pen.moveTo(point.x - 5, end);
            pen.lineTo(point.x + 5, end);
          }
          pen.stroke();
        });
        pen.restore();
      });
    },
  };

  const markers = ["circle", "rect", "triangle", "rectRot", "star"];

  // Most charts are over cores, some over crosspartition, the share of the transactions that can cross
  // partitions.
  const isOverShares = (chart) => chart.series.some((series) => series.points.some((point) => "share" in point));
  const position = (point) => point.share ?? point.cores;

  function measured(series, number) {
    return {
      label: series.label,
      data: series.points.map((point) => ({ x: position(point), y: point.median })),
      intervals: series.points.map((point) => [point.low, point.high]),
      borderColor: colour(series.engine),
      backgroundColor: colour(series.engine),
      borderWidth: 2,
      pointRadius: 4,
      pointStyle: markers[number % markers.length],
    };
  }

  function ideal(series) {
    const first = series.points[0];
    const last = series.points[series.points.length - 1];
    return {
      label: `${series.label}, ideal`,
      data: [first.cores, last.cores].map((cores) => ({ x: cores, y: first.median * cores / first.cores })),
      borderColor: colour(series.engine),
      borderWidth: 1,
      borderDash: [5, 5],
      pointRadius: 0,
      isIdeal: true,
    };
  }

  function options(chart) {
    const points = chart.series.flatMap((series) => series.points);
    const overShares = isOverShares(chart);
    const positions = [...new Set(points.map(position))].sort((a, b) => a - b);
    const [least, greatest] = [positions[0], positions[positions.length - 1]];
    const margin = Math.max((greatest - least) * 0.06, 0.1);
    const soft = { color: colour("soft"), font: { family: getComputedStyle(document.body).fontFamily, size: 12 } };
    return {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "nearest", intersect: false },
      scales: {
        x: {
          type: "linear",
          min: least - margin,
          max: greatest + margin,
          title: { display: true, text: overShares ? "crosspartition, %" : "cores", ...soft },
          ticks: soft,
          grid: { color: colour("line") },
          afterBuildTicks: (axis) => { axis.ticks = positions.map((value) => ({ value })); },
        },
        y: {
          beginAtZero: true,
          suggestedMax: Math.max(...points.map((point) => point.high)),
          title: { display: true, text: chart.unit, ...soft },
          ticks: { ...soft, callback: tick },
          grid: { color: colour("line") },
        },
      },
      plugins: {
        legend: {
          position: "bottom",
          labels: { ...soft, usePointStyle: true, boxHeight: 7, filter: (item, data) => !data.datasets[item.datasetIndex].isIdeal },
        },
        tooltip: {
          filter: (item) => !item.dataset.isIdeal,
          callbacks: {
            title: (items) => {
              if (items.length === 0) return "";
              const { x } = items[0].parsed;
              return overShares ? `crosspartition ${x} %` : `${x} core${x === 1 ? "" : "s"}`;
            },
            label: (item) => {
              const [low, high] = item.dataset.intervals[item.dataIndex];
              const median = item.parsed.y;
              return `${item.dataset.label}: ${withPrefix(median)} (${range(low, high, median)})`;
            },
          },
        },
      },
    };
  }

  let drawn = [];

  function drawCharts() {
    drawn.forEach((chart) => chart.destroy());
    const place = document.getElementById("charts");
    place.replaceChildren();
    drawn = content.charts.map((chart) => {
      const canvas = element("canvas", { role: "img", "aria-label": `Throughput of ${chart.workload} against ${isOverShares(chart) ? "crosspartition" : "cores"}; the table below has the figures` });
      place.append(element("div", { class: "chart" }, element("h3", {}, chart.workload), element("div", { class: "canvas" }, canvas)));
      const datasets = [...chart.series.map(measured), ...chart.series.filter((series) => series.points.length > 1 && !isOverShares(chart)).map(ideal)];
      return new Chart(canvas, { type: "line", data: { datasets }, options: options(chart), plugins: [whiskers] });
    }).concat(drawChartsOverTime());
    if (content.charts.length === 0) place.append(element("p", { class: "note" }, runs.every(load) ? "There is no throughput to draw: load was offered at a rate." : "There is no valid result to draw."));
  }

  // ---- charts over time -----------------------------------------------------------------------------------------

  const seriesOf = (run) => run.repetitions.find((repetition) => repetition.complete && repetition.time_series)?.time_series;

  // What was offered and done to the left, the latencies to the right, at the middle of each interval.
  function lineOverTime(series, label, valueOf, style) {
    const data = series.map((interval) => ({ x: interval.begin_seconds + interval.seconds / 2, y: valueOf(interval) }));
    return { label, data: data.filter(({ y }) => y !== undefined), borderWidth: 2, pointRadius: 0, ...style };
  }

  function linesOverTime(run) {
    const series = seriesOf(run);
    const done = colour(run.deployment.engine);
    const lines = [lineOverTime(series, "done", (interval) => interval.throughput, { borderColor: done, backgroundColor: done })];
    if (load(run)) lines.push(lineOverTime(series, "offered, dashed", (interval) => interval.offered_per_second, { borderColor: colour("soft"), backgroundColor: colour("soft"), borderDash: [5, 5], borderWidth: 1 }));
    for (const [name, look, dash] of [["p50", ", dotted", [1, 3]], ["p99", "", []]]) {
      const latency = (interval) => interval.latency_ns.count > 0 ? interval.latency_ns[name] : undefined;
      lines.push(lineOverTime(series, `latency ${name}${look}`, latency, { yAxisID: "latency", borderColor: colour("ink"), backgroundColor: colour("ink"), borderDash: dash, borderWidth: 1.5 }));
    }
    return lines;
  }

  function optionsOverTime(run) {
    const soft = { color: colour("soft"), font: { family: getComputedStyle(document.body).fontFamily, size: 12 } };
    const axis = (text, extra) => ({ title: { display: true, text, ...soft }, grid: { color: colour("line") }, ticks: soft, ...extra });
    return {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: {
        x: axis("seconds of the window", { type: "linear", min: 0 }),
        y: axis(run.summary.throughput?.unit ?? "operations/s", { beginAtZero: true, ticks: { ...soft, callback: tick } }),
        latency: axis("latency", { type: "logarithmic", position: "right", grid: { drawOnChartArea: false }, ticks: { ...soft, maxTicksLimit: 6, callback: duration } }),
      },
      plugins: {
        legend: { position: "bottom", labels: { ...soft, usePointStyle: true, pointStyle: "line" } },
        tooltip: {
          callbacks: {
            title: (items) => items.length === 0 ? "" : `${digits(items[0].parsed.x)} s`,
            label: (item) => `${item.dataset.label}: ${item.dataset.yAxisID === "latency" ? duration(item.parsed.y) : withPrefix(item.parsed.y)}`,
          },
        },
      },
    };
  }

  function drawChartsOverTime() {
    const shown = runs.filter(seriesOf);
    document.getElementById("over-time").hidden = shown.length === 0;
    const place = document.getElementById("time-charts");
    place.replaceChildren();
    return shown.map((run) => {
      const canvas = element("canvas", { role: "img", "aria-label": `Throughput and latency of ${run.id} over the time of one window` });
      place.append(element("div", { class: "chart" }, element("h3", {}, run.id), element("div", { class: "canvas" }, canvas)));
      return new Chart(canvas, { type: "line", data: { datasets: linesOverTime(run) }, options: optionsOverTime(run) });
    });
  }

  // ---- the table of runs ----------------------------------------------------------------------------------------

  const small = (text) => element("span", { class: "range" }, text);

  function throughputCell(run) {
    const found = run.summary.throughput;
    if (found === null) return ["–"];
    const cell = [withPrefix(found.median), small(range(...found.ci95, found.median))];
    if (found.confidence < 0.95) cell.push(small(`covers ${(100 * found.confidence).toFixed(0)} %`));
    return cell;
  }

  function speedUpCell(run) {
    const found = content.speed_ups[run.id];  // of the closed loops of that id
    if (!found || load(run) || found.median === null || found.high === null || run.verdict.class === "invalid") return ["–"];
    if (coresOf(run) === found.from_cores) return ["1"];
    return [digits(found.median), small(`${digits(found.low)} to ${digits(found.high)}`)];
  }

  function latencyCell(run) {
    const kinds = Object.entries(run.summary.latency_ns).filter(([, latency]) => latency.count > 0);
    if (kinds.length === 0) return ["–"];
    const grid = element("div", { class: "latency" });
    for (const [kind, latency] of kinds) {
      grid.append(element("span", { class: "kind" }, kind));
      for (const value of [latency.p50, latency.p99, latency.p999]) grid.append(element("span", {}, duration(value)));
    }
    return [grid];
  }

  function verificationCell(run) {
    const { passed, applicable = true, checks, records, digest } = run.verification;
    if (!applicable) return ["not applicable"];
    const lines = checks.map((check) => element("li", { class: check.passed ? "" : "failed" }, `${check.name}: ${check.passed ? "passed" : "failed"}. ${check.detail}`));
    lines.push(element("li", {}, `${records.toLocaleString("en")} records, digest `, element("code", {}, digest || "none")));
    return [element("details", {},
      element("summary", { class: passed ? "passed" : "failed" }, passed ? "passed" : "failed"),
      element("ul", {}, ...lines))];
  }

  function verdictCell(run) {
    const { class: verdict, reasons } = run.verdict;
    if (reasons.length === 0) return [element("span", { class: verdict }, verdict)];
    const sentence = (reason) => `expected ${reason.expected}; found ${reason.found}`;
    return [element("details", {},
      element("summary", { class: verdict, title: reasons.map((reason) => `${reason.rule}: ${sentence(reason)}`).join("\n") }, `${verdict} (${reasons.length})`),
      element("ul", {}, ...reasons.map((reason) => element("li", {}, element("strong", {}, reason.rule), `: ${sentence(reason)}`))))];
  }

  // Absent in documents from before there was a choice.
  const linkDelay = (run) => run.deployment.link_delay_ns ?? 0;
  const clients = (run) => run.deployment.clients ?? 0;
  const readPath = (run) => run.deployment.read_path ?? "none";

  // Of open loops; absent in closed ones.
  const load = (run) => run.load;

  function offeredCell(run) {
    if (!load(run)) return ["–"];
    const { offered_per_second: rate, arrivals, profile, goal } = load(run);
    const kept = goal ? `${goal.measured.kept ? "keeps" : "MISSES"} ${goal.latency} of ${duration(goal.at_most_ns)}` : undefined;
    return [withPrefix(rate), ...[arrivals, profile, kept].filter((text) => text !== undefined).map(small)];
  }

  const hasTransactions = (run) => run.deployment.concurrency_control !== "none";

  /// What throughput is of, in the runs of one table: "Operations/s, transactions/s".
  function unitsOf(runs) {
    const units = [...new Set(runs.map((run) => run.summary.throughput?.unit ?? "operations/s"))].sort().join(", ");
    return units.charAt(0).toUpperCase() + units.slice(1);
  }

  // A sweep may be over that alone.
  function crossPartition(run) {
    const share = run.workload.properties.crosspartition;
    return share === undefined ? [] : [small(`crosspartition ${share} %`)];
  }

  function abortsCell(run) {
    const sum = (key) => run.repetitions.reduce((total, repetition) => total + repetition[key], 0);
    const [aborts, committed] = [sum("aborts"), sum("operations")];
    if (!hasTransactions(run) || aborts + committed === 0) return ["–"];
    const causes = {};
    for (const repetition of run.repetitions) {
      for (const [cause, times] of Object.entries(repetition.aborts_by_cause ?? {})) causes[cause] = (causes[cause] ?? 0) + times;
    }
    const title = Object.entries(causes).map(([cause, times]) => `${cause}: ${times.toLocaleString("en")}`).join("\n");
    return [element("span", { title }, `${(100 * aborts / (aborts + committed)).toFixed(2)} %`)];
  }

  // Of TPC-C; what it is not has to stand beside it.
  const newOrders = (run) => run.summary.new_orders_per_minute ?? undefined;
  const newOrdersTitle = "New-Order transactions a minute; not tpmC: no think times, no keying times, not a compliant TPC-C result";

  function newOrdersCell(run) {
    const reservation = element("span", { class: "range", title: newOrdersTitle }, "not tpmC");
    return newOrders(run) === undefined ? ["–"] : [Math.round(newOrders(run)).toLocaleString("en"), reservation];
  }

  // Title, style, and what makes the cell.
  const columns = [
    ["Engine", "half", (run) => [element("span", { class: `engine ${run.deployment.engine}` }, run.deployment.engine)]],
    ["Workload", "half", (run) => [run.workload.name, ...crossPartition(run)]],
    ["Ranks", "number", (run) => [run.deployment.ranks]],
    ...(runs.some(clients) ? [["Of them clients", "number", (run) => [clients(run)]]] : []),
    ["Threads", "number", (run) => [run.deployment.threads_per_rank]],
    ["Cores", "number", (run) => [coresOf(run)]],
    ["Depth", "number", (run) => [run.deployment.depth]],
    ...(runs.some(linkDelay) ? [["Link delay", "number", (run) => [duration(linkDelay(run))]]] : []),
    ...(runs.some((run) => readPath(run) === "rma") ? [["Reads", "half", (run) => [readPath(run) === "none" ? "–" : readPath(run)]]] : []),
    ...(runs.some(hasTransactions) ? [["Control", "half", (run) => [run.deployment.concurrency_control]]] : []),
    ...(runs.some(load) ? [["Offered/s", "number", offeredCell]] : []),
    [unitsOf(runs), "number half", throughputCell],
    ...(runs.some((run) => newOrders(run) !== undefined) ? [["New-Orders/min", "number half", newOrdersCell]] : []),
    ...(runs.some(hasTransactions) ? [["Aborts", "number", abortsCell]] : []),
    ["Speed-up", "number half", speedUpCell],
    ["Latency p50, p99, p99.9", "whole", latencyCell],
    ["Verification", "half", verificationCell],
    ["Verdict", "half", verdictCell],
  ];

  function fillRuns() {
    const padded = (value) => value.toFixed(6).padStart(20);
    const order = (run) => [run.workload.name, padded(run.workload.properties.crosspartition ?? 0), run.deployment.engine, run.deployment.concurrency_control, padded(run.deployment.depth), padded(coresOf(run))].join("\0");
    const table = document.getElementById("runs");
    table.tHead.append(element("tr", {}, ...columns.map(([title, style]) => element("th", { class: style, scope: "col" }, title))));
    const sorted = [...runs].sort((a, b) => order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0);
    table.tBodies[0].append(...sorted.map((run) =>
      element("tr", { "data-id": run.id, "data-verdict": run.verdict.class }, ...columns.map(([title, style, cell]) =>
        element("td", { class: style, "data-label": title }, ...cell(run))))));
  }

  // ---- the machine ----------------------------------------------------------------------------------------------

  const yesNo = (value) => value ? "yes" : "no";
  const onOff = (value) => value ? "on" : "off";
  const facts = [
    ["Machine"],
    ["Host", "environment", "host_name"],
    ["Processor", "environment", "cpu_model"],
    ["Architecture", "environment", "architecture"],
    ["Topology", "environment", "topology"],
    ["Cores", "environment", "cores"],
    ["Hardware threads", "environment", "processing_units"],
    ["Kinds of cores", "environment", "core_kinds"],
    ["NUMA nodes", "environment", "numa_nodes"],
    ["Last-level caches", "environment", "last_level_cache_bytes", bytes],
    ["Memory", "environment", "memory_bytes", bytes],
    ["Hypervisor", "environment", "hypervisor"],
    ["System"],
    ["Operating system", "environment", "os"],
    ["Kernel", "environment", "kernel"],
    ["Frequency governor", "environment", "scaling_governor"],
    ["Turbo", "environment", "turbo_enabled", onOff],
    ["Transparent huge pages", "environment", "transparent_huge_pages"],
    ["Automatic NUMA balancing", "environment", "numa_balancing", onOff],
    ["Swap", "environment", "swap_enabled", onOff],
    ["Kernel's clock source", "environment", "kernel_clock_source"],
    ["Suite's clock source", "environment", "clock_source"],
    ["MPI", "environment", "mpi", (mpi) => `${mpi.library} ${mpi.version}`, "none"],
    ["Build"],
    ["upout", "suite", "version"],
    ["Commit", "suite", "commit"],
    ["Changes on top of it", "suite", "dirty", yesNo],
    ["Compiler", "suite", "compiler"],
    ["Flags", "suite", "flags"],
    ["Build type", "suite", "build_type"],
    ["Tuned for the building machine", "suite", "native_tuning", yesNo],
    ["Sanitizer", "suite", "sanitizer", (name) => name || "none"],
  ];

  const fewRuns = 4;
  const named = (ids) => ids.length <= fewRuns ? ids.join(", ") : `${ids.length} runs`;

  // Each value once; where the documents differ, with the runs that it belongs to.
  function factCell(part, key, show = String, absent = "not known") {
    const runsByValue = new Map();
    for (const record of content.documents) {
      const value = record[part][key];
      const text = value === null ? absent : show(value);
      runsByValue.set(text, [...(runsByValue.get(text) || []), ...record.runs.map((run) => run.id)]);
    }
    if (runsByValue.size === 1) return [...runsByValue.keys()];
    return [...runsByValue].map(([text, ids]) => element("div", {}, `${text} `, element("span", { class: "where" }, `(${named(ids)})`)));
  }

  // The load is another before each run: from the least to the greatest.
  function loadCell() {
    const loads = content.documents.map((record) => record.environment.load_average_1min).filter((load) => load !== null);
    if (loads.length === 0) return ["not known"];
    const [least, greatest] = [Math.min(...loads), Math.max(...loads)].map(digits);
    return [least === greatest ? least : `${least} to ${greatest}`];
  }

  function fillEnvironment() {
    const row = (label, cell) => element("tr", {}, element("th", { scope: "row" }, label), element("td", {}, ...cell));
    document.getElementById("environment").tBodies[0].append(...facts.map(([label, ...fact]) => fact.length > 0
      ? row(label, factCell(...fact))
      : element("tr", { class: "group" }, element("th", { colspan: 2, scope: "rowgroup" }, label))),
    row("Load before the runs", loadCell()));
  }

  function fillWorkers() {
    const table = document.getElementById("workers");
    table.tHead.append(element("tr", {}, ...["Run", "Worker", "Host", "CPU asked for", "CPUs allowed", "Bound"].map((title) => element("th", { scope: "col" }, title))));
    for (const record of content.documents) {
      const ids = record.runs.map((run) => run.id).join(", ");
      for (const worker of record.environment.workers) {
        const cells = [ids, worker.worker, worker.host, worker.asked_cpu < 0 ? "none" : worker.asked_cpu, worker.allowed_cpus.join(", ")];
        table.tBodies[0].append(element("tr", {}, ...cells.map((text) => element("td", {}, text)),
          element("td", { class: worker.achieved ? "passed" : "failed" }, yesNo(worker.achieved))));
      }
    }
  }

  // ---- the page -------------------------------------------------------------------------------------------------

  fillRuns();
  fillEnvironment();
  fillWorkers();
  drawCharts();

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);

  // On paper: light, and with everything open that a reader has to see.
  const opened = [];
  addEventListener("beforeprint", () => {
    document.documentElement.classList.add("printing");
    for (const details of document.querySelectorAll("details:not([open])")) {
      if (details.querySelector("summary.passed")) continue;
      details.open = true;
      opened.push(details);
    }
    drawCharts();
  });
  addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    for (const details of opened.splice(0)) details.open = false;
    drawCharts();
  });
})();
