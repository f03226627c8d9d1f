// Money over throughput: what the cheapest deployment costs that carries so much, up and out. Of deployments only what
// they carry is known, so that the price is a step line.

// Where both cost the same, the wider line shows on both sides of the other.
function costLine({ engine, label, points }, number) {
  const steps = points.map(({ carries, price_per_hour: y, deployment: note }) => ({ x: carries, y, note }));
  return {
    label,
    points: [{ ...steps[0], x: 0, isGuide: true }, ...steps],
    look: { ...lookOf(engine, 0), stepped: "after", borderWidth: number === 0 ? 2 : 4, pointRadius: [0, ...steps.map(() => number === 0 ? 4 : 5)] },
  };
}

function costFigure({ workload, unit, currency, lines }) {
  const money = (value) => `${Number(value.toPrecision(3))} ${currency}`;
  return {
    title: workload,
    describe: `Cost of ${workload} against throughput`,
    lines: lines.map(costLine),
    x: { text: `carries, ${unit}`, show: (value) => `${withPrefix(value)} ${unit}`, tick, zero: true },
    y: { text: `${currency} an hour`, show: money, tick: (value) => String(Number(value.toPrecision(3))), zero: true },
  };
}

const drawCosts = () => drawSection("cost", content.costs.map(costFigure));
