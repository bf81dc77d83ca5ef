// Order by dragging or buttons, and contrast while typing. Without it: boxes, numbers, and the server's word.
document.addEventListener("DOMContentLoaded", () => {
  document.documentElement.classList.add("fx-scripted");
  document.querySelectorAll("[data-order]").forEach(prepareOrder);
  document.querySelectorAll("[data-palette-strip]").forEach(preparePalette);
});

// --- order: rows of a list; a ticked row stands in the upper list -----------------------------------
const chosenOf = (root) => root.querySelector(":scope > [data-order-chosen]") || root;
const availableOf = (root) => root.querySelector(":scope > details > [data-order-available]");
const rowsOf = (list) => [...list.children].filter((child) => child.matches("[data-order-row]"));

function prepareOrder(root) {
  // Of a picker the list of chosen rows; of the groups the list itself.
  const upper = chosenOf(root), lower = availableOf(root);
  const rows = [...rowsOf(upper), ...(lower ? rowsOf(lower) : [])];
  for (const row of rows) {
    for (const button of row.querySelectorAll(":scope > [data-order-move]")) {
      button.hidden = false;
      button.addEventListener("click", () => moveRow(root, row, Number(button.dataset.orderMove), button));
    }
    if (row.querySelector(":scope > [data-order-handle]")) prepareDrag(root, row);
  }
  if (lower) {
    root.addEventListener("change", (event) => {
      if (event.target.matches("[data-order-box]")) tick(root, upper, lower, event.target);
    });
  }
  root.addEventListener("change", (event) => {
    const row = event.target.closest("[data-order-row]");
    if (event.target.matches("[data-order-number]") && row.parentElement === upper) placeByNumber(root, upper, row, event.target);
  });
  renumber(root);
}

function renumber(root) {
  const upper = chosenOf(root), lower = availableOf(root);
  rowsOf(upper).forEach((row, index) => setNumber(row, index + 1));
  if (!lower) return;
  rowsOf(lower).forEach((row) => setNumber(row, ""));
  const count = rowsOf(upper).length, limit = Number(root.dataset.limit);
  const shown = root.querySelector(":scope > details > summary > .fx-order-count");
  shown.querySelector("[data-order-count]").textContent = count;
  shown.classList.toggle("fx-order-over", count > limit);
  const ofGroup = root.closest(".fx-group")?.querySelector("[data-group-count]");
  if (ofGroup) ofGroup.textContent = count;
}

function setNumber(row, number) {
  const input = row.querySelector(":scope > [data-order-number]");
  if (input) input.value = number;
}

function tick(root, upper, lower, box) {
  const row = box.closest("[data-order-row]");
  if (box.checked) upper.append(row);
  else lower.prepend(row);
  renumber(root);
  const more = lower.parentElement;
  (box.checked || more.open ? box : more.querySelector("summary")).focus();
}

function moveRow(root, row, step, button) {
  const list = row.parentElement, rows = rowsOf(list);
  const other = rows[rows.indexOf(row) + step];
  if (!other) return;
  if (step < 0) other.before(row);
  else other.after(row);
  changed(root);
  button.focus();
}

function placeByNumber(root, upper, row, input) {
  const wanted = Math.max(1, Number(input.value) || 1);
  row.remove();
  const rows = rowsOf(upper);
  if (wanted > rows.length) upper.append(row);
  else rows[wanted - 1].before(row);
  changed(root);
  input.focus();
}

function changed(root) {
  renumber(root);
  // Whoever listens to the form (unsaved changes, a tick beside the control) learns of it.
  root.dispatchEvent(new Event("change", { bubbles: true }));
}

function prepareDrag(root, row) {
  const handle = row.querySelector(":scope > [data-order-handle]");
  handle.addEventListener("pointerdown", () => { row.draggable = row.parentElement.matches("ol"); });
  row.addEventListener("dragstart", (event) => {
    if (event.target !== row) return;
    event.stopPropagation();
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    row.classList.add("fx-order-dragged");
  });
  row.addEventListener("dragend", () => {
    row.draggable = false;
    row.classList.remove("fx-order-dragged");
  });
  row.addEventListener("dragover", (event) => {
    const dragged = row.parentElement.querySelector(":scope > .fx-order-dragged");
    if (!dragged || dragged === row) return;
    event.preventDefault();
    event.stopPropagation();
    const middle = row.getBoundingClientRect().top + row.offsetHeight / 2;
    if (event.clientY < middle) row.before(dragged);
    else row.after(dragged);
  });
  row.addEventListener("drop", (event) => {
    if (!row.parentElement.querySelector(":scope > .fx-order-dragged")) return;
    event.preventDefault();
    changed(root);
  });
}

// --- palette: WCAG's relative luminance, as announcements/appearance/contrast.py has it --------------
const COLOUR = /^#[0-9a-f]{6}$/i;
const WANTED = 4.5;
const partsOf = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);

function luminance(colour) {
  const [red, green, blue] = partsOf(colour).map(linear);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function darkerUntil(colour) {
  for (let step = 0; step <= 200; step += 1) {
    const parts = partsOf(colour).map((part) => Math.floor(part * (1 - step / 200) * 255 + 0.5));
    const shade = "#" + parts.map((part) => part.toString(16).padStart(2, "0")).join("").toUpperCase();
    if (contrast(shade, "#ffffff") >= WANTED) return shade;
  }
  return "#000000";
}

function preparePalette(strip) {
  const root = strip.closest("[data-palette]") || strip.closest("form");
  const find = (name) => root.querySelector(name);
  const texts = [...root.querySelectorAll("[data-palette-text]")];
  if (texts.length !== 2) return;
  const show = () => showPalette(strip, find, Object.fromEntries(texts.map((text) => [text.dataset.paletteText, text.value.trim()])));
  for (const text of texts) {
    const picker = find(`[data-palette-picker="${text.dataset.paletteText}"]`);
    picker.hidden = false;
    picker.addEventListener("input", () => { text.value = picker.value.toUpperCase(); show(); });
    text.addEventListener("input", () => {
      if (COLOUR.test(text.value.trim())) picker.value = text.value.trim().toLowerCase();
      show();
    });
  }
  find("[data-palette-suggestion]").addEventListener("click", (event) => {
    const text = texts.find((each) => each.dataset.paletteText === "primary");
    text.value = event.currentTarget.textContent.trim();
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  });
  show();
}

const onAccent = (accent) => (contrast(accent, "#000000") > contrast(accent, "#ffffff") ? "#000" : "#fff");

function showPalette(strip, find, { primary, accent }) {
  const advice = find("[data-palette-advice]"), ratio = find("[data-palette-ratio]");
  const known = COLOUR.test(primary);
  strip.style.setProperty("--primary", known ? primary : "");
  const measured = known ? contrast(primary, "#ffffff") : 0;
  ratio.textContent = known ? (Math.floor(measured * 100 + 1e-9) / 100).toFixed(2) : "–";
  strip.classList.toggle("fx-palette-poor", known && measured < WANTED);
  advice.hidden = !known || measured >= WANTED;
  if (!advice.hidden) find("[data-palette-suggestion]").textContent = darkerUntil(primary);
  const hasAccent = COLOUR.test(accent);
  strip.style.setProperty("--accent", hasAccent ? accent : "");
  strip.style.setProperty("--on-accent", hasAccent ? onAccent(accent) : "");
}
