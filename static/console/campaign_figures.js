// Charts of a campaign's figures; everything is read from the table beside them.
function drawCampaignChart(canvas) {
  const table = document.getElementById(canvas.dataset.campaignChart);
  const across = "across" in canvas.dataset;
  let rows = [...table.tBodies[0].rows];
  rows = across ? rows.slice(0, 10) : rows.reverse();
  const shade = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const quiet = shade("--fx-quiet") || "#64748b";
  const looks = [
    { colour: shade("--color-primary-500"), more: { order: 1, borderRadius: 3 } },
    { colour: quiet, more: across ? { borderRadius: 3 } : line({ borderDash: [4, 3] }) },
    { colour: "#c2410c", more: across ? { borderRadius: 3 } : line({}) },
  ];
  const columns = canvas.dataset.series.split(",").map(Number);
  if (across) looks.splice(1, 1);
  const datasets = columns.map((column, place) => ({
    label: table.tHead.rows[0].cells[column].textContent.trim(),
    data: rows.map((row) => Number(row.cells[column].dataset.value)),
    backgroundColor: looks[place].colour,
    borderColor: looks[place].colour,
    ...looks[place].more,
  }));
  const counts = { beginAtZero: true, ticks: { precision: 0, color: quiet }, grid: { color: shade("--fx-line") } };
  const names = { ticks: { color: quiet, maxRotation: 0, autoSkipPadding: 12, autoSkip: !across }, grid: { display: false } };
  new Chart(canvas, {
    type: "bar",
    data: { labels: rows.map((row) => label(row.cells[0].textContent.trim(), across)), datasets },
    options: {
      indexAxis: across ? "y" : "x",
      maintainAspectRatio: false,
      animation: false,
      interaction: { mode: "index", intersect: false, axis: across ? "y" : "x" },
      plugins: { legend: { labels: { color: quiet, boxWidth: 12 } } },
      scales: across ? { x: counts, y: names } : { x: names, y: counts },
    },
  });
}

function line(more) {
  return { type: "line", borderWidth: 2, pointRadius: 2, cubicInterpolationMode: "monotone", order: 0, ...more };
}

function label(text, across) {
  return across ? text.slice(0, 12) : text.slice(5);
}

document.addEventListener("DOMContentLoaded", () => {
  for (const canvas of document.querySelectorAll("canvas[data-campaign-chart]")) drawCampaignChart(canvas);
});
