// The one script that every page loads: it fetches the engine, from its own folder, where the page has something to move.

const OWN_ADDRESS = /** @type {HTMLScriptElement | null} */ (document.currentScript)?.src ?? "";
const NEEDS_ALL = "[data-a1viz-playground], [data-a1viz-exercise]";
const NEEDS_WIRES = "[data-a1viz-wires], [data-a1viz-counting]";

/** The scripts that this page needs, in their order. */
function neededScripts() {
  const has = (/** @type {string} */ kind) => document.querySelector(kind) !== null;
  const isWhole = has(NEEDS_ALL);
  const parts = [
    ...(has("[data-a1viz-playground]") ? ["a1viz-more"] : []),
    ...(isWhole ? ["a1viz-glyphs", "a1viz-live"] : has("[data-a1viz-live]") ? ["a1viz-player"] : []),
    ...(has("[data-a1viz-plot]") ? ["a1viz-plots"] : []),
  ];
  return [...(parts.length ? ["a1viz-tables", ...parts] : []), ...(has(NEEDS_WIRES) ? ["a1viz-networks", "a1viz-wires"] : [])];
}

/** Append the scripts that this page needs, if it needs any. */
function fetchEngine() {
  if (document.querySelector("script[data-a1viz-engine]")) return;
  for (const name of neededScripts()) {
    const part = document.createElement("script");
    part.src = OWN_ADDRESS.replace(/[?#].*$/, "").replace(/[^/]*$/, `${name}.js`);
    part.async = false;
    part.dataset.a1vizEngine = name;
    document.head.append(part);
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", fetchEngine);
else fetchEngine();
