// Brings what is under preview into sight, and lets the dots follow the banners. A fragment in the
// address would scroll the page around the frame as well.
"use strict";

for (const carousel of document.querySelectorAll(".carousel")) {
  const slides = carousel.querySelector(".slides");
  const dots = carousel.querySelectorAll(".dots i");
  const follow = () => {
    const here = Math.round(slides.scrollLeft / slides.clientWidth);
    dots.forEach((dot, place) => dot.classList.toggle("is-here", place === here));
  };
  slides.addEventListener("scroll", follow, { passive: true });
  const proposed = slides.querySelector(".is-proposed");
  if (proposed) {
    slides.scrollTo({ left: proposed.offsetLeft, behavior: "instant" });
    follow();
  }
}

const marked = document.querySelector(".is-new, .carousel .is-proposed");
if (marked) {
  const top = marked.getBoundingClientRect().top + window.scrollY;
  window.scrollTo({ top: Math.max(0, top - window.innerHeight * 0.4), behavior: "instant" });
}

// A sheet over the page takes the keyboard, as a dialog does.
const sheet = document.querySelector(".popup-close, .sheet .button-quiet");
if (sheet && window.top === window) {
  sheet.focus();
}
