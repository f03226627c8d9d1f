// Latencies: against the throughput at which they were had, and how they are distributed.

const measuredRuns = () => runs.filter((run) => run.verdict.class !== "invalid" && run.summary.throughput !== null);

// The kind of operation of which a run has most.
function mainLatency(run) {
  const kinds = Object.entries(run.summary.latency_ns).filter(([, latency]) => latency.count > 0);
  if (kinds.length === 0) return undefined;
  const [kind, latency] = kinds.reduce((most, next) => next[1].count > most[1].count ? next : most);
  return { kind, latency };
}

function grouped(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

const workloadText = (run) => [run.workload.name, ...crossPartition(run).map((text) => text.textContent)].join(", ");

// Members of deployments that are a choice, and not the size or the load.
const choices = ["index", "partitioning", "binding", "placement", "islands", "concurrency_control", "transport", "read_path", "rebalance", "batch_bytes", "batch_turns", "link_delay_ns", "regions", "home", "clients", "replication", "read_from", "durability", "partitions", "threads_per_rank"];

// How a run used its cores. Partitions are the ranks' number unless they were chosen; threads are how shared memory grows.
function choiceOf(run, member) {
  const { [member]: value, engine, partitions, ranks } = run.deployment;
  if (engine !== "shared-nothing" && ["partitions", "threads_per_rank"].includes(member)) return undefined;
  if (member === "home" && value === "") return "everywhere";
  return member === "partitions" && partitions + clients(run) === ranks ? "one a rank" : value;
}

// Those in which runs of an engine differ.
const tellingChoices = (engine) => choices.filter((member) => new Set(runs.filter((run) => run.deployment.engine === engine).map((run) => choiceOf(run, member))).size > 1);

function cutsText(run) {
  const choice = (member) => `${member.replaceAll("_", " ")} ${choiceOf(run, member)}`;
  return [...(hasSources ? [run.source] : []), run.deployment.engine, ...tellingChoices(run.deployment.engine).map(choice), coresText(coresOf(run))].join(", ");
}

// Of the runs of one workload: those that differ only in the load that they carried are one line. Lines of one
// point tell nothing that the table does not.
function latencyFigures([workload, members]) {
  const groups = [...grouped(members, cutsText)].filter(([, group]) => group.length > 1);
  if (groups.length === 0) return [];
  const numbers = numbersWithin(groups.map(([, [first]]) => first.deployment.engine));
  const lines = groups.flatMap(([label, group], i) => [["p50", [2, 3]], ["p99", []]].map(([name, borderDash]) => ({
    label: `${label}: ${name}`,
    points: group.map((run) => ({ x: run.summary.throughput.median, y: mainLatency(run).latency[name], note: load(run) ? `${withPrefix(load(run).offered_per_second)} offered` : `depth ${run.deployment.depth}` })).sort((a, b) => a.x - b.x),
    look: { ...lookOf(group[0].deployment.engine, numbers[i]), borderDash },
  })));
  const unit = members[0].summary.throughput.unit;
  return [{
    title: workload,
    describe: `Latency of ${workload} against throughput`,
    lines,
    x: { text: unit, show: (value) => `${withPrefix(value)} ${unit}`, tick, zero: true },
    y: { text: `latency of ${[...new Set(members.map((run) => mainLatency(run).kind))].join(", ")}`, show: duration, logarithmic: true },
  }];
}

// By the nines of the percentile, as HdrHistogram draws it: each step to the right is a tenth of the operations.
const percentiles = [["p50", 0.5], ["p90", 0.9], ["p99", 0.99], ["p999", 0.999]];
const nines = (share) => -Math.log10(1 - share);
const percentileText = (x) => `${Number((100 * (1 - 10 ** -x)).toFixed(4))} %`;

function distributionFigure([workload, members]) {
  const numbers = numbersWithin(members.map((run) => run.deployment.engine));
  const lines = members.map((run, i) => {
    const { latency } = mainLatency(run);
    const points = percentiles.map(([name, share]) => ({ x: nines(share), y: latency[name] }));
    return { label: `${cutsText(run)}, ${load(run) ? `${withPrefix(load(run).offered_per_second)} offered` : `depth ${run.deployment.depth}`}`, points, look: lookOf(run.deployment.engine, numbers[i]) };
  });
  return {
    title: workload,
    describe: `Distribution of the latencies of ${workload}`,
    lines,
    x: { text: "percentile", show: percentileText, ticks: percentiles.map(([, share]) => nines(share)) },
    y: { text: `latency of ${[...new Set(members.map((run) => mainLatency(run).kind))].join(", ")}`, show: duration, logarithmic: true },
  };
}

function drawLatencies() {
  const byWorkload = [...grouped(measuredRuns().filter(mainLatency), workloadText)];
  drawSection("latency", byWorkload.flatMap(latencyFigures));
  drawSection("distribution", byWorkload.map(distributionFigure));
}
