// What happened over the time of a window: what was offered and done to the left, the latencies to the right, at the
// middle of each interval.

const seriesOf = (run) => run.repetitions.find((repetition) => repetition.complete && repetition.time_series)?.time_series;

function lineOverTime(run, label, valueOf, look, isRight = false) {
  const points = seriesOf(run).map((interval) => ({ x: interval.begin_seconds + interval.seconds / 2, y: valueOf(interval) }));
  return { label, points: points.filter(({ y }) => y !== undefined), isRight, look: { pointRadius: 0, backgroundColor: look.borderColor, ...look } };
}

function linesOverTime(run) {
  const lines = [lineOverTime(run, "done", (interval) => interval.throughput, { borderColor: colour(run.deployment.engine) })];
  if (load(run)) lines.push(lineOverTime(run, "offered", (interval) => interval.offered_per_second, { borderColor: colour("soft"), borderDash: [5, 5], borderWidth: 1 }));
  for (const [name, borderDash] of [["p50", [1, 3]], ["p99", []]]) {
    const latency = (interval) => interval.latency_ns.count > 0 ? interval.latency_ns[name] : undefined;
    lines.push(lineOverTime(run, `latency ${name}`, latency, { borderColor: colour("ink"), borderDash, borderWidth: 1.5 }, true));
  }
  return lines;
}

const figureOverTime = (run) => ({
  title: run.id,
  describe: `Throughput and latency of ${run.id} over the time of one window`,
  lines: linesOverTime(run),
  x: { text: "seconds of the window", show: (x) => `${digits(x)} s`, tick: String, zero: true },
  y: { text: run.summary.throughput?.unit ?? "operations/s", show: withPrefix, tick, zero: true },
  right: { text: "latency", show: duration, logarithmic: true },
});

const drawOverTime = () => drawSection("over-time", runs.filter(seriesOf).map(figureOverTime));
