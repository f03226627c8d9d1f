// What all of the page's script shares: the runs, elements, and how numbers are put. All text is put in as text
// (textContent), never as markup.

const content = JSON.parse(document.getElementById("content").textContent);
// Each run knows the sweep that it is of, where there are several.
const runs = content.documents.flatMap((record, i) => record.runs.map((run) => ({ ...run, source: content.sources[i] ?? "" })));
const hasSources = new Set(runs.map((run) => run.source)).size > 1;

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
const small = (text) => element("span", { class: "range" }, text);
