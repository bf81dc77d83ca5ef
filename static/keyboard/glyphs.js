/* The ten drawings, in the order of the names that the page is given (0 to 9). Shapes only: neither
   text nor attributes of the page say which digit a key carries. */

const SHAPES = [
  "M12 4C7 4 4.4 9.6 4.4 18S7 32 12 32s7.6-5.6 7.6-14S17 4 12 4Z",
  "M6.5 9.5 13.5 4v28",
  "M5 11.2C5 6.8 8 4 12 4c4.2 0 7 2.8 7 6.8C19 16.4 5.2 23.4 4.8 32h14.9",
  "M5.4 8.2C6.8 5.4 9.2 4 12 4c3.9 0 6.6 2.5 6.6 6.3 0 4.1-3.1 6.6-7.6 6.6 5.1 0 8.5 2.9 8.5 7.4 0 4.6-3.2 7.7-7.6 7.7-3.3 0-6-1.5-7.5-4.5",
  "M15.6 32V4L3.8 23.6h16.8",
  "M18.4 4H7.5L6.1 16.4C7.6 14.8 9.6 14 12 14c4.5 0 7.5 3.5 7.5 8.8 0 5.6-3.2 9.2-7.8 9.2-3.1 0-5.7-1.5-7.2-4.2",
  "M17.6 6.6C16.3 4.9 14.5 4 12.5 4 7.4 4 4.5 10 4.5 19.5c0 8 2.9 12.5 7.6 12.5 4.4 0 7.4-3.5 7.4-8.6 0-5-3-8.2-7.1-8.2-4 0-7.2 2.8-7.8 6.8",
  "M4.5 4h15C14 12 10.4 21 9.4 32",
  "M12 17c-4 0-6.5-2.7-6.5-6.5S8 4 12 4s6.5 2.7 6.5 6.5S16 17 12 17Zm0 0c-4.5 0-7.5 3-7.5 7.4S7.5 32 12 32s7.5-3.1 7.5-7.6S16.5 17 12 17Z",
  "M6.4 29.4c1.3 1.7 3.1 2.6 5.1 2.6 5.1 0 8-6 8-15.5C19.5 8.5 16.6 4 11.9 4c-4.4 0-7.4 3.5-7.4 8.6 0 5 3 8.2 7.1 8.2 4 0 7.2-2.8 7.8-6.8",
];
const SVG = "http://www.w3.org/2000/svg";

export function drawing(digit) {
  const svg = document.createElementNS(SVG, "svg"), path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 36");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPES[digit]);
  svg.append(path);
  return svg;
}
