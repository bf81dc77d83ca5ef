// A choice applies at once; without this script the button does it.
"use strict";

for (const form of document.querySelectorAll("form[data-apply-at-once]")) {
  const apply = (event) => {
    // A choice that asks for more waits until that is filled in.
    const waits = { customer: "customer", chosen: "at" }[event.target.value];
    const field = event.target.type === "radio" && waits && form.elements[waits];
    if (field && !field.value) {
      field.focus();
      return;
    }
    form.requestSubmit();
  };
  // Fields elsewhere on the page that belong to the form too.
  document.addEventListener("change", (event) => event.target.form === form && apply(event));
  // An address says what was chosen and nothing else.
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) {
      if (value === "" || (name.startsWith("shown.") && value === "0")) {
        event.formData.delete(name);
      }
    }
    if (event.formData.get("when") !== "chosen") {
      event.formData.delete("at");
    }
  });
}

// Beside a change under review the frame is as tall as what it shows: one page, one scroll bar.
const holder = window.frameElement;
if (holder && document.body.classList.contains("narrow")) {
  const fit = () => {
    holder.style.height = `${document.querySelector("main").offsetHeight + 4}px`;
  };
  new ResizeObserver(fit).observe(document.querySelector("main"));
}
