// The rewards of a campaign's form. Without this script every part of every row is there, and the
// server reads the part that belongs to the kind that is chosen.
document.addEventListener("DOMContentLoaded", () => {
  for (const root of document.querySelectorAll("[data-rewards]")) prepareRewards(root);
  prepareEvents();
});

function prepareRewards(root) {
  const blank = root.querySelector("[data-reward-spare]")?.cloneNode(true);
  for (const row of root.querySelectorAll("[data-reward-spare]")) row.remove();
  for (const row of root.querySelectorAll("[data-reward]")) prepareReward(root, row);
  const add = root.querySelector("[data-reward-add]");
  add.hidden = !blank;
  add.addEventListener("click", () => {
    const rows = [...root.querySelectorAll("[data-reward]")];
    if (!blank || rows.length >= Number(root.dataset.most)) return;
    const fresh = blank.cloneNode(true);
    renumber(fresh, freeNumberOf(rows));
    fresh.removeAttribute("data-reward-spare");
    rows.at(-1).after(fresh);
    const kind = fresh.querySelector("[data-reward-kind]");
    kind.value = "grant_coupon";
    prepareReward(root, fresh);
    kind.focus();
  });
}

function prepareReward(root, row) {
  const kind = row.querySelector("[data-reward-kind]");
  const show = () => {
    for (const part of row.querySelectorAll("[data-reward-part]")) part.hidden = part.dataset.rewardPart !== kind.value;
  };
  kind.addEventListener("change", show);
  show();
  const clear = row.querySelector("[data-reward-clear]");
  clear.hidden = false;
  clear.addEventListener("click", () => {
    for (const control of row.querySelectorAll("select:not([data-reward-kind]), input")) control.value = "";
    if (root.querySelectorAll("[data-reward]").length > 1) row.remove();
    root.closest("form").dispatchEvent(new Event("change", { bubbles: true }));
    root.querySelector("[data-reward-add]").focus();
  });
  preparePool(root, row);
}

function preparePool(root, row) {
  const add = row.querySelector("[data-pool-add]");
  for (const line of row.querySelectorAll("[data-pool-spare]")) line.remove();
  add.hidden = false;
  add.addEventListener("click", () => {
    const lines = [...row.querySelectorAll("[data-pool-line]")];
    if (lines.length >= Number(root.dataset.mostLines)) return;
    const fresh = lines.at(-1).cloneNode(true);
    const number = 1 + Math.max(...lines.map((line) => Number(line.querySelector("select").name.match(/pool-(\d+)-/)[1])));
    for (const control of fresh.querySelectorAll("[name]")) control.name = control.name.replace(/pool-\d+-/, `pool-${number}-`);
    fresh.querySelector("select").value = "";
    fresh.querySelector("input").value = "1";
    add.before(fresh);
    fresh.querySelector("select").focus();
  });
}

function renumber(row, number) {
  for (const control of row.querySelectorAll("[name]")) control.name = control.name.replace(/^([a-z_]+)-\d+-/, `$1-${number}-`);
}

function freeNumberOf(rows) {
  const used = new Set(rows.map((row) => Number(row.querySelector("[name]").name.match(/-(\d+)-/)[1])));
  let number = 0;
  while (used.has(number)) number += 1;
  return number;
}

// Who joins on the page pays nothing: amounts and scenes step back when nothing else qualifies.
function prepareEvents() {
  const group = document.getElementById("id_events");
  if (!group || !group.querySelector("input")) return;
  const show = () => {
    const chosen = [...group.querySelectorAll("input:checked")].map((input) => input.value);
    const idle = chosen.length === 1 && chosen[0] === "joined";
    for (const part of document.querySelectorAll("[data-condition]")) {
      const filled = [...part.querySelectorAll("input")].some((input) => (input.type === "checkbox" ? input.checked : input.value));
      part.hidden = idle && !filled;
    }
  };
  group.addEventListener("change", show);
  show();
}
