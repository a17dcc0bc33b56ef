// How a picture is looked at: nearer, moved by dragging, as wide as the window, with its blocks open or closed.

import { button, controls, rename } from "./elements.js";

const NEARER = 1.25;
const [LEAST, MOST] = [0.25, 6];

/** @param {import("./figure.js").LiveFigure} figure */
export function viewControls(figure) {
  const { host } = figure;
  const pictures = [...host.querySelectorAll(".a1viz-picture > svg")];
  const first = pictures.map((svg) => svg.style.cssText);
  let scale = 0;

  const zoom = (/** @type {number} */ to) => {
    scale = to && Math.min(Math.max(to, LEAST), MOST);
    pictures.forEach((svg, k) => {
      svg.style.cssText = first[k] + (scale ? `;width:${svg.viewBox.baseVal.width * scale}px;max-width:none;min-width:0` : "");
    });
    figure.say(scale ? `${Math.round(scale * 100)}%` : "As wide as fits");
  };
  const shown = () => scale || Math.max(...pictures.map((svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width));
  const widen = (/** @type {boolean} */ isWide) => {
    host.classList.toggle("a1viz-full", isWide);
    rename(wide, isWide ? "Close" : "Full width", isWide ? "Back into the page" : "As wide as the window");
  };
  const wide = button("Full width", "As wide as the window", () => widen(!host.classList.contains("a1viz-full")));
  host.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && host.classList.contains("a1viz-full") && widen(false));
  for (const picture of host.querySelectorAll(".a1viz-picture")) makeDraggable(picture);

  const parts = [
    button("−", "Smaller", () => zoom(shown() / NEARER)),
    button("+", "Larger", () => zoom(shown() * NEARER)),
    button("Fit", "As wide as fits", () => zoom(0)),
    wide,
  ];
  if (host.querySelector(".a1viz-opened")) {
    const open = button("Open blocks", "Draw the blocks' parts", () => {
      const isOpen = host.classList.toggle("a1viz-open");
      rename(open, isOpen ? "Close blocks" : "Open blocks", isOpen ? "Draw each block as one box" : "Draw the blocks' parts");
    });
    parts.push(open);
  }
  return controls("Look at the picture", ...parts);
}

/** Move a picture inside its frame by dragging. @param {any} frame */
function makeDraggable(frame) {
  frame.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.pointerType === "touch" || event.button || /** @type {Element} */ (event.target).closest("input")) return;
    const [x, y, left, top] = [event.clientX, event.clientY, frame.scrollLeft, frame.scrollTop];
    const move = (/** @type {PointerEvent} */ next) => frame.scrollTo(left + x - next.clientX, top + y - next.clientY);
    const over = new AbortController();
    window.addEventListener("pointermove", move, { signal: over.signal });
    window.addEventListener("pointerup", () => over.abort(), { signal: over.signal });
  });
}
