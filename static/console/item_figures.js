// Shows and reach as bars, touches and closes as lines on an axis of their own: they are far fewer.
// Everything is read from the table beside the chart.
function drawDelivery(canvas) {
  const table = document.getElementById(canvas.dataset.delivery);
  const rows = [...table.tBodies[0].rows].reverse();
  const shade = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const quiet = shade("--fx-quiet") || "#64748b";
  const series = (column, colour, more) => ({
    label: table.tHead.rows[0].cells[column].textContent.trim(),
    data: rows.map((row) => Number(row.cells[column].dataset.value)),
    backgroundColor: colour,
    borderColor: colour,
    ...more,
  });
  const line = { type: "line", yAxisID: "few", borderWidth: 2, pointRadius: 2, tension: 0.25 };
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: rows.map((row) => row.cells[0].textContent.trim().slice(5)),
      datasets: [
        series(3, "#c2410c", { ...line, order: 0 }),
        series(4, quiet, { ...line, borderDash: [4, 3], order: 0 }),
        series(1, shade("--color-primary-500"), { order: 1, borderRadius: 3 }),
        series(2, shade("--color-primary-300"), { order: 1, borderRadius: 3 }),
      ],
    },
    options: {
      maintainAspectRatio: false,
      animation: false,
      interaction: { mode: "index", intersect: false },
      plugins: { legend: { labels: { color: quiet, boxWidth: 12 } } },
      scales: {
        x: { ticks: { color: quiet, maxRotation: 0, autoSkipPadding: 12 }, grid: { display: false } },
        y: { beginAtZero: true, ticks: { precision: 0, color: quiet }, grid: { color: shade("--fx-line") } },
        few: {
          position: "right",
          beginAtZero: true,
          ticks: { precision: 0, color: quiet },
          grid: { display: false },
        },
      },
    },
  });
}

document.addEventListener("DOMContentLoaded", () => {
  for (const canvas of document.querySelectorAll("canvas[data-delivery]")) drawDelivery(canvas);
});
