// A choice applies at once; without this script the button does it.
"use strict";
for (const form of document.querySelectorAll("form[data-apply-at-once]")) {
  form.addEventListener("change", () => form.requestSubmit());
}
