// One chart, whatever it is of, with what a canvas does not have: a legend that the keyboard reaches, a choice of
// axes, and its figures as a table.
//
// A figure is { title, describe, lines, x, y, right, beneath }, the last an element of its own. A line is { label, points: [{ x, y, low, high }], look } with
// the look as Chart.js has it; `of` makes it a guide to the line of that number, which comes and goes with it and
// has neither legend nor figures; nor has a point with `isGuide`. An axis is { text, show, zero, logarithmic, ticks, margin }; of the lines, those
// with `isRight` are drawn against the axis `right`.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// Chart.js has no intervals: each data set may have `intervals`, the [low, high] of its points, which become a
// band with whiskers.
const intervalBands = {
  id: "intervalBands",
  beforeDatasetsDraw(chart) {
    const pen = chart.ctx;
    chart.data.datasets.forEach((dataset, index) => {
      if (!dataset.intervals || !chart.isDatasetVisible(index)) return;
      const places = placesOf(chart, index);
      pen.save();
      pen.strokeStyle = pen.fillStyle = dataset.borderColor;
      pen.globalAlpha = 0.12;
      pen.beginPath();
      for (const { x, high } of places) pen.lineTo(x, high);
      for (const { x, low } of [...places].reverse()) pen.lineTo(x, low);
      pen.fill();
      pen.globalAlpha = 1;
      pen.lineWidth = 1.5;
      pen.beginPath();
      for (const { x, low, high } of places) {
        pen.moveTo(x, low);
        pen.lineTo(x, high);
        for (const end of [low, high]) {
          pen.moveTo(x - 5, end);
          pen.lineTo(x + 5, end);
        }
      }
      pen.stroke();
      pen.restore();
    });
  },
};

// Where the ends of a line's intervals are on the canvas; what is below a logarithmic axis is at its end.
function placesOf(chart, index) {
  const pixel = (value) => Math.min(chart.scales.y.getPixelForValue(Math.max(value, chart.scales.y.min)), chart.chartArea.bottom);
  return chart.getDatasetMeta(index).data.map((point, i) => {
    const [low, high] = chart.data.datasets[index].intervals[i].map(pixel);
    return { x: point.x, low, high };
  });
}

function datasetOf(line) {
  const hasIntervals = line.points.every((point) => "low" in point);
  return {
    label: line.label,
    data: line.points.map(({ x, y }) => ({ x, y })),
    yAxisID: line.isRight ? "right" : "y",
    borderWidth: 2,
    ...(hasIntervals ? { intervals: line.points.map(({ low, high }) => [low, high]) } : {}),
    ...line.look,
  };
}

// 1, 2 and 5 of each decade: Chart.js leaves out others than those where there are too many.
const isRound = (value) => [1, 2, 5].some((digit) => Math.abs(value / 10 ** Math.floor(Math.log10(value) + 1e-9) - digit) < 1e-6);

// The last round one that is not above it.
function roundBelow(value) {
  const decade = 10 ** Math.floor(Math.log10(value));
  return decade * [5, 2, 1].find((digit) => digit * decade <= value * (1 + 1e-9));
}

function axisOf(axis, soft, extra = {}) {
  const made = {
    type: axis.logarithmic ? "logarithmic" : "linear",
    beginAtZero: Boolean(axis.zero),
    title: { display: true, text: axis.text, ...soft },
    ticks: { ...soft, maxTicksLimit: 8, callback: axis.tick ?? axis.show },
    grid: { color: colour("line") },
    ...extra,
  };
  if (axis.ticks) {
    const [least, greatest] = [Math.min(...axis.ticks), Math.max(...axis.ticks)];
    const margin = Math.max((greatest - least) * 0.06, 0.1);
    made.min = axis.logarithmic ? least * 0.9 : least - margin;
    made.max = axis.logarithmic ? greatest * 1.1 : greatest + margin;
    made.afterBuildTicks = (built) => { built.ticks = axis.ticks.map((value) => ({ value })); };
  } else if (axis.logarithmic) {
    made.afterBuildTicks = (built) => { built.ticks = built.ticks.filter(({ value }) => isRound(value)); };
  }
  return made;
}

function optionsOf(figure) {
  const soft = { color: colour("soft"), font: { family: getComputedStyle(document.body).fontFamily, size: 12 } };
  const lineOf = (item) => figure.lines[item.datasetIndex];
  const showOf = (line) => (line.isRight ? figure.right : figure.y).show;
  const valuesOf = (isRight, bound) => figure.lines.flatMap((line) => Boolean(line.isRight) === isRight ? line.points.map((point) => point[bound] ?? point.y) : []);
  const highest = Math.max(...valuesOf(false, "high"));
  const from = (axis, isRight) => {
    const lowest = Math.min(...valuesOf(isRight, "low").filter((value) => value > 0));
    return axis.logarithmic && Number.isFinite(lowest) ? { min: roundBelow(lowest) } : {};
  };
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    interaction: { mode: "nearest", intersect: false },
    scales: {
      x: axisOf(figure.x, soft),
      y: axisOf(figure.y, soft, { suggestedMax: highest, ...from(figure.y, false) }),
      ...(figure.right ? { right: axisOf(figure.right, soft, { position: "right", grid: { drawOnChartArea: false }, ...from(figure.right, true) }) } : {}),
    },
    plugins: {
      legend: { display: false },
      tooltip: {
        filter: (item) => lineOf(item).of === undefined && !lineOf(item).points[item.dataIndex].isGuide,
        callbacks: {
          title: (items) => items.length === 0 ? "" : figure.x.show(items[0].parsed.x),
          label: (item) => `${item.dataset.label}: ${textOf(lineOf(item).points[item.dataIndex], showOf(lineOf(item)))}`,
        },
      },
    },
  };
}

