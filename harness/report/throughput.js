// Throughput and efficiency against cores, or against crosspartition, the share of the transactions that can cross
// partitions.

const isOverShares = (chart) => chart.series.some((series) => series.points.some((point) => "share" in point));
const coresText = (cores) => `${cores} core${cores === 1 ? "" : "s"}`;

function positionAxis(chart) {
  const position = (point) => point.share ?? point.cores;
  const ticks = [...new Set(chart.series.flatMap((series) => series.points.map(position)))].sort((a, b) => a - b);
  return isOverShares(chart) ? { text: "crosspartition, %", ticks, show: (share) => `${share} %`, tick: String } : { text: "cores", ticks, show: coresText, tick: String };
}

function measuredLines(chart, pointOf) {
  const numbers = numbersWithin(chart.series.map((series) => series.engine));
  return chart.series.map((series, i) => ({ label: series.label, points: series.points.map((point) => pointOf(point, series)), look: lookOf(series.engine, numbers[i]) }));
}

// What perfect scaling from the first point would give.
function idealLines(chart) {
  const numbers = numbersWithin(chart.series.map((series) => series.engine));
  return chart.series.flatMap((series, of) => {
    const [first, last] = [series.points[0], series.points[series.points.length - 1]];
    if (series.points.length < 2 || isOverShares(chart)) return [];
    const points = [first, last].map(({ cores }) => ({ x: cores, y: first.median * cores / first.cores }));
    return [{ label: `${series.label}, ideal`, points, of, look: { borderColor: shade(series.engine, numbers[of]), borderWidth: 1, borderDash: [1, 4], pointRadius: 0 } }];
  });
}

// The sequential program, on one core, across the whole chart.
function baselineLines(chart) {
  if (!chart.baseline) return [];
  const positions = chart.series.flatMap((series) => series.points).map(({ cores }) => cores);
  const ends = [Math.min(...positions), Math.max(...positions)];
  const { median: y, low, high } = chart.baseline;
  const points = (ends[0] === ends[1] ? [ends[0] - 0.1, ends[1] + 0.1] : ends).map((x) => ({ x, y, low, high }));
  const drawn = colour("baseline");
  return [{ label: "single-threaded baseline", points, look: { borderColor: drawn, backgroundColor: drawn, borderWidth: 1.5, borderDash: [8, 4], pointRadius: 0 } }];
}

function throughputFigure(chart) {
  const pointOf = ({ cores, share, median, low, high }) => ({ x: share ?? cores, y: median, low, high });
  return {
    title: chart.workload,
    describe: `Throughput of ${chart.workload} against ${isOverShares(chart) ? "crosspartition" : "cores"}`,
    lines: [...measuredLines(chart, pointOf), ...idealLines(chart), ...fittedLines(chart), ...baselineLines(chart)],
    x: positionAxis(chart),
    y: { text: chart.unit, show: withPrefix, tick, zero: true },
    beneath: lawTable(chart),
  };
}

// The speed-up over a core of the first point, divided by the cores; 1 is perfect.
function efficiencyFigure(chart) {
  const scaling = { ...chart, series: chart.series.filter((series) => series.points.length > 1) };
  const pointOf = ({ cores, speed_up: { median, low, high } }, series) => {
    const [y, from, to] = [median, low, high].map((value) => value * series.points[0].cores / cores);
    return { x: cores, y, low: from, high: to };
  };
  const lines = measuredLines(scaling, pointOf);
  return {
    title: chart.workload,
    describe: `Efficiency of ${chart.workload} against cores`,
    lines,
    x: positionAxis(scaling),
    y: { text: "efficiency", show: digits, tick: (value) => String(Number(value.toPrecision(2))), zero: true },
  };
}

// Beside faults, and over links as long as between regions, throughput is not what was asked about.
function whyNoThroughput() {
  if (runs.every(load)) return "There is no throughput to draw: load was offered at a rate.";
  if (runs.every((run) => run.regions || run.faults)) return "There is no throughput to draw: links were made as long as between regions, or there were faults.";
  return "There is no valid result to draw.";
}

function drawThroughput() {
  drawSection("throughput", content.charts.map(throughputFigure));
  const section = document.getElementById("throughput");
  section.hidden = false;
  if (content.charts.length === 0) section.append(element("p", { class: "note" }, whyNoThroughput()));
  const finite = (chart) => chart.series.every((series) => series.points.every(({ speed_up: found }) => found && found.median !== null && found.high !== null));
  drawSection("efficiency", content.charts.filter((chart) => !isOverShares(chart) && chart.series.some((series) => series.points.length > 1) && finite(chart)).map(efficiencyFigure));
}
