// Rows of hours: shown as they are needed. Without this script all spare rows are there to fill in.
document.addEventListener("DOMContentLoaded", () => {
  for (const root of document.querySelectorAll("[data-windows]")) prepareWindows(root);
});

function prepareWindows(root) {
  const add = root.querySelector("[data-window-add]");
  add.hidden = false;
  for (const row of root.querySelectorAll("[data-window-spare]")) row.remove();
  for (const row of root.querySelectorAll("[data-window]")) prepareClear(row);
  add.addEventListener("click", () => {
    const rows = [...root.querySelectorAll("[data-window]")];
    if (rows.length >= Number(root.dataset.most)) return;
    const fresh = rows.at(-1).cloneNode(true);
    clearRow(fresh);
    const number = nextNumber(rows);
    for (const input of fresh.querySelectorAll("[name]")) input.name = input.name.replace(/-\d+-(days|from|until)$/, `-${number}-$1`);
    rows.at(-1).after(fresh);
    prepareClear(fresh);
    fresh.querySelector("input").focus();
  });
}

function nextNumber(rows) {
  const used = new Set(rows.map((row) => Number(row.querySelector("[name]").name.match(/-(\d+)-/)[1])));
  let number = 0;
  while (used.has(number)) number += 1;
  return number;
}

function prepareClear(row) {
  const button = row.querySelector("[data-window-clear]");
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = row.closest("[data-windows]");
    clearRow(row);
    if (root.querySelectorAll("[data-window]").length > 1) row.remove();
    root.closest("form").dispatchEvent(new Event("change", { bubbles: true }));
    root.querySelector("[data-window-add]").focus();
  });
}

function clearRow(row) {
  for (const input of row.querySelectorAll("input")) {
    if (input.type === "checkbox") input.checked = false;
    else input.value = "";
  }
}
