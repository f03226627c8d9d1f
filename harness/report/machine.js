// The tables of the machine, the build and the binding.

const yesNo = (value) => value ? "yes" : "no";
const onOff = (value) => value ? "on" : "off";
const facts = [
  ["Machine"],
  ["Host", "environment", "host_name"],
  ["Processor", "environment", "cpu_model"],
  ["Architecture", "environment", "architecture"],
  ["Topology", "environment", "topology"],
  ["Cores", "environment", "cores"],
  ["Hardware threads", "environment", "processing_units"],
  ["Kinds of cores", "environment", "core_kinds"],
  ["NUMA nodes", "environment", "numa_nodes"],
  ["Last-level caches", "environment", "last_level_cache_bytes", bytes],
  ["Memory", "environment", "memory_bytes", bytes],
  ["Hypervisor", "environment", "hypervisor"],
  ["System"],
  ["Operating system", "environment", "os"],
  ["Kernel", "environment", "kernel"],
  ["Frequency governor", "environment", "scaling_governor"],
  ["Turbo", "environment", "turbo_enabled", onOff],
  ["Transparent huge pages", "environment", "transparent_huge_pages"],
  ["Automatic NUMA balancing", "environment", "numa_balancing", onOff],
  ["Swap", "environment", "swap_enabled", onOff],
  ["Kernel's clock source", "environment", "kernel_clock_source"],
  ["Suite's clock source", "environment", "clock_source"],
  ["MPI", "environment", "mpi", (mpi) => `${mpi.library} ${mpi.version}`, "none"],
  ["Build"],
  ["upout", "suite", "version"],
  ["Commit", "suite", "commit"],
  ["Changes on top of it", "suite", "dirty", yesNo],
  ["Compiler", "suite", "compiler"],
  ["Flags", "suite", "flags"],
  ["Build type", "suite", "build_type"],
  ["Tuned for the building machine", "suite", "native_tuning", yesNo],
  ["Sanitizer", "suite", "sanitizer", (name) => name || "none"],
];

const fewRuns = 4;
const named = (ids) => ids.length <= fewRuns ? ids.join(", ") : `${ids.length} runs`;

// Each value once; where the documents differ, with the runs that it belongs to.
function factCell(part, key, show = String, absent = "not known") {
  const runsByValue = new Map();
  for (const record of content.documents) {
    const value = record[part][key];
    const text = value === null ? absent : show(value);
    runsByValue.set(text, [...(runsByValue.get(text) || []), ...record.runs.map((run) => run.id)]);
  }
  if (runsByValue.size === 1) return [...runsByValue.keys()];
  return [...runsByValue].map(([text, ids]) => element("div", {}, `${text} `, element("span", { class: "where" }, `(${named(ids)})`)));
}

// The load is another before each run: from the least to the greatest.
function loadCell() {
  const loads = content.documents.map((record) => record.environment.load_average_1min).filter((load) => load !== null);
  if (loads.length === 0) return ["not known"];
  const [least, greatest] = [Math.min(...loads), Math.max(...loads)].map(digits);
  return [least === greatest ? least : `${least} to ${greatest}`];
}

function fillEnvironment() {
  const row = (label, cell) => element("tr", {}, element("th", { scope: "row" }, label), element("td", {}, ...cell));
  document.getElementById("environment").tBodies[0].append(...facts.map(([label, ...fact]) => fact.length > 0
    ? row(label, factCell(...fact))
    : element("tr", { class: "group" }, element("th", { colspan: 2, scope: "rowgroup" }, label))),
  row("Load before the runs", loadCell()));
}

function fillWorkers() {
  const table = document.getElementById("workers");
  table.tHead.append(element("tr", {}, ...["Run", "Worker", "Host", "CPU asked for", "CPUs allowed", "Bound"].map((title) => element("th", { scope: "col" }, title))));
  for (const record of content.documents) {
    const ids = record.runs.map((run) => run.id).join(", ");
    for (const worker of record.environment.workers) {
      const cells = [ids, worker.worker, worker.host, worker.asked_cpu < 0 ? "none" : worker.asked_cpu, worker.allowed_cpus.join(", ")];
      table.tBodies[0].append(element("tr", {}, ...cells.map((text) => element("td", {}, text)),
        element("td", { class: worker.achieved ? "passed" : "failed" }, yesNo(worker.achieved))));
    }
  }
}
