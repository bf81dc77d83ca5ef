// Outcomes as stacked bars; everything is read from the table below.
function drawLiveDays(canvas) {
  const table = document.getElementById(canvas.dataset.liveDays);
  const rows = [...table.tBodies[0].rows];
  const shade = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const quiet = shade("--fx-quiet") || "#64748b";
  const colours = ["#15803d", "#b91c1c", "#d97706", "#94a3b8"];
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: rows.map((row) => row.cells[0].textContent.trim().slice(5)),
      datasets: colours.map((colour, at) => ({
        label: table.tHead.rows[0].cells[at + 1].textContent.trim(),
        data: rows.map((row) => Number(row.cells[at + 1].dataset.value)),
        backgroundColor: colour,
        borderRadius: 2,
        maxBarThickness: 36,
      })),
    },
    options: {
      maintainAspectRatio: false,
      animation: false,
      interaction: { mode: "index", intersect: false },
      plugins: { legend: { labels: { color: quiet, boxWidth: 12 } } },
      scales: {
        x: { stacked: true, ticks: { color: quiet, maxRotation: 0, autoSkipPadding: 12 }, grid: { display: false } },
        y: { stacked: true, beginAtZero: true, ticks: { precision: 0, color: quiet }, grid: { color: shade("--fx-line") } },
      },
    },
  });
}

document.addEventListener("DOMContentLoaded", () => {
  for (const canvas of document.querySelectorAll("canvas[data-live-days]")) drawLiveDays(canvas);
});
