// Memory by NUMA node, as tables whose cells are coloured by what is in them: how far nodes are from each other, and on
// which of them data lay, beside where they were to lie, where workers were, and what throughput came of it.

const hasSeveralNodes = (record) => record.environment.numa_nodes > 1;

// Colour is an aid: each cell has its number.
function heatCell(text, share) {
  const cell = element("td", { class: "heat" }, text);
  cell.style.setProperty("--share", String(Math.min(Math.max(share, 0), 1)));
  return cell;
}

function heatTable(caption, head, rows) {
  return element("div", { class: "scroll" }, element("table", { class: "nodes" },
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)))),
    element("tbody", {}, ...rows)));
}

// ---- distances -----------------------------------------------------------------------------------------------------

// Each machine's once.
function distancesByHost() {
  const found = new Map();
  for (const { environment } of content.documents) {
    const { numa_distances: distances } = environment;
    if (distances) found.set(JSON.stringify([environment.host_name, distances]), [environment.host_name, distances]);
  }
  return [...found.values()];
}

function distanceTable([host, { nodes, from_to: fromTo }]) {
  const all = fromTo.flat();
  const [least, greatest] = [Math.min(...all), Math.max(...all)];
  const rows = fromTo.map((row, i) => element("tr", {}, element("th", { scope: "row" }, `processors of node ${nodes[i]}`),
    ...row.map((distance) => heatCell(String(distance), greatest > least ? (distance - least) / (greatest - least) : 0))));
  return heatTable(`Distances between the nodes of ${host ?? "the machine"}, as its firmware says: 10 is a node's own memory`, ["", ...nodes.map((node) => `memory of node ${node}`)], rows);
}

// ---- where workers were, and where data lay ------------------------------------------------------------------------

function countedBy(items, keyOf) {
  const counts = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

const sumOf = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

// Stores that were asked to lie in the same place are one row.
function storesByPlace(stores) {
  return [...grouped(stores, (store) => store.asked)].map(([asked, members]) => {
    const pages = {};
    for (const { pages_by_node: byNode } of members) for (const [node, count] of Object.entries(byNode)) pages[node] = (pages[node] ?? 0) + count;
    return { asked: members.length > 1 ? `${members.length} stores, ${asked}` : asked, pages };
  });
}

function placedRuns() {
  return content.documents.flatMap((record, i) => record.environment.data && hasSeveralNodes(record)
    ? record.runs.filter((run) => run.verdict.class !== "invalid").map((run) => ({ run: { ...run, source: content.sources[i] ?? "" }, environment: record.environment })) : [])
    .sort(({ run: a }, { run: b }) => a.deployment.placement.localeCompare(b.deployment.placement) || coresOf(a) - coresOf(b));
}

function nodesOf(placed) {
  const seen = placed.flatMap(({ environment }) => [
    ...environment.workers.map((worker) => worker.node).filter((node) => node !== null && node !== undefined),
    ...environment.data.stores.flatMap((store) => Object.keys(store.pages_by_node).map(Number))]);
  return [...new Set(seen)].sort((a, b) => a - b);
}

const percent = (share) => `${Math.round(100 * share)} %`;

function nodeCells(nodes, counts, textOf) {
  const sum = sumOf(counts) || 1;
  return nodes.map((node) => heatCell(textOf(counts[node] ?? 0, sum), (counts[node] ?? 0) / sum));
}

// What a run is called is in the first of its rows.
function placedRows(nodes, { run, environment }) {
  const workers = countedBy(environment.workers.filter((worker) => Number.isInteger(worker.node)), (worker) => worker.node);
  const stores = storesByPlace(environment.data.stores);
  const rows = [
    [element("td", {}, "workers"), ...nodeCells(nodes, workers, String)],
    ...stores.map(({ asked, pages }) => [element("td", {}, `pages ${asked}`), ...nodeCells(nodes, pages, (count, sum) => percent(count / sum))]),
  ];
  if (stores.length === 0) rows.push([element("td", { colspan: nodes.length + 1 }, `unverified: ${environment.data.unverified_because ?? "there is nothing to verify"}`)]);
  const name = [run.deployment.placement, coresText(coresOf(run)), `depth ${run.deployment.depth}`, ...(hasSources ? [run.source] : [])];
  const span = { rowspan: rows.length };
  const score = environment.data.placement_score;
  return rows.map((cells, i) => element("tr", {}, ...(i > 0 ? [] : [
    element("th", { scope: "rowgroup", ...span }, name[0], ...name.slice(1).map(small)),
    element("td", { class: "number", ...span }, ...throughputCell(run)),
    element("td", { class: "number", ...span }, score === null ? "–" : percent(score))]), ...cells));
}

function placedTable([workload, placed]) {
  const nodes = nodesOf(placed);
  const unit = placed[0].run.summary.throughput?.unit ?? "operations/s";
  return heatTable(`Where the data of ${workload} were to lie, and where they lay when a run had ended`, ["Placement", unit, "In place", "", ...nodes.map((node) => `node ${node}`)],
    placed.flatMap((each) => placedRows(nodes, each)));
}

// A sweep over placements of a machine with one node is told why there is nothing.
function drawNodes() {
  const section = document.getElementById("nodes");
  const tables = [...distancesByHost().map(distanceTable), ...[...grouped(placedRuns(), ({ run }) => workloadText(run))].map(placedTable)];
  const isOverPlacements = new Set(runs.filter((run) => run.deployment.engine === "shared-memory").map((run) => run.deployment.placement)).size > 1;
  const why = element("p", { class: "note" }, "There is nothing to draw: the machine has one NUMA node, so that memory is in the same place under all placements. What differs is what each placement itself costs.");
  const isOneNode = isOverPlacements && !content.documents.some(hasSeveralNodes);
  section.hidden = tables.length === 0 && !isOneNode;
  section.querySelector(".explained").hidden = tables.length === 0;
  section.querySelector(".tables").replaceChildren(...(tables.length === 0 && isOneNode ? [why] : tables));
}
