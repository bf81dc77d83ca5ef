// Small manners of the consoles; everything works without them.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.submit();
});

document.addEventListener("DOMContentLoaded", () => {
  for (const canvas of document.querySelectorAll("canvas[data-bars]")) drawBars(canvas);
});

// Also in dialogs, which come after the page.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) navigator.clipboard?.writeText(button.dataset.copy);
});

// Horizontal bars from the table beside the chart: one source for the eye and for the reader.
function drawBars(canvas) {
  const rows = [...document.querySelectorAll(`#${canvas.dataset.bars} tbody tr`)];
  const shade = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const quiet = shade("--fx-quiet") || "#64748b";
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: rows.map((row) => row.cells[0].textContent.trim()),
      datasets: [{
        data: rows.map((row) => Number(row.dataset.value)),
        backgroundColor: shade("--color-primary-500"),
        borderRadius: 4,
        maxBarThickness: 18,
      }],
    },
    options: {
      indexAxis: "y",
      maintainAspectRatio: false,
      animation: false,
      plugins: { legend: { display: false } },
      scales: {
        x: { beginAtZero: true, ticks: { precision: 0, color: quiet }, grid: { color: shade("--fx-line") } },
        y: { ticks: { color: quiet, autoSkip: false }, grid: { display: false } },
      },
    },
  });
}
