// The Universal Scalability Law that fits a series best: a line through its points, and its coefficients beneath.

function lawOf(chart, series) {
  const workload = content.analysis.workloads.find((each) => each.workload === chart.workload);
  const found = workload?.series.find((each) => each.label === series.label)?.models.usl;
  return found?.fitted && !isOverShares(chart) ? found : undefined;
}

function fittedLines(chart) {
  const numbers = numbersWithin(chart.series.map((series) => series.engine));
  return chart.series.flatMap((series, of) => {
    const law = lawOf(chart, series);
    if (!law) return [];
    const [lambda, sigma, kappa] = ["lambda", "sigma", "kappa"].map((name) => law[name].value);
    const [first, last] = [series.points[0].cores, series.points[series.points.length - 1].cores];
    const steps = 64;
    const cores = Array.from({ length: steps + 1 }, (_, step) => first + (last - first) * step / steps);
    const points = cores.map((n) => ({ x: n, y: lambda * n / (1 + sigma * (n - 1) + kappa * n * (n - 1)) }));
    return [{ label: `${series.label}, fitted`, points, of, look: { borderColor: shade(series.engine, numbers[of]), borderWidth: 1.5, borderDash: [7, 4], pointRadius: 0 } }];
  });
}

// Coefficients are small: significant digits, and no prefix.
const coefficient = (value) => value === null ? "no end" : String(Number(value.toPrecision(3)));

function estimateCell({ value, ci95 }, show = coefficient) {
  const [low, high] = ci95 ?? [value, value];
  const cell = element("td", {}, show(value));
  if (low !== high) cell.append(small(`${show(low)} to ${show(high)}`));
  return cell;
}

function lawRow(series, law) {
  const row = element("tr", {}, element("th", { scope: "row" }, series.label), estimateCell(law.lambda, withPrefix),
    ...["sigma", "kappa", "peak_cores"].map((name) => estimateCell(law[name])));
  row.append(element("td", {}, law.r_squared.toFixed(4), small(`off by at most ${coefficient(100 * law.greatest_deviation)} %`)));
  return row;
}

// Nothing where nothing was fitted.
function lawTable(chart) {
  const rows = chart.series.filter((series) => lawOf(chart, series)).map((series) => lawRow(series, lawOf(chart, series)));
  if (rows.length === 0) return null;
  const titles = ["Universal Scalability Law", "λ, of one core", "σ, contention", "κ, coherence", "Peak, cores", "R²"];
  return element("div", { class: "scroll" }, element("table", { class: "laws" },
    element("thead", {}, element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title)))),
    element("tbody", {}, ...rows)));
}
