// The form of a coupon template. Without this script every line is there, and the server leaves out
// what a kind has no use for.
document.addEventListener("DOMContentLoaded", () => {
  for (const select of document.querySelectorAll("[data-applies]")) prepareChoice(select);
  for (const root of document.querySelectorAll("[data-rows]")) prepareRows(root);
  for (const root of document.querySelectorAll("[data-shares]")) prepareShares(root);
});

// Lines that apply to other choices are hidden, unless they have an error to show.
function prepareChoice(select) {
  const applies = JSON.parse(select.dataset.applies);
  const show = () => {
    for (const [name, choices] of Object.entries(applies)) {
      for (const line of document.querySelectorAll(`.field-line.field-${name}`)) {
        line.hidden = !choices.includes(select.value) && !line.classList.contains("errors");
      }
    }
  };
  select.addEventListener("change", show);
  show();
}

// Rows are shown as they are needed.
function prepareRows(root) {
  const add = root.querySelector("[data-row-add]");
  add.hidden = false;
  for (const row of root.querySelectorAll("[data-row-spare]")) row.remove();
  for (const row of root.querySelectorAll("[data-row]")) prepareClear(root, row);
  add.addEventListener("click", () => {
    const rows = [...root.querySelectorAll("[data-row]")];
    if (rows.length >= Number(root.dataset.most)) return;
    const fresh = rows.at(-1).cloneNode(true);
    const number = freeNumber(rows);
    for (const control of fresh.querySelectorAll("[name]")) control.name = control.name.replace(/-\d+-/, `-${number}-`);
    fresh.querySelector("input").value = "";
    rows.at(-1).after(fresh);
    prepareClear(root, fresh);
    fresh.querySelector("select").focus();
  });
}

function freeNumber(rows) {
  const used = new Set(rows.map((row) => Number(row.querySelector("[name]").name.match(/-(\d+)-/)[1])));
  let number = 0;
  while (used.has(number)) number += 1;
  return number;
}

function prepareClear(root, row) {
  const button = row.querySelector("[data-row-clear]");
  button.hidden = false;
  button.addEventListener("click", () => {
    row.querySelector("input").value = "";
    if (root.querySelectorAll("[data-row]").length > 1) row.remove();
    root.closest("form").dispatchEvent(new Event("change", { bubbles: true }));
    root.querySelector("[data-row-add]").focus();
  });
}

// What the shares of the cost add up to, as they are typed.
function prepareShares(root) {
  const sum = root.querySelector("[data-share-sum]");
  const inputs = [...root.querySelectorAll("[data-share]")];
  const show = () => {
    const total = inputs.reduce((all, input) => all + Math.round(Number(input.value.normalize("NFKC").replace("%", "") || 0) * 100), 0);
    sum.hidden = false;
    sum.textContent = Number.isNaN(total) ? "" : `${sum.dataset.words} ${total / 100}%`;
    sum.classList.toggle("fx-wrong", total !== 10000);
  };
  root.addEventListener("input", show);
  show();
}
