// The one script that every page loads: it fetches the engine, from its own folder, where the page has something to move.

import { offerReading } from "./reading.js";

const OWN_ADDRESS = /** @type {HTMLScriptElement | null} */ (document.currentScript)?.src ?? "";
const NEEDS_ALL = "[data-a1viz-playground], [data-a1viz-exercise]";
const NEEDS_WIRES = "[data-a1viz-wires], [data-a1viz-counting]";
const NEEDS_FILTER = "[data-a1viz-filter]";

/** The scripts that this page needs, in their order. */
function neededScripts() {
  const has = (/** @type {string} */ kind) => document.querySelector(kind) !== null;
  const isWhole = has(NEEDS_ALL);
  const parts = [
    ...(has("[data-a1viz-playground]") ? ["a1viz-more"] : []),
    ...(isWhole ? ["a1viz-glyphs", "a1viz-live"] : has("[data-a1viz-live]") ? ["a1viz-player"] : []),
    ...(has("[data-a1viz-plot]") ? ["a1viz-plots"] : []),
  ];
  const others = [...(has(NEEDS_WIRES) ? ["a1viz-networks", "a1viz-wires"] : []), ...(has(NEEDS_FILTER) ? ["a1viz-filter"] : [])];
  return [...(parts.length ? ["a1viz-tables", ...parts] : []), ...others];
}

/** Append the scripts that this page needs, if it needs any and has not got them; those of a page that was here before begin anew. */
function fetchEngine() {
  const first = /** @type {HTMLElement | null} */ (document.querySelector(`${NEEDS_ALL}, ${NEEDS_WIRES}, ${NEEDS_FILTER}, [data-a1viz-live], [data-a1viz-plot]`));
  if (!first || first.dataset.a1vizFetched) return;
  first.dataset.a1vizFetched = "yes";
  for (const old of document.querySelectorAll("script[data-a1viz-engine]")) old.remove();
  for (const name of neededScripts()) {
    const part = document.createElement("script");
    part.src = OWN_ADDRESS.replace(/[?#].*$/, "").replace(/[^/]*$/, `${name}.js`);
    part.async = false;
    part.dataset.a1vizEngine = name;
    document.head.append(part);
  }
}

// themes that put the next page in the place of this one, without loading it, tell of each
const showPage = () => {
  offerReading();
  fetchEngine();
};
const pagesShown = /** @type {any} */ (globalThis).document$;
if (pagesShown) pagesShown.subscribe(showPage);
else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", showPage);
else showPage();
