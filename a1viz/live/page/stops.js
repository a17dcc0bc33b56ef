// One stop of the Tab key per picture: inside, the arrow keys go from box to box and to the numbers in it.

const STOP_STEPS = new Map([["ArrowRight", 1], ["ArrowDown", 1], ["ArrowLeft", -1], ["ArrowUp", -1]]);

/** @param {import("./figure.js").LiveFigure} figure */
export function moveByArrows(figure) {
  for (const picture of figure.host.querySelectorAll(".a1viz-picture > svg")) {
    /** @type {any[]} */
    const stops = [...picture.querySelectorAll("g[id][data-name], g[tabindex], .a1viz-editable")];
    if (stops.length) joinStops(picture, stops);
  }
}

/** @param {any} picture @param {any[]} stops */
function joinStops(picture, stops) {
  let here = 0;
  const enter = (/** @type {number} */ to) => {
    stops[here].setAttribute("tabindex", "-1");
    stops[to].setAttribute("tabindex", "0");
    here = to;
  };
  for (const stop of stops) stop.setAttribute("tabindex", "-1");
  enter(0);
  picture.addEventListener("focusin", (/** @type {FocusEvent} */ event) => {
    const at = stops.indexOf(event.target);
    if (at >= 0) enter(at);
  });
  // a number that is changed, and a heat map, have taken their keys before
  picture.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const steps = STOP_STEPS.get(event.key);
    const to = steps === undefined ? { Home: 0, End: stops.length - 1 }[event.key] : here + steps;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !stops[to ?? -1]) return;
    event.preventDefault();
    stops[Number(to)].focus();
  });
  // the frame scrolls to what has the focus
  const frame = picture.parentElement;
  frame.removeAttribute("tabindex");
  frame.setAttribute("aria-label", `${frame.getAttribute("aria-label").replace(", scrolls sideways", "")}; arrow keys go from box to box`);
}
