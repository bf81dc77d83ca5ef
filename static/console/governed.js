// Writing a value says that it is wanted; the form understands the same without this.
for (const type of ["input", "change"]) {
  document.addEventListener(type, (event) => {
    const control = event.target.closest(".fx-governed-control");
    const tick = control?.closest("[data-governed]")?.querySelector(".fx-governed-tick input");
    if (tick && !tick.checked) tick.checked = true;
  });
}