function textOf(point, show) {
  const note = point.note ? `, ${point.note}` : "";
  return "low" in point ? `${show(point.y)} (${show(point.low)} to ${show(point.high)})${note}` : show(point.y) + note;
}

// ---- what stands beneath the canvas --------------------------------------------------------------------------------

function toggle(text, isPressed, onToggle) {
  const button = element("button", { type: "button", "aria-pressed": String(isPressed) }, text);
  button.addEventListener("click", () => {
    const pressed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(pressed));
    onToggle(pressed);
  });
  return button;
}

function swatch({ borderColor, borderDash = [] }) {
  const drawn = element("span", { class: "swatch" });
  drawn.innerHTML = '<svg viewBox="0 0 22 8" aria-hidden="true"><line x1="0" y1="4" x2="22" y2="4" stroke-width="2.5"/></svg>';
  const line = drawn.querySelector("line");
  line.setAttribute("stroke", borderColor);
  line.setAttribute("stroke-dasharray", borderDash.join(" "));
  return drawn;
}

function legendOf(figure, chart) {
  const buttons = figure.lines.flatMap((line, number) => {
    if (line.of !== undefined) return [];
    const button = toggle(line.label, true, (isShown) => {
      figure.lines.forEach((other, index) => {
        if (index === number || other.of === number) chart.setDatasetVisibility(index, isShown);
      });
      chart.update();
    });
    button.prepend(swatch(line.look));
    return [button];
  });
  return element("div", { class: "legend", role: "group", "aria-label": "lines that are drawn" }, ...buttons);
}

// Not where a value is 0, which has no logarithm.
function axisTogglesOf(figure, chart) {
  const values = (key) => figure.lines.flatMap((line) => line.points.map((point) => point[key]));
  const toggles = [["x", figure.x], ["y", figure.y]].filter(([name]) => values(name).every((value) => value > 0)).map(([name, axis]) =>
    toggle(`log ${name}`, Boolean(axis.logarithmic), (isLogarithmic) => {
      axis.logarithmic = isLogarithmic;
      chart.options = optionsOf(figure);
      chart.update();
    }));
  return element("div", { class: "axes", role: "group", "aria-label": "axes" }, ...toggles);
}

function figuresOf(figure) {
  const hasIntervals = figure.lines.some((line) => line.of === undefined && line.points.some((point) => "low" in point));
  const hasNotes = figure.lines.some((line) => line.of === undefined && line.points.some((point) => point.note));
  const head = [figure.x.text, "line", figure.right ? "value" : figure.y.text, ...(hasIntervals ? ["95 % interval"] : []), ...(hasNotes ? ["of"] : [])];
  const rows = figure.lines.filter((line) => line.of === undefined).flatMap((line) => line.points.filter((point) => !point.isGuide).map((point) => {
    const { show } = line.isRight ? figure.right : figure.y;
    const interval = "low" in point ? `${show(point.low)} to ${show(point.high)}` : "";
    return [figure.x.show(point.x), line.label, show(point.y), ...(hasIntervals ? [interval] : []), ...(hasNotes ? [point.note ?? ""] : [])];
  }));
  return element("details", { class: "figures" }, element("summary", {}, "Figures"), element("div", { class: "scroll" },
    element("table", {},
      element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)))),
      element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map((text) => element("td", {}, text))))))));
}

let drawnCharts = [];

// Puts the figure into `place`.
function drawFigure(place, figure) {
  const canvas = element("canvas", { role: "img", "aria-label": `${figure.describe}; the table beneath has the figures` });
  const card = element("figure", { class: "chart" }, element("figcaption", {}, figure.title), element("div", { class: "canvas" }, canvas));
  place.append(card);
  const chart = new Chart(canvas, { type: "line", data: { datasets: figure.lines.map(datasetOf) }, options: optionsOf(figure), plugins: [intervalBands] });
  drawnCharts.push(chart);
  card.append(element("div", { class: "controls" }, legendOf(figure, chart), axisTogglesOf(figure, chart)), ...[figure.beneath].filter(Boolean), figuresOf(figure));
}

// Empties a section and fills it with figures; without any it is hidden.
function drawSection(id, figures) {
  const section = document.getElementById(id);
  section.hidden = figures.length === 0;
  const place = section.querySelector(".charts");
  place.replaceChildren();
  figures.forEach((figure) => drawFigure(place, figure));
}

// ---- how lines look -------------------------------------------------------------------------------------------------

const markers = ["circle", "rect", "triangle", "rectRot", "star"];

// The lines of one engine have its colour, the further ones nearer to the paper.
function shade(engine, number) {
  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const [ink, paper] = [colour(engine) || colour("soft"), colour("paper")].map(channels);
  const share = 1 / (1 + 0.45 * (number % 5));
  return `rgb(${ink.map((value, i) => Math.round(value * share + paper[i] * (1 - share))).join(", ")})`;
}

// For each of the items the number that it has among those of its engine.
function numbersWithin(engines) {
  const seen = {};
  return engines.map((engine) => { seen[engine] = (seen[engine] ?? -1) + 1; return seen[engine]; });
}

function lookOf(engine, number) {
  const shaded = shade(engine, number);
  return { borderColor: shaded, backgroundColor: shaded, pointRadius: 4, pointStyle: markers[number % markers.length] };
}
