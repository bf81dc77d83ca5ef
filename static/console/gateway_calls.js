// Everything is read from the table beside the chart.
function callsShade(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function callsTable(id) {
  const table = document.getElementById(id);
  const rows = [...table.tBodies[0].rows].reverse();
  return {
    labels: rows.map((row) => row.cells[0].dataset.label),
    column: (number) => ({
      label: table.tHead.rows[0].cells[number].textContent.trim(),
      data: rows.map((row) => {
        const value = row.cells[number].dataset.value;
        return value === "" ? null : Number(value);
      }),
    }),
  };
}

function drawCalls(canvas, labels, type, datasets, options = {}) {
  const quiet = callsShade("--fx-quiet") || "#64748b";
  new Chart(canvas, {
    type,
    data: { labels, datasets },
    options: {
      maintainAspectRatio: false,
      animation: false,
      interaction: { mode: "index", intersect: false },
      plugins: { legend: { labels: { color: quiet, boxWidth: 12 } } },
      scales: {
        x: { stacked: options.stacked, ticks: { color: quiet, maxRotation: 0, autoSkipPadding: 12 }, grid: { display: false } },
        y: {
          beginAtZero: true,
          stacked: options.stacked,
          ticks: { precision: 0, color: quiet },
          grid: { color: callsShade("--fx-line") },
          title: { display: Boolean(options.unit), text: options.unit, color: quiet },
        },
      },
    },
  });
}

const CALL_LINE = { type: "line", borderWidth: 2, pointRadius: 2, cubicInterpolationMode: "monotone", spanGaps: true, order: 0 };

function callSeries(found, colour, more) {
  return { ...found, backgroundColor: colour, borderColor: colour, ...more };
}

document.addEventListener("DOMContentLoaded", () => {
  const quiet = callsShade("--fx-quiet") || "#64748b";
  const strong = callsShade("--color-primary-500");
  const pale = callsShade("--color-primary-300");
  for (const canvas of document.querySelectorAll("canvas[data-calls]")) {
    const table = callsTable(canvas.dataset.calls);
    drawCalls(canvas, table.labels, "bar", [
      callSeries(table.column(2), quiet, CALL_LINE),
      callSeries(table.column(3), "#c2410c", CALL_LINE),
      callSeries(table.column(1), strong, { order: 1, borderRadius: 3 }),
    ]);
  }
  for (const canvas of document.querySelectorAll("canvas[data-latencies]")) {
    const table = callsTable(canvas.dataset.latencies);
    drawCalls(canvas, table.labels, "line", [
      callSeries(table.column(4), pale, CALL_LINE),
      callSeries(table.column(5), strong, CALL_LINE),
      callSeries(table.column(6), "#c2410c", CALL_LINE),
    ], { unit: "ms" });
  }
  for (const canvas of document.querySelectorAll("canvas[data-usage]")) {
    const table = callsTable(canvas.dataset.usage);
    const bar = { borderRadius: 3 };
    drawCalls(canvas, table.labels, "bar", [
      callSeries(table.column(2), strong, bar),
      callSeries(table.column(3), quiet, bar),
      callSeries(table.column(4), "#c2410c", bar),
    ], { stacked: true });
  }
});
