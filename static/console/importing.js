// Before a file is sent: whether it is too large. While it is sent: one click is enough.
document.addEventListener("DOMContentLoaded", () => {
  for (const form of document.querySelectorAll("form.fx-review")) {
    const file = form.querySelector("input[type=file]");
    if (file) file.addEventListener("change", () => checkSize(form, file));
    form.addEventListener("submit", () => {
      const button = form.querySelector("button[data-busy]");
      if (!button) return;
      button.textContent = button.dataset.busy;
      // Not before the browser has taken the form.
      setTimeout(() => (button.disabled = true));
    });
    const agree = form.querySelector("[data-agree]");
    if (agree) {
      const selects = [...form.querySelectorAll(".fx-mapping select")];
      for (const select of selects) select.addEventListener("change", () => showSkipped(agree, selects));
      showSkipped(agree, selects);
    }
  }
});

// A page that comes back from the browser's memory can be sent again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

function checkSize(form, input) {
  const chosen = input.files[0];
  const most = Number(form.dataset.mostBytes);
  input.setCustomValidity(chosen && chosen.size > most ? form.dataset.tooLarge : "");
  input.reportValidity();
}

function showSkipped(agree, selects) {
  const skipped = selects.filter((select) => !select.value).map((select) => select.labels[0].textContent.trim());
  agree.hidden = skipped.length === 0;
  agree.querySelector("[data-agree-list]").textContent = skipped.join("、");
  agree.querySelector("input").required = skipped.length > 0;
}
