// What users waited by the region that they were in: a table for each workload and each matrix of round-trip times, with a
// row for each placement of the data.

const inMilliseconds = (ns) => ns >= 1e9 ? String(Math.round(ns / 1e6)) : (ns / 1e6).toPrecision(3);

function placementText(run) {
  const { copies = 1, replication, read_from: readFrom = "primary", home = "", partitioning } = run.deployment;
  return [
    copies === 1 ? "1 copy" : `${copies} copies, acknowledged by ${replication === "none" ? "the first alone" : replication}`,
    ...(readFrom === "primary" ? [] : [`read from ${readFrom}`]),
    home ? `home in ${home}` : partitioning === "range" ? "in ranges" : "by hash",
    ...(hasSources ? [run.source] : []),
  ].join(", ");
}

function regionTable([, unsorted]) {
  const members = [...unsorted].sort((a, b) => (a.deployment.copies ?? 1) - (b.deployment.copies ?? 1) || placementText(a).localeCompare(placementText(b)));
  const [first] = members;
  const kinds = [...new Set(members.flatMap((run) => run.regions.flatMap((region) => Object.keys(region.latency_ns))))].sort();
  const names = first.regions.map((region) => region.name);
  const columns = kinds.flatMap((kind) => names.map((name) => ({ kind, name })));
  const latencyOf = (run, { kind, name }) => run.regions.find((region) => region.name === name)?.latency_ns[kind];
  const greatest = (kind) => Math.max(...members.flatMap((run) => run.regions.map((region) => region.latency_ns[kind]?.p50 ?? 0)), 1);
  const cell = (run, column) => {
    const latency = latencyOf(run, column);
    if (!latency) return element("td", {}, "–");
    const made = heatCell(inMilliseconds(latency.p50), latency.p50 / greatest(column.kind));
    made.append(small(inMilliseconds(latency.p99)));
    return made;
  };
  const { homefraction = 0 } = first.workload.properties;
  const own = homefraction > 0 ? `${Math.round(100 * homefraction)} % of requests for what is the region's own; ` : "";
  const rows = members.map((run) => element("tr", {}, element("th", { scope: "row" }, placementText(run)), ...columns.map((column) => cell(run, column))));
  return heatTable(`${workloadText(first)}; depth ${first.deployment.depth}; ${own}round-trip times to the regions before, and within: ${first.deployment.regions}`,
    ["Data", ...columns.map(({ kind, name }) => `${kind}, ${name}`)], rows);
}

function drawRegions() {
  const section = document.getElementById("regions");
  const found = runs.filter((run) => run.regions && run.verdict.class !== "invalid");
  section.hidden = found.length === 0;
  section.querySelector(".tables").replaceChildren(...[...grouped(found, (run) => JSON.stringify([run.workload, run.deployment.regions, run.deployment.depth]))].map(regionTable));
}
