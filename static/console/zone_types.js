// Rows of a product type's fields and disclosures, and the preview that follows them.
document.addEventListener("DOMContentLoaded", () => {
  for (const root of document.querySelectorAll("[data-rows]")) prepareRows(root);
  const preview = document.querySelector("[data-type-preview]");
  const form = document.querySelector("#producttype_form");
  if (preview && form) preparePreview(form, preview);
});

function prepareRows(root) {
  const list = root.querySelector("[data-rows-list]");
  for (const row of list.children) fitCells(row);
  root.addEventListener("change", (event) => {
    if (event.target.matches("[data-type-choice]")) fitCells(event.target.closest("[data-row]"));
  });
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.rowsAdd) return addRow(root, list, button.dataset.rowsAdd);
    const row = button.closest("[data-row]");
    if ("up" in button.dataset && row.previousElementSibling) move(row, button, () => row.previousElementSibling.before(row));
    if ("down" in button.dataset && row.nextElementSibling) move(row, button, () => row.nextElementSibling.after(row));
    if ("remove" in button.dataset) removeRow(root, list, row);
  });
}

// Cells that mean something for the row's type only.
function fitCells(row) {
  const choice = row.querySelector("[data-type-choice]");
  if (!choice) return;
  row.dataset.type = choice.value;
  for (const cell of row.querySelectorAll("[data-for]")) cell.hidden = !cell.dataset.for.split(" ").includes(choice.value);
}

let fresh = 0;
function addRow(root, list, cell) {
  if (list.children.length >= Number(root.dataset.most)) return;
  fresh += 1;
  const token = `n${Date.now().toString(36)}${fresh}`;
  const holder = document.createElement("div");
  holder.innerHTML = root.querySelector("template").innerHTML.replaceAll("__row__", token);
  const row = holder.firstElementChild;
  list.append(row);
  fitCells(row);
  told(root, list);
  row.querySelector(`[name$="-${cell}"]`).focus();
}

function move(row, button, act) {
  act();
  button.focus();
  told(row.closest("[data-rows]"), row.parentElement);
}

function removeRow(root, list, row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  told(root, list);
  (next?.querySelector("[data-remove]") ?? root.querySelector("[data-rows-add]")).focus();
}

function told(root, list) {
  root.querySelector("[data-rows-empty]").hidden = list.children.length > 0;
  root.dispatchEvent(new Event("change", { bubbles: true }));
}

function preparePreview(form, place) {
  let waiting = 0;
  let asked = 0;
  const refresh = async () => {
    const number = (asked += 1);
    const answer = await fetch(place.dataset.typePreview, { method: "POST", body: new FormData(form) }).catch(() => null);
    if (!answer?.ok || number !== asked) return;
    const text = await answer.text();
    if (number === asked) place.innerHTML = text;
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 350);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  refresh();
}
