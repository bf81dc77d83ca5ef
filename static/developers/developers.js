"use strict";
// Everything on these pages works without this file; it only filters lists and copies code.

for (const field of document.querySelectorAll("[data-filter]")) {
  const rows = [...document.querySelectorAll(field.dataset.filter)];
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}

const isChinese = document.documentElement.lang.startsWith("zh");
const [copy, copied] = isChinese ? ["复制", "已复制"] : ["Copy", "Copied"];
for (const block of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.textContent = copied;
    setTimeout(() => { button.textContent = copy; }, 2000);
  });
  block.append(button);
}
