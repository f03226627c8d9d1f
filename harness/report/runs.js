// The table of runs.

function throughputCell(run) {
  const found = run.summary.throughput;
  if (found === null) return ["–"];
  const cell = [withPrefix(found.median), small(range(...found.ci95, found.median))];
  if (found.confidence < 0.95) cell.push(small(`covers ${(100 * found.confidence).toFixed(0)} %`));
  return cell;
}

function speedUpCell(run) {
  const found = content.speed_ups[run.source]?.[run.id];  // of the closed loops of that id
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
  ...(hasSources ? [["Sweep", "half", (run) => [run.source]]] : []),
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
  const order = (run) => [run.source, run.workload.name, padded(run.workload.properties.crosspartition ?? 0), run.deployment.engine, run.deployment.concurrency_control, padded(run.deployment.depth), padded(coresOf(run))].join("\0");
  const table = document.getElementById("runs");
  table.tHead.append(element("tr", {}, ...columns.map(([title, style]) => element("th", { class: style, scope: "col" }, title))));
  const sorted = [...runs].sort((a, b) => order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0);
  table.tBodies[0].append(...sorted.map((run) =>
    element("tr", { "data-id": run.id, "data-verdict": run.verdict.class }, ...columns.map(([title, style, cell]) =>
      element("td", { class: style, "data-label": title }, ...cell(run))))));
}
