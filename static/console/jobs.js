// A job's page looks again every second or so while the work goes on; it can be left at any time.
const EVERY = 1000;
const SLOWEST = 10000;

function watch(place) {
  let pause = EVERY;
  const isOpen = () => place.querySelector("[data-open]")?.dataset.open === "yes";

  async function look() {
    // An open question is not pulled away from under whoever answers it.
    if (place.querySelector(":popover-open")) return again(EVERY);
    try {
      const answer = await fetch(place.dataset.jobStatus, { headers: { "X-Requested-With": "fetch" } });
      // Signed out meanwhile: the whole page then asks to sign in.
      if (answer.redirected || !answer.ok) {
        if (answer.redirected || answer.status < 500) return window.location.reload();
        throw new Error(answer.status);
      }
      show(await answer.text());
      pause = EVERY;
    } catch {
      pause = Math.min(pause * 2, SLOWEST);
    }
    if (isOpen()) again(pause);
  }

  function show(text) {
    const width = place.querySelector(".fx-job-bar i")?.style.width;
    const focused = document.activeElement?.closest(".fx-button")?.getAttribute("popovertarget");
    place.innerHTML = text;
    const bar = place.querySelector(".fx-job-bar i");
    if (bar && width && bar.style.width) glide(bar, width);
    if (focused) place.querySelector(`[popovertarget="${focused}"]`)?.focus();
    announce(place);
  }

  function again(milliseconds) {
    setTimeout(look, milliseconds);
  }

  if (isOpen()) again(EVERY);
}

function glide(bar, from) {
  const to = bar.style.width;
  bar.style.width = from;
  bar.getBoundingClientRect();
  bar.style.width = to;
}

// Read out when the state changes, not every second.
let told = "";
function announce(place) {
  const state = place.querySelector("header > .fx-label")?.textContent ?? "";
  const line = document.getElementById("job-said");
  if (line && state !== told) line.textContent = state;
  told = state;
}

document.addEventListener("DOMContentLoaded", () => {
  for (const place of document.querySelectorAll("[data-job-status]")) {
    const line = document.createElement("p");
    line.id = "job-said";
    line.setAttribute("role", "status");
    line.className = "fx-unseen";
    place.before(line);
    watch(place);
  }
});
