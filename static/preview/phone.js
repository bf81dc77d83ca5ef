// Brings the announcement under preview into sight. A fragment in the address would scroll the page
// around the frame as well.
"use strict";
const marked = document.querySelector(".is-new");
if (marked) {
  const top = marked.getBoundingClientRect().top + window.scrollY;
  window.scrollTo(0, Math.max(0, top - window.innerHeight * 0.4));
}
