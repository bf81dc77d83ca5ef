// Claims as bars, redemptions and reversals as lines; everything is read from the table beside it.
function drawCouponDays(canvas) {
  const table = document.getElementById(canvas.dataset.couponDays);
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
  const line = { type: "line", borderWidth: 2, pointRadius: 2, cubicInterpolationMode: "monotone", order: 0 };
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: rows.map((row) => row.cells[0].textContent.trim().slice(5)),
      datasets: [
        series(2, "#c2410c", line),
        series(3, quiet, { ...line, borderDash: [4, 3] }),
        series(1, shade("--color-primary-500"), { order: 1, borderRadius: 3 }),
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
      },
    },
  });
}

document.addEventListener("DOMContentLoaded", () => {
  for (const canvas of document.querySelectorAll("canvas[data-coupon-days]")) drawCouponDays(canvas);
});
