// The form of a zone product. Without this script every row is there, and empty ones do not count.
document.addEventListener("DOMContentLoaded", () => {
  for (const root of document.querySelectorAll("[data-zone-rows]")) prepareRows(root);
});

function prepareRows(root) {
  const add = root.querySelector("[data-row-add]");
  add.hidden = false;
  for (const row of root.querySelectorAll("[data-row-spare]")) row.remove();
  for (const row of root.querySelectorAll("[data-row]")) prepareClear(root, row);
  add.addEventListener("click", () => addRow(root));
}

function addRow(root) {
  const rows = [...root.querySelectorAll("[data-row]")];
  if (rows.length >= Number(root.dataset.most)) return;
  const last = rows.at(-1);
  const fresh = last.cloneNode(true);
  const number = freeNumber(rows);
  for (const control of fresh.querySelectorAll("[name]")) {
    control.name = control.name.replace(/-\d+(?=-|$)/, `-${number}`);
    control.value = "";
  }
  carryOver(root, last, fresh);
  last.after(fresh);
  prepareClear(root, fresh);
  renumber(root);
  fresh.querySelector("input, select").focus();
}

// The next tier begins where the last one ended, of the same term.
function carryOver(root, last, fresh) {
  for (const pair of (root.dataset.carry || "").split(",").filter(Boolean)) {
    const [from, to] = pair.split(":");
    const source = last.querySelector(`[name$="-${from}"]`);
    fresh.querySelector(`[name$="-${to}"]`).value = source.value;
  }
}

function freeNumber(rows) {
  const used = new Set(rows.map((row) => Number(row.querySelector("[name]").name.match(/-(\d+)(?=-|$)/)[1])));
  let number = 0;
  while (used.has(number)) number += 1;
  return number;
}

function prepareClear(root, row) {
  const button = row.querySelector("[data-row-clear]");
  button.hidden = false;
  button.addEventListener("click", () => {
    if (root.querySelectorAll("[data-row]").length > 1) row.remove();
    else for (const control of row.querySelectorAll("[name]")) if (control.tagName === "INPUT" || !root.dataset.carry) control.value = "";
    renumber(root);
    root.closest("form").dispatchEvent(new Event("change", { bubbles: true }));
    root.querySelector("[data-row-add]").focus();
  });
}

function renumber(root) {
  root.querySelectorAll("[data-row-number]").forEach((cell, index) => {
    cell.textContent = index + 1;
  });
}
