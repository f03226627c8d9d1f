// Fills the page, and draws it anew where its colours change.

function drawCharts() {
  drawnCharts.splice(0).forEach((chart) => chart.destroy());
  drawCosts();
  drawThroughput();
  drawLatencies();
  drawOverTime();
}

fillRuns();
fillEnvironment();
fillWorkers();
drawNodes();
drawRegions();
drawCharts();

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);

// On paper: light, and with everything open that a reader has to see.
const opened = [];
addEventListener("beforeprint", () => {
  document.documentElement.classList.add("printing");
  drawCharts();
  for (const details of document.querySelectorAll("details:not([open])")) {
    if (details.querySelector("summary.passed")) continue;
    details.open = true;
    opened.push(details);
  }
});
addEventListener("afterprint", () => {
  document.documentElement.classList.remove("printing");
  for (const details of opened.splice(0)) details.open = false;
  drawCharts();
});
