// What every page offers to those who read it: commands to copy, folds that stay folded on paper, a mark where
// something is cut at the edge, pictures to enlarge.

const SCROLLING = ".md-typeset pre > code, .md-typeset__scrollwrap, .a1viz-math-block, .a1viz-derivation, .a1viz-values, .a1viz-rules td > div, .a1viz-picture";
const MOVING = "[data-a1viz-live], [data-a1viz-playground], [data-a1viz-exercise], [data-a1viz-wires], [data-a1viz-counting], [data-a1viz-plot]";

let waiting = 0;
const changes = new MutationObserver(() => {
  clearTimeout(waiting);
  waiting = setTimeout(offerReading, 100);
});

/** Do to a page what it has not got yet, and to what scripts add to it later. */
export function offerReading() {
  changes.observe(document.body, { childList: true, subtree: true });
  for (const block of fresh(".language-console")) block.dataset.copy = commandsIn(block.textContent ?? "");
  for (const box of fresh(SCROLLING)) markCutEdges(box);
  for (const row of fresh(".tabbed-labels")) if (row.scrollWidth > row.clientWidth) row.tabIndex = 0;
  for (const fold of fresh("details")) rememberFold(fold);
  for (const frame of fresh(".a1viz-picture:has(> svg)")) if (!frame.closest(MOVING)) letEnlarge(frame);
}

/** The elements of a kind that were not asked for before. @param {string} kind */
function fresh(kind) {
  const found = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(kind)]).filter((one) => !one.dataset.a1vizRead?.includes(kind));
  for (const one of found) one.dataset.a1vizRead = (one.dataset.a1vizRead ?? "") + kind;
  return found;
}

/** What is typed, without the prompts and what is printed: the theme's button copies it. @param {string} text */
export function commandsIn(text) {
  return Array.from(text.matchAll(/^\$ (.*)/gm), (line) => line[1]).join("\n");
}

/** Note what is folded, for themes open all folds before they print. @param {HTMLElement} fold */
function rememberFold(fold) {
  const note = (/** @type {boolean} */ isOpen) => fold.toggleAttribute("data-a1viz-folded", !isOpen);
  note(fold.hasAttribute("open"));
  fold.querySelector(":scope > summary")?.addEventListener("click", () => note(!fold.hasAttribute("open")));
}

/** Say at which edges a box is cut, as long as it is there: start, end, or both. @param {HTMLElement} box */
function markCutEdges(box) {
  const mark = () => {
    const [before, after] = [box.scrollLeft > 1, box.scrollLeft + box.clientWidth < box.scrollWidth - 2];
    if (before || after) box.dataset.a1vizCut = before && after ? "both" : before ? "start" : "end";
    else delete box.dataset.a1vizCut;
    if (box.dataset.a1vizCut && !box.matches("[tabindex], :has([tabindex='0'])")) box.tabIndex = 0;
  };
  box.addEventListener("scroll", mark, { passive: true });
  const sizes = new ResizeObserver(mark);
  for (const one of [box, ...box.children]) sizes.observe(one);
  addEventListener("load", mark);
}

/** Let a picture that does not move fill the window: a click or Enter, and Escape or a click back. @param {HTMLElement} frame */
function letEnlarge(frame) {
  frame.classList.add("a1viz-enlarges");
  frame.title = "Enlarge: click or Enter";
  frame.addEventListener("click", (event) => !(/** @type {Element} */ (event.target).closest("a")) && enlarge(frame));
  frame.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== frame) return;
    // the key would press the button that has the focus next
    event.preventDefault();
    enlarge(frame);
  });
}

/** @param {HTMLElement} frame */
function enlarge(frame) {
  const svg = /** @type {SVGSVGElement} */ (frame.querySelector(":scope > svg"));
  const [style, dialog, close] = [svg.style.cssText, document.createElement("dialog"), document.createElement("button")];
  close.textContent = "Close";
  close.type = "button";
  dialog.className = "a1viz-enlarged md-typeset";
  dialog.setAttribute("aria-label", svg.querySelector("title")?.textContent ?? "Picture");
  frame.style.minHeight = `${frame.offsetHeight}px`;
  dialog.append(close, svg);
  frame.before(dialog);
  svg.style.cssText = `width:max(100%,${svg.viewBox.baseVal.width * 1.25}px);max-width:none;max-height:none;height:auto`;
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    svg.style.cssText = style;
    frame.append(svg);
    frame.style.minHeight = "";
    dialog.remove();
    frame.focus({ preventScroll: true });
  });
  dialog.showModal();
}
